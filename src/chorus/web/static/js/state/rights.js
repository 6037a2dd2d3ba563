/** What a person may do, as far as the page has to know it to show the way; the server decides. Pure. */

const RUNS_SERVER = new Set(["owner", "admin"]);
const BELONGS = new Set(["owner", "admin", "member"]);

/** Make accounts: change roles, deactivate, invite. */
export function mayRunServer(me) {
  return RUNS_SERVER.has(me.role);
}

/** See public channels that one is not in, make channels, add people to them, change topics, begin conversations. */
export function mayTakePart(me) {
  return BELONGS.has(me.role);
}

/** Rename or archive a channel, and take people out of it. */
export function mayRun(channel, me) {
  return mayRunServer(me) || (mayTakePart(me) && channel.creator === me.id);
}

/** The roles one may give to others. */
export function assignable(me) {
  return { owner: ["owner", "admin", "member", "guest"], admin: ["member", "guest"] }[me.role] ?? [];
}

/** Change somebody's role, or deactivate them. */
export function mayChange(account, me) {
  return account.id !== me.id && assignable(me).includes(account.role === "bot" ? "member" : account.role);
}
