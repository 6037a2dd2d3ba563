/** Lines of the audit log in words. Pure. */

const WORDS = {
  "account.owner_created": "made the owner {whom}",
  "account.role_changed": "made {whom} {to}",
  "account.deactivated": "deactivated {whom}",
  "account.reactivated": "reactivated {whom}",
  "account.password_reset": "gave {whom} a new password",
  "invite.created": "made an invite link",
  "invite.revoked": "revoked an invite link",
  "channel.renamed": "renamed {where} from {from} to {to}",
  "channel.archived": "archived {where}",
  "channel.unarchived": "took {where} out of the archive",
  "channel.member_removed": "took {whom} out of {where}",
  "message.deleted": "deleted a message of {whom} in {where}",
  "bot.created": "made the bot @{handle}",
  "token.created": "made a token for {whom}",
  "token.revoked": "revoked a token of {whom}",
  "webhook.created": "made a webhook",
  "webhook.removed": "took a webhook away",
  "command.created": "made the command /{command}",
  "command.removed": "took the command /{command} away",
  "retention.changed": "changed how long messages are kept in {where}",
  "export.made": "exported the {scope}",
};
const EXPORTED = {
  account: "exported the data of {whom}",
  channel: "exported {where}",
  "server as seen": "exported the channels that they may read",
};
const OPERATOR = 0; // the command line on the server's machine

/** What was done, as the end of a sentence that begins with who did it; an act that is newer than the page by its name. */
export function deed(line, { accounts, channels }) {
  const told = (line.act === "export.made" && EXPORTED[line.details.scope]) || WORDS[line.act];
  if (told === undefined) return line.act;
  const known = { ...line.details, whom: who(line.account, accounts), where: where(line.channel, channels) };
  return told.replace(/\{(\w+)\}/g, (_, name) => known[name] ?? "?");
}

export function who(id, accounts) {
  return id === OPERATOR ? "The command line" : (accounts[id]?.name ?? `account ${id}`);
}

function where(id, channels) {
  if (id === 0) return "every channel";
  return channels[id]?.name ? `#${channels[id].name}` : `channel ${id}`;
}
