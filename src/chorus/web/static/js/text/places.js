/** Channels that a text names, as in #general: while it is typed, and in what is shown. Pure. */

import { inOrder } from "../state/channels.js";
import { isConversation } from "../state/titles.js";

const BEGUN = /(?<![\p{L}\p{N}_#&/@.-])#([\p{L}\p{N}][\p{L}\p{N}_-]{0,63}|)$/u;
const NAMED = /(?<![\p{L}\p{N}_#&/@.-])#([\p{L}\p{N}][\p{L}\p{N}_-]{0,63})(?![\p{L}\p{N}_-])/gu;
const MOST = 8; // that are offered at once

const named = new WeakMap(); // channels → those that have a name of their own, by it

/** Where a channel's name stands that is being typed, and what there is of it: {start, typed}; or null. */
export function placeBegun(text, caret) {
  const found = BEGUN.exec(text.slice(0, caret));
  return found ? { start: found.index, typed: found[1] } : null;
}

/** The channels, in use, whose name or a word of it begins with what was typed; those whose name does first. */
export function placesOffered({ channels }, typed) {
  const wanted = typed.toLowerCase();
  const begins = (name) => name.startsWith(wanted);
  const offered = inOrder(channels).filter(
    ({ name, archived }) => !archived && (begins(name) || name.split(/[-_]/).some(begins)),
  );
  return offered.sort((one, other) => begins(other.name) - begins(one.name)).slice(0, MOST);
}

/** Where a text names channels that the reader sees: {start, end, channel} each, in order. */
export function placesIn(text, channels) {
  const known = byName(channels);
  return [...text.matchAll(NAMED)].flatMap((found) => {
    const channel = known.get(found[1].toLowerCase());
    return channel ? [{ start: found.index, end: found.index + found[0].length, channel }] : [];
  });
}

function byName(channels) {
  if (!named.has(channels)) {
    const all = Object.values(channels).filter((channel) => !isConversation(channel));
    named.set(channels, new Map(all.map((channel) => [channel.name, channel])));
  }
  return named.get(channels);
}
