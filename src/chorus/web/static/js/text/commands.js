/** Slash commands as they are typed. Pure. */

const TYPED = /^\/([a-zA-Z][a-zA-Z0-9_-]{0,31})(?:\s[^]*)?$/;
const BEGUN = /^\/([a-zA-Z0-9_-]{0,32})$/;

/** The name of the command that a text is, or null for a message: "/etc/hosts is a file" is one. */
export function commandIn(text) {
  return TYPED.exec(text)?.[1].toLowerCase() ?? null;
}

/** The commands that what is typed may become; none once its name is complete and something follows it. */
export function completions(commands, text) {
  const begun = BEGUN.exec(text)?.[1].toLowerCase();
  return begun === undefined ? [] : commands.filter(({ name }) => name.startsWith(begun));
}
