/** Channels by id, and what follows from them: order, unread counts, who comes next. All pure. */

import { calls } from "./messages.js";
import { isConversation, plain, titleOf } from "./titles.js";

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/**
 * Put channels told by the server over the known ones; positions never go back.
 *
 * `counted` is the seq up to which entries are in the counts `unread` and `mentions`; what is told of an earlier moment
 * does not undo what was counted since.
 */
export function merged(channels, told) {
  const next = { ...channels };
  for (const channel of told) next[channel.id] = { ...channel, ...positions(channel, channels[channel.id]) };
  return next;
}

function positions(told, known) {
  const last = told.last_seq ?? 0;
  const read = told.read_seq ?? 0;
  const counts = {
    unread: told.unread ?? Math.max(0, last - read),
    mentions: told.mentions ?? 0,
    counted: last,
    last_seq: last,
    read_seq: read,
  };
  if (!known) return counts;
  const { unread, mentions, counted } = known;
  const late = last < counted || known.read_seq >= last;
  return {
    ...(late && known.member ? { unread, mentions, counted: Math.max(counted, last) } : counts),
    last_seq: Math.max(last, known.last_seq),
    read_seq: Math.max(read, known.read_seq),
  };
}

/** The server says how far is read, and what is unread then; `lines` are the entries known after its moment. */
export function readAsTold(channels, told, lines, { me, back }) {
  const known = channels[told.id];
  if (!known || (!back && told.read_seq < known.read_seq)) return channels;
  const { unread, mentions, read_seq, last_seq } = told;
  const next = { ...known, unread, mentions, read_seq, counted: last_seq };
  next.last_seq = Math.max(last_seq, known.last_seq);
  return lines
    .filter((line) => line.seq > last_seq && line.seq <= known.counted)
    .reduce((all, line) => counted(all, line, { me }), { ...channels, [told.id]: next });
}

/** Count one line of the log, after all before it: `senderOf(seq)` says whose a message is, as far as it is known. */
export function counted(channels, line, { me, senderOf = () => null }) {
  const channel = channels[line.channel];
  if (!channel || line.seq <= channel.counted) return channels;
  return { ...channels, [line.channel]: { ...channel, ...countsAfter(channel, line, me, senderOf), counted: line.seq } };
}

function countsAfter({ unread, mentions, read_seq: read }, line, me, senderOf) {
  const mine = line.sender === me;
  const called = calls(line.mentions, me) ? 1 : 0;
  const calledBefore = calls(line.unmentions, me) ? 1 : 0;
  if (line.kind === "posted") {
    if (mine) return line.thread ? {} : { unread: 0, mentions: 0, read_seq: line.seq };
    return { unread: unread + (line.thread ? 0 : 1), mentions: mentions + called };
  }
  if (!line.target || line.target <= read) return {};
  if (line.kind === "edited" && !mine) return { mentions: mentions + called - calledBefore };
  if (line.kind === "deleted") {
    const ofMine = (senderOf(line.target) ?? line.sender) === me;
    return {
      unread: Math.max(0, unread - (line.thread ? 0 : 1)),
      mentions: Math.max(0, mentions - (ofMine ? 0 : calledBefore)),
    };
  }
  return {};
}

/** The channel's log reaches `seq`. */
export function grown(channels, id, seq) {
  const channel = channels[id];
  return channel && seq > channel.last_seq ? { ...channels, [id]: { ...channel, last_seq: seq } } : channels;
}

/** The channel of that name has so many members more. */
export function withMembers(channels, name, members) {
  const channel = Object.values(channels).find((each) => each.name === name);
  return channel ? { ...channels, [channel.id]: { ...channel, members: channel.members + members } } : channels;
}

/** The reader has seen everything up to `seq`. */
export function readUpTo(channels, id, seq) {
  const channel = channels[id];
  if (!channel || seq <= channel.read_seq) return channels;
  const all = seq >= channel.counted ? { unread: 0, mentions: 0 } : {}; // of a part, the server says what is left
  return { ...channels, [id]: { ...channel, read_seq: seq, ...all } };
}

/** Messages not read in one channel; a channel one is not in has none. */
export function unread(channel) {
  return channel.member ? channel.unread : 0;
}

/** Messages not read in which somebody calls the reader. */
export function mentioned(channel) {
  return channel.member ? channel.mentions : 0;
}

/** Entries not read anywhere. */
export function unreadInAll(channels) {
  return Object.values(channels).reduce((sum, channel) => sum + unread(channel), 0);
}

/** What is told of a channel to everybody alike changed; what is this reader's own stays. */
export function changed(channels, { id, name, topic, members, archived, kind, retention = null, floor = 0 }) {
  const known = channels[id];
  if (!known) return channels;
  return { ...channels, [id]: { ...known, name, topic, members, archived, kind, retention, floor } };
}

/** The channels one is in and that are in use, by name; conversations are not among them. */
export function joined(channels) {
  return inOrder(channels).filter((channel) => channel.member && !channel.archived);
}

/**
 * The conversations in the sidebar, by whom they are with: those in which something was said or that one began oneself;
 * and the open one.
 */
export function conversations({ channels, accounts, me, open }) {
  const shown = ({ last_seq: last, creator, id }) => last > 0 || creator === me.id || id === open;
  return Object.values(channels)
    .filter((channel) => isConversation(channel) && shown(channel))
    .map((channel) => ({ channel, title: titleOf(channel, { accounts, me }) }))
    .sort((one, other) => byName.compare(one.title, other.title))
    .map(({ channel }) => channel);
}

/** All channels, by name, without conversations. */
export function inOrder(channels) {
  return Object.values(channels)
    .filter((channel) => !isConversation(channel))
    .sort((one, other) => byName.compare(one.name, other.name));
}

/** What stands `step` places after `id` in the sidebar, around the ends; null without channels. */
export function neighbour(state, id, step) {
  const list = [...joined(state.channels), ...conversations(state)];
  if (list.length === 0) return null;
  const at = list.findIndex((channel) => channel.id === id);
  return list[(at + step + list.length) % list.length].id;
}

/**
 * The channels and people that fit what was typed, best first: those that start with it, then those that hold it,
 * then those that hold its letters in order. Nothing typed gives the unread channels first. Whoever has a `handle` is found by
 * that, too.
 */
export function matching(candidates, typed) {
  const wanted = plain(typed.trim().replace(/^[#@]/, ""));
  if (!wanted) return [...candidates].sort((one, other) => (other.unread ?? 0) - (one.unread ?? 0));
  return candidates
    .map((candidate) => ({ candidate, rank: Math.max(...namesOf(candidate).map((name) => rank(plain(name), wanted))) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
    .map(({ candidate }) => candidate);
}

function namesOf({ name, handle }) {
  return handle ? [name, handle] : [name];
}

function rank(name, wanted) {
  if (name.startsWith(wanted)) return 3;
  if (name.includes(wanted)) return 2;
  let at = 0;
  for (const letter of wanted) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return 0;
  }
  return 1;
}
