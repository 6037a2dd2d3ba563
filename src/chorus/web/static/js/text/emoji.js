/** Emoji by name as one types: a colon and the first letters. Pure. */

const BEGUN = /(?<![\p{L}\p{N}_:]):([a-z0-9_+-]{2,40})$/iu; // no time of day, and no ":D"
const MOST = 8; // that are offered at once while one types

/** Where an emoji's name stands that is being typed, and what there is of it: {start, typed}; or null. */
export function emojiBegun(text, caret) {
  const found = BEGUN.exec(text.slice(0, caret));
  return found ? { start: found.index, typed: found[1] } : null;
}

/**
 * Those whose name, or a word of it, begins with what was typed; whole names first, then in the order of the list.
 *
 * `named`: [{name, emoji}]; one that has several names is offered by the first that fits.
 */
export function emojiCalled(named, typed, most = MOST) {
  const wanted = typed.toLowerCase();
  const ranked = [[], [], []];
  for (const option of named) ranked[rankOf(option.name, wanted)]?.push(option);
  const offered = new Map();
  for (const option of ranked.flat()) if (!offered.has(option.emoji)) offered.set(option.emoji, option);
  return [...offered.values()].slice(0, most);
}

function rankOf(name, wanted) {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  return name.includes(`_${wanted}`) ? 2 : -1;
}
