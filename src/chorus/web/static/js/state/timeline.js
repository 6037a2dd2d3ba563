/**
 * One channel's window on its log.
 *
 * Theory of operation. The server numbers a channel's entries 1, 2, 3 … without gaps. A timeline holds
 *
 *     floor < entries (ascending, without gaps) <= ceiling <= last <= told
 *
 * `last` is the newest seq taken in order: the cursor to resume from. `told` is the newest seq ever heard of; told > last
 * is a gap, and what came too soon waits in `early`. While ceiling = last the window is attached to the end and grows
 * with it; a window full of older history is detached: entries then move `last` only and are read again on the way down.
 *
 * Entries are lines of the log: messages, and changes of messages. Each line that is taken is applied to the messages of
 * the window; `changes` has the latest such lines, for pages that were read before they were written. A page's messages
 * are as of `as_of`, and lines up to it are in them.
 * Everything here returns a new timeline and touches nothing else.
 */

import { changesOthers, followed } from "./messages.js";

/** Entries a window holds at most; beyond, the end farther from the reader is let go. */
export const WINDOW = 600;

/** Entries kept while the ones before them are fetched; others are read again from the log. */
export const EARLY = 200;

/** Lines that change messages, kept for pages that were read from the log before they were written. */
export const CHANGES = 200;

/** An empty window at `position`, the channel's last seq. */
export function timelineAt(position) {
  return {
    floor: position,
    ceiling: position,
    last: position,
    told: position,
    entries: [],
    early: [],
    changes: [],
    following: true,
  };
}

/** Whether the window reaches the end of the log, as far as it is known. */
export function isAttached(timeline) {
  return timeline.ceiling === timeline.last;
}

/** Whether the window starts with the channel's first entry. */
export function isComplete(timeline) {
  return timeline.floor === 0;
}

/** The missing stretch: null, or read what follows `after` up to `upTo`. */
export function gap(timeline) {
  return timeline.told > timeline.last ? { after: timeline.last, upTo: timeline.told } : null;
}

/** Take one entry from the live feed, an acknowledgement or a repair; the same one twice changes nothing. */
export function received(timeline, entry) {
  const told = Math.max(timeline.told, entry.seq);
  if (entry.seq > timeline.last + 1) return { ...timeline, told, early: kept(timeline.early, entry) };
  const run = released(timeline, entry);
  if (run.length === 0) return timeline;
  return appended({ ...timeline, told, early: timeline.early.filter((waiting) => waiting.seq > run.at(-1).seq) }, run);
}

/** The lines that taking this one sets free, in order: itself and what waited for it; none when it is known or early. */
export function released(timeline, entry) {
  if (entry.seq !== timeline.last + 1) return [];
  const run = [entry];
  for (const waiting of timeline.early) {
    if (waiting.seq === run.at(-1).seq + 1) run.push(waiting);
  }
  return run;
}

/** Hear that the channel's log reaches `seq` without seeing the entry: what is missing becomes a gap. */
export function heardOf(timeline, seq) {
  return seq > timeline.told ? { ...timeline, told: seq } : timeline;
}

/** Take a page of history that ends at the window's floor. */
export function olderLoaded(timeline, page) {
  const older = upToDate(page, timeline).filter((entry) => entry.seq <= timeline.floor);
  const floor = page.first || older.length === 0 ? 0 : older[0].seq - 1;
  const entries = [...older, ...timeline.entries].slice(0, WINDOW);
  const ceiling = entries.length < older.length + timeline.entries.length ? entries.at(-1).seq : timeline.ceiling;
  return { ...timeline, floor, ceiling, entries };
}

/** Take a page of history that starts after a detached window's ceiling. */
export function newerLoaded(timeline, page) {
  const newer = upToDate(page, timeline).filter((entry) => entry.seq > timeline.ceiling);
  if (newer.length === 0) return timeline;
  const ceiling = newer.at(-1).seq;
  const last = Math.max(timeline.last, ceiling);
  const early = timeline.early.filter((waiting) => waiting.seq > last);
  return trimmed({
    ...timeline,
    ceiling,
    last,
    early,
    told: Math.max(timeline.told, last),
    entries: [...followed(timeline.entries, newer), ...newer],
  });
}

/** Stand somewhere in the log: take a page of history around a place instead of what the window holds. */
export function movedTo(timeline, page) {
  const entries = upToDate(page, timeline);
  if (entries.length === 0) return timeline;
  const ceiling = entries.at(-1).seq;
  const last = Math.max(timeline.last, ceiling);
  return {
    ...timeline,
    floor: page.first ? 0 : entries[0].seq - 1,
    ceiling,
    last,
    told: Math.max(timeline.told, last),
    early: timeline.early.filter((waiting) => waiting.seq > last),
    entries,
    following: false,
  };
}

/** Stand at the end again; a detached window is let go, and history is read afresh from there. */
export function atEnd(timeline) {
  if (isAttached(timeline)) return scrolled(timeline, true);
  return { ...timeline, floor: timeline.last, ceiling: timeline.last, entries: [], following: true };
}

/** The log begins after `floor` from now on: what it had up to there became older than it is kept. */
export function cut(timeline, floor) {
  if (floor <= timeline.floor) return timeline;
  if (floor > timeline.last) return { ...timelineAt(floor), told: Math.max(timeline.told, floor), early: timeline.early };
  const entries = timeline.entries.filter((entry) => entry.seq > floor);
  if (entries.length === timeline.entries.length) return timeline;
  const ceiling = Math.max(timeline.ceiling, floor);
  return { ...timeline, floor: isComplete(timeline) ? 0 : floor, ceiling, entries };
}

/** The reader came to the end (`following`), or left it to read what is older. */
export function scrolled(timeline, following) {
  return timeline.following === following ? timeline : { ...timeline, following };
}

function appended(timeline, run) {
  const last = run.at(-1).seq;
  const changing = run.filter(changesOthers);
  const changes = changing.length > 0 ? [...timeline.changes, ...changing].slice(-CHANGES) : timeline.changes;
  const stays = isAttached(timeline) && (timeline.following || timeline.entries.length + run.length <= WINDOW);
  if (!stays) return { ...timeline, last, changes, entries: followed(timeline.entries, run) };
  const entries = followed([...timeline.entries, ...run], run);
  return trimmed({ ...timeline, last, ceiling: last, changes, entries });
}

/** A page's entries, with what was heard since it was read. */
function upToDate({ entries, as_of: asOf }, { changes }) {
  const dated = entries.map((entry) => (entry.kind === "posted" && asOf ? { ...entry, as_of: asOf } : entry));
  return followed(dated, changes);
}

function trimmed(timeline) {
  const excess = timeline.entries.length - WINDOW;
  if (excess <= 0) return timeline;
  return { ...timeline, entries: timeline.entries.slice(excess), floor: timeline.entries[excess - 1].seq };
}

function kept(early, entry) {
  if (early.some((waiting) => waiting.seq === entry.seq)) return early;
  return [...early, entry].sort((one, other) => one.seq - other.seq).slice(0, EARLY);
}
