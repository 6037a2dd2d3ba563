/**
 * The thread that is open beside the channel: its root, its replies, and what was heard while they were fetched. Pure.
 */

import { followed } from "./messages.js";

/** Lines kept while the thread is on its way; should there be more, it is fetched again. */
const EARLY = 200;

/** A thread about to be fetched; `root` is known when the channel's window holds it. */
export function threadOpened(channel, seq, root = null) {
  return { channel, seq, root, replies: [], early: [], state: "loading" };
}

/** Take what the server told: {root, replies, as_of}, or null when it could not be had. */
export function threadLoaded(thread, told) {
  if (told === null) return { ...thread, state: "failed" };
  const asOf = (message) => ({ ...message, as_of: told.as_of });
  const loaded = { ...thread, root: asOf(told.root), replies: told.replies.map(asOf), early: [], state: "ready" };
  return threadFollowed(
    loaded,
    thread.early.filter((line) => line.seq > told.as_of),
  );
}

/** The thread after lines of its channel, in the log's order. */
export function threadFollowed(thread, lines) {
  if (thread.state !== "ready") return { ...thread, early: [...thread.early, ...lines].slice(-EARLY) };
  const fresh = lines.filter((line) => line.kind === "posted" && line.thread === thread.seq && !isHeld(thread, line));
  const replies = fresh.length > 0 ? [...thread.replies, ...fresh] : thread.replies;
  const [root, ...after] = followed([thread.root, ...replies], lines);
  const standing = after.some((reply) => reply.deleted) ? after.filter((reply) => !reply.deleted) : after;
  return { ...thread, root, replies: standing };
}

function isHeld(thread, line) {
  return line.seq <= (thread.replies.at(-1)?.seq ?? 0);
}
