import assert from "node:assert/strict";
import { test } from "node:test";

import { newsSince, nothingTold } from "../../src/chorus/web/static/js/state/news.js";
import { entries, entry, seqs } from "./making.mjs";

const me = { id: 1 };
const channelWith = (...shown) => ({ last: shown.at(-1)?.seq ?? 0, entries: shown });
const showing = (timeline, thread = null, open = 1) => ({ me, open, timelines: { [open]: timeline }, thread });
const threadWith = (replies, state = "ready") => ({ channel: 1, seq: 1, state, replies });

/** The seqs that are told by each of these states, one after the other. */
function told(...states) {
  let known = nothingTold;
  return states.map((state) => {
    const { told, fresh } = newsSince(known, state);
    known = told;
    return seqs(fresh);
  });
}

test("what is there when a channel is opened is not told, and what comes then is, once", () => {
  const [before, after] = [channelWith(...entries(1, 3)), channelWith(...entries(1, 5))];

  assert.deepEqual(told(showing(before), showing(after), showing(after)), [[], [4, 5], []]);
  assert.deepEqual(told(showing(before), showing(channelWith(...entries(1, 9)), null, 2)), [[], []]);
});

test("nobody is told what they wrote, nor what was deleted", () => {
  const after = channelWith(...entries(1, 1), entry(2, { sender: 1 }), { ...entry(3), deleted: true }, entry(4));

  assert.deepEqual(told(showing(channelWith(...entries(1, 1))), showing(after)), [[], [4]]);
});

test("of a thread, replies are told that come while it is open, and no reply again that changes", () => {
  const channel = channelWith(...entries(1, 1));
  const [one, two] = [2, 3].map((seq) => ({ ...entry(seq), thread: 1 }));

  assert.deepEqual(
    told(
      showing(channel, threadWith([], "loading")),
      showing(channel, threadWith([one])),
      showing(channel, threadWith([one, two])),
      showing(channel, threadWith([{ ...one, reactions: [{ emoji: "👍", accounts: [1] }] }, two])),
      showing(channel),
      showing(channel, threadWith([one, two])),
    ),
    [[], [], [3], [], [], []],
  );
});
