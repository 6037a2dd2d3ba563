/** What a person may do, as far as the page has to know it to show the way; the server decides. Pure. */

const RUNS_SERVER = new Set(["owner", "admin"]);
const BELONGS = new Set(["owner", "admin", "member"]);

/** Make accounts: change roles, deactivate, invite. */
export function mayRunServer(me) {
  return RUNS_SERVER.has(me.role);
}

/** Make channels, add people to them, change topics, begin conversations. */
export function mayTakePart(me) {
  return BELONGS.has(me.role);
}

/** Rename or archive a channel, and take people out of it. */
export function mayRun(channel, me) {
  return mayRunServer(me) || (mayTakePart(me) && channel.creator === me.id);
}
