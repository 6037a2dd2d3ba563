/**
 * What later lines of a channel's log make of a message: the same as the server's chat/domain/projection.py. Pure.
 *
 * A message is an entry of kind "posted" with what came after it: edited_at, deleted, reactions, reply_count. `as_of` is
 * the seq up to which lines are in it; a line that is in it already changes nothing.
 */

/** Whether the entry changes other messages: it is one of the other kinds, or a reply. */
export function changesOthers(entry) {
  return entry.kind !== "posted" || Boolean(entry.thread);
}

/** Whether the entry is a message of the channel itself, not of a thread. */
export function isInChannel(entry) {
  return entry.kind === "posted" && !entry.thread;
}

/** The message after a line of its channel; the very same when the line is about another one, or known. */
export function applied(message, line) {
  if (message.kind !== "posted" || line.seq <= (message.as_of ?? message.seq)) return message;
  const next = changed(message, line);
  return next === message ? message : { ...next, as_of: line.seq };
}

/** The messages after some lines, in the log's order; the same array when nothing changes. */
export function followed(messages, lines) {
  const changing = lines.filter(changesOthers);
  if (changing.length === 0) return messages;
  const next = messages.map((message) => changing.reduce(applied, message));
  return next.some((message, at) => message !== messages[at]) ? next : messages;
}

/** Whether the account's reaction with this emoji stands. */
export function hasReacted(message, account, emoji) {
  return (message.reactions ?? []).some((each) => each.emoji === emoji && each.accounts.includes(account));
}

/** Whether any of these mentions means the account; 0 means everybody. */
export function calls(mentions, account) {
  return (mentions ?? []).some((id) => id === account || id === 0);
}

function changed(message, line) {
  if (line.thread === message.seq && (line.kind === "posted" || line.kind === "deleted")) {
    return { ...message, reply_count: (message.reply_count ?? 0) + (line.kind === "posted" ? 1 : -1) };
  }
  if (line.target !== message.seq || message.deleted) return message;
  const { text, html, mentions = [], at } = line;
  switch (line.kind) {
    case "edited":
      return { ...message, text, html, mentions, edited_at: at };
    case "deleted":
      return { ...message, text: "", html: "", mentions: [], files: [], reactions: [], pinned: false, edited_at: null, deleted: true };
    case "pinned":
    case "unpinned":
      return { ...message, pinned: line.kind === "pinned" };
    case "reacted":
      return { ...message, reactions: withReaction(message.reactions ?? [], line) };
    case "unreacted":
      return { ...message, reactions: withoutReaction(message.reactions ?? [], line) };
    default:
      return message; // a newer server's kind
  }
}

function withReaction(reactions, { emoji, sender }) {
  const known = reactions.find((each) => each.emoji === emoji);
  if (!known) return [...reactions, { emoji, accounts: [sender] }];
  if (known.accounts.includes(sender)) return reactions;
  return reactions.map((each) => (each === known ? { emoji, accounts: [...known.accounts, sender] } : each));
}

function withoutReaction(reactions, { emoji, sender }) {
  return reactions
    .map((each) => (each.emoji === emoji ? { emoji, accounts: each.accounts.filter((id) => id !== sender) } : each))
    .filter((each) => each.accounts.length > 0);
}
