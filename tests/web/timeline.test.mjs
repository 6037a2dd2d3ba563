import assert from "node:assert/strict";
import { test } from "node:test";

import {
  EARLY,
  WINDOW,
  cut,
  gap,
  heardOf,
  isAttached,
  isComplete,
  movedTo,
  newerLoaded,
  olderLoaded,
  received,
  atEnd,
  scrolled,
  timelineAt,
} from "../../src/chorus/web/static/js/state/timeline.js";
import { entries, entry, seqs } from "./making.mjs";

const taking = (timeline, list) => list.reduce(received, timeline);

test("entries that come in order are shown in order", () => {
  const timeline = taking(timelineAt(4), entries(5, 8));

  assert.deepEqual(seqs(timeline.entries), [5, 6, 7, 8]);
  assert.equal(timeline.last, 8);
  assert.equal(gap(timeline), null);
});

test("an entry that comes twice changes nothing", () => {
  const timeline = taking(timelineAt(0), entries(1, 3));

  assert.equal(received(timeline, entry(2)), timeline);
});

test("an entry that comes too soon waits and says what is missing", () => {
  const timeline = taking(timelineAt(4), [entry(5), entry(8)]);

  assert.deepEqual(seqs(timeline.entries), [5]);
  assert.deepEqual(gap(timeline), { after: 5, upTo: 8 });
});

test("a gap that is filled releases what waited, in order and once", () => {
  const timeline = taking(timelineAt(4), [entry(8), entry(7), entry(7), entry(5), entry(6)]);

  assert.deepEqual(seqs(timeline.entries), [5, 6, 7, 8]);
  assert.equal(gap(timeline), null);
  assert.deepEqual(timeline.early, []);
});

test("hearing how far the log goes is a gap until it is read", () => {
  const deaf = heardOf(timelineAt(4), 6);
  assert.deepEqual(gap(deaf), { after: 4, upTo: 6 });

  assert.equal(gap(taking(deaf, entries(5, 6))), null);
  assert.equal(heardOf(deaf, 5), deaf);
});

test("what waits is bounded, and the rest stays a gap", () => {
  const timeline = taking(timelineAt(0), entries(2, EARLY + 100));

  assert.equal(timeline.early.length, EARLY);
  assert.deepEqual(gap(timeline), { after: 0, upTo: EARLY + 100 });
  const filled = received(timeline, entry(1));
  assert.deepEqual(gap(filled), { after: EARLY + 1, upTo: EARLY + 100 });
});

test("older pages go before what is there until the first entry", () => {
  let timeline = received(timelineAt(100), entry(101));
  timeline = olderLoaded(timeline, { entries: entries(51, 100), first: false });
  assert.equal(isComplete(timeline), false);

  timeline = olderLoaded(timeline, { entries: entries(1, 50), first: true });
  assert.deepEqual(seqs(timeline.entries), seqs(entries(1, 101)));
  assert.equal(isComplete(timeline), true);
});

test("an older page that overlaps doubles nothing", () => {
  const timeline = olderLoaded(taking(timelineAt(4), entries(5, 6)), { entries: entries(1, 6), first: true });

  assert.deepEqual(seqs(timeline.entries), [1, 2, 3, 4, 5, 6]);
});

test("a channel without entries is complete after its empty page", () => {
  assert.equal(isComplete(olderLoaded(timelineAt(7), { entries: [], first: true })), true);
});

test("a reader at the end keeps the newest entries of a long stay", () => {
  const timeline = taking(timelineAt(0), entries(1, WINDOW + 50));

  assert.equal(timeline.entries.length, WINDOW);
  assert.equal(timeline.entries.at(-1).seq, WINDOW + 50);
  assert.equal(timeline.floor, 50);
});

test("a reader of old messages keeps them; the window lets go of the end and the cursor moves on", () => {
  let timeline = scrolled(taking(timelineAt(1000), entries(1001, 1000 + WINDOW)), false);
  timeline = received(timeline, entry(1001 + WINDOW));

  assert.equal(timeline.entries[0].seq, 1001);
  assert.equal(isAttached(timeline), false);
  assert.equal(timeline.last, 1001 + WINDOW);
});

test("a window too full of history lets go of its end and finds it again on the way down", () => {
  let timeline = olderLoaded(taking(timelineAt(WINDOW), entries(WINDOW + 1, WINDOW + 20)), {
    entries: entries(1, WINDOW),
    first: true,
  });
  assert.equal(isAttached(timeline), false);
  assert.equal(timeline.ceiling, WINDOW);

  timeline = newerLoaded(timeline, { entries: entries(WINDOW + 1, WINDOW + 20), last: true });
  assert.equal(isAttached(timeline), true);
  assert.equal(timeline.entries.length, WINDOW);
  assert.equal(timeline.entries.at(-1).seq, WINDOW + 20);
});

test("a page that reaches further than the feed moves the cursor with it", () => {
  let timeline = received(scrolled(taking(timelineAt(0), entries(1, WINDOW)), false), entry(WINDOW + 1));
  timeline = newerLoaded(timeline, { entries: entries(WINDOW + 1, WINDOW + 3), last: true });

  assert.equal(timeline.last, WINDOW + 3);
  assert.equal(received(timeline, entry(WINDOW + 2)), timeline);
});

test("going back to the end starts a window there", () => {
  let timeline = received(scrolled(taking(timelineAt(0), entries(1, WINDOW)), false), entry(WINDOW + 1));
  timeline = atEnd(timeline);

  assert.equal(isAttached(timeline), true);
  assert.deepEqual(timeline.entries, []);
  assert.deepEqual(seqs(received(timeline, entry(WINDOW + 2)).entries), [WINDOW + 2]);
});

test("row 11: a window moved into the middle of history keeps the cursor and grows on both sides", () => {
  let timeline = movedTo(taking(timelineAt(1000), entries(1001, 1010)), { entries: entries(480, 520), first: false });

  assert.deepEqual([timeline.floor, timeline.ceiling, timeline.last], [479, 520, 1010]);
  assert.equal(isAttached(timeline), false);
  assert.equal(timeline.following, false);
  timeline = olderLoaded(timeline, { entries: entries(430, 479), first: false });
  timeline = newerLoaded(timeline, { entries: entries(521, 570), last: false });
  assert.deepEqual(seqs(timeline.entries), seqs(entries(430, 570)));
});

test("a window moved to where its end is goes on with the feed", () => {
  const timeline = movedTo(timelineAt(1000), { entries: entries(960, 1000), first: false });

  assert.equal(isAttached(timeline), true);
  assert.deepEqual(received(timeline, entry(1001)).entries.at(-1).seq, 1001);
});

test("what became older than it is kept goes, and the rest stays where it is", () => {
  const whole = taking(timelineAt(0), entries(1, 8));
  const timeline = cut(whole, 3);

  assert.deepEqual(seqs(timeline.entries), [4, 5, 6, 7, 8]);
  assert.ok(isComplete(timeline) && isAttached(timeline));
  assert.equal(gap(timeline), null);
  assert.deepEqual(seqs(received(timeline, entry(9)).entries), [4, 5, 6, 7, 8, 9]);
  assert.equal(cut(timeline, 3), timeline);
});

test("who was away longer than messages are kept goes on where the log begins", () => {
  const timeline = cut(taking(timelineAt(0), entries(1, 3)), 20);

  assert.deepEqual(seqs(timeline.entries), []);
  assert.equal(gap(timeline), null);
  assert.deepEqual(seqs(received(timeline, entry(21)).entries), [21]);
});
