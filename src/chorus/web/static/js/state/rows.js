/** From entries and unsent messages to the rows of a timeline: day dividers, the new-messages divider, groups. Pure. */

import { isInChannel } from "./messages.js";

/** Messages of one person closer than this stand under one name; milliseconds. */
export const GROUP_SPAN = 5 * 60 * 1000;

/** The local calendar day of a date, as a word that is equal for equal days. */
export function localDay(date) {
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/**
 * The rows of a timeline, oldest first.
 *
 * Args:
 *   entries: of the window, ascending; changes and replies are passed over.
 *   unsent: the channel's outbox items, in the order they were written.
 *   me: the account id that unsent messages are by.
 *   divider: the seq after which messages are new, or null.
 *   dayOf: date → day word; local time unless told otherwise.
 *   shown: which entries have rows; the channel's own messages, not replies, unless told otherwise.
 *
 * Returns:
 *   rows {type: "day", key, at} | {type: "new", key}
 *   | {type: "message", key, seq, clientId, sender, at, html, text, state, error, starts}, where state is "sent" | "pending" | "failed" and `starts` says that the row shows its sender; and of a message
 *   editedAt, deleted, mentions, reactions, replyCount. `source` is the entry or the outbox item, another one when anything changed.
 */
export function rowsOf({ entries, unsent = [], me = null, divider = null, dayOf = localDay, shown = isInChannel }) {
  const rows = [];
  let previous = null;
  let divided = divider === null;

  for (const message of [...entries.filter(shown).map(fromEntry), ...unsent.map((item) => fromUnsent(item, me))]) {
    const date = new Date(message.at);
    const day = dayOf(date);
    const newDay = previous === null || previous.day !== day;
    if (newDay) rows.push({ type: "day", key: `day:${day}`, at: message.at });

    const newHere = !divided && message.seq !== null && message.seq > divider;
    if (newHere) rows.push({ type: "new", key: "new" });
    divided ||= newHere;

    const starts =
      newDay || newHere || previous.sender !== message.sender || Math.abs(date - previous.date) > GROUP_SPAN;
    rows.push({ ...message, starts });
    previous = { day, date, sender: message.sender };
  }
  return rows;
}

function fromEntry(entry) {
  const { seq, client_id: clientId, sender, at, html, text } = entry;
  return {
    type: "message",
    key: clientId ? `${sender}:${clientId}` : `seq:${seq}`,
    seq,
    clientId: clientId ?? null,
    sender,
    at,
    html,
    text,
    state: "sent",
    error: null,
    editedAt: entry.edited_at ?? null,
    deleted: entry.deleted ?? false,
    mentions: entry.mentions ?? [],
    reactions: entry.reactions ?? [],
    files: entry.files ?? [],
    pinned: entry.pinned ?? false,
    replyCount: entry.reply_count ?? 0,
    source: entry,
  };
}

function fromUnsent(item, me) {
  if (item.entry) return fromEntry(item.entry);
  return {
    type: "message",
    key: `${me}:${item.clientId}`,
    seq: null,
    clientId: item.clientId,
    sender: me,
    at: item.at,
    html: null,
    text: item.text,
    state: item.state === "failed" ? "failed" : "pending",
    error: item.error,
    editedAt: null,
    deleted: false,
    mentions: [],
    reactions: [],
    files: item.files ?? [],
    pinned: false,
    replyCount: 0,
    source: item,
  };
}
