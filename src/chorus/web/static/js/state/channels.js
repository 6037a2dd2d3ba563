/** Channels by id, and what follows from them: order, unread counts, who comes next. All pure. */

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Put channels told by the server over the known ones; positions never go back. */
export function merged(channels, told) {
  const next = { ...channels };
  for (const channel of told) {
    const known = channels[channel.id];
    next[channel.id] = {
      ...channel,
      last_seq: Math.max(channel.last_seq ?? 0, known?.last_seq ?? 0),
      read_seq: Math.max(channel.read_seq ?? 0, known?.read_seq ?? 0),
    };
  }
  return next;
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
  return channel && seq > channel.read_seq ? { ...channels, [id]: { ...channel, read_seq: seq } } : channels;
}

/** Entries not read in one channel; a channel one is not in has none. */
export function unread(channel) {
  return channel.member ? Math.max(0, channel.last_seq - channel.read_seq) : 0;
}

/** Entries not read anywhere. */
export function unreadInAll(channels) {
  return Object.values(channels).reduce((sum, channel) => sum + unread(channel), 0);
}

/** The channels one is in, by name. */
export function joined(channels) {
  return inOrder(channels).filter((channel) => channel.member);
}

/** All channels, by name. */
export function inOrder(channels) {
  return Object.values(channels).sort((one, other) => byName.compare(one.name, other.name));
}

/** The channel `step` places after `id` in the sidebar, around the ends; null without channels. */
export function neighbour(channels, id, step) {
  const list = joined(channels);
  if (list.length === 0) return null;
  const at = list.findIndex((channel) => channel.id === id);
  return list[(at + step + list.length) % list.length].id;
}

/**
 * The channels and people that fit what was typed, best first: those that start with it, then those that hold it,
 * then those that hold its letters in order. Nothing typed gives the unread channels first.
 */
export function matching(candidates, typed) {
  const wanted = typed.trim().replace(/^[#@]/, "").toLocaleLowerCase();
  if (!wanted) return [...candidates].sort((one, other) => (other.unread ?? 0) - (one.unread ?? 0));
  return candidates
    .map((candidate) => ({ candidate, rank: rank(candidate.name.toLocaleLowerCase(), wanted) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
    .map(({ candidate }) => candidate);
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
