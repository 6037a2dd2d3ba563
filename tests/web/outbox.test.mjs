import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CAPACITY,
  acknowledged,
  channelsWithFailed,
  delayed,
  emptyOutbox,
  hasRoom,
  interrupted,
  newlyFailed,
  queued,
  refused,
  removed,
  restored,
  retried,
  sendable,
  sending,
} from "../../src/chorus/web/static/js/state/outbox.js";

const written = (...items) =>
  items.reduce(
    (box, [clientId, channel = 1]) => queued(box, { channel, clientId, text: clientId, at: "now" }),
    emptyOutbox,
  );
const ids = (items) => items.map(({ clientId }) => clientId);

test("one message of each channel goes out at a time, the oldest first", () => {
  const box = written(["a"], ["b"], ["c", 2]);

  assert.deepEqual(ids(sendable(box)), ["a", "c"]);
  assert.deepEqual(ids(sendable(sending(box, "a"))), ["c"]);
});

test("the next one goes out when the one before was acknowledged", () => {
  const box = acknowledged(sending(written(["a"], ["b"]), "a"), "a", { seq: 1 });

  assert.deepEqual(ids(sendable(box)), ["b"]);
});

test("a message without an answer is sent again before any later one", () => {
  const box = delayed(sending(written(["a"], ["b"]), "a"), "a");

  assert.deepEqual(ids(sendable(box)), ["a"]);
});

test("a broken connection puts back what was on its way", () => {
  const box = interrupted(sending(written(["a"], ["b"]), "a"));

  assert.deepEqual(ids(sendable(box)), ["a"]);
});

test("a refused message holds nobody up and waits for a person", () => {
  const box = refused(sending(written(["a"], ["b"]), "a"), "a", { code: "too_large", detail: "too long" });

  assert.deepEqual(ids(sendable(box)), ["b"]);
  assert.equal(box[0].state, "failed");
  assert.deepEqual(ids(sendable(retried(box, "a"))), ["a"]);
  assert.deepEqual(ids(removed(box, "a")), ["b"]);
});

test("the outbox is bounded and says so", () => {
  const full = written(...Array.from({ length: CAPACITY }, (_, at) => [`m${at}`]));

  assert.equal(hasRoom(full), false);
  assert.throws(() => queued(full, { channel: 1, clientId: "more", text: "", at: "" }), /200 messages wait/);
});

test("what an earlier visit left is sent again under the same client id", () => {
  const saved = JSON.parse(JSON.stringify(sending(written(["a"]), "a")));

  assert.deepEqual(ids(sendable(restored(saved))), ["a"]);
});

test("what does not look like an outbox is not one", () => {
  assert.deepEqual(restored({ a: 1 }), []);
  assert.deepEqual(restored([null, { channel: "x" }, 7]), []);
});

test("whoever is elsewhere hears of what was refused just now, and not of what an earlier page left so", () => {
  const before = refused(written(["a"], ["b", 2], ["c", 3]), "a", { code: "forbidden", detail: "no" });
  const after = refused(before, "b", { code: "forbidden", detail: "no" });

  assert.deepEqual(
    newlyFailed(before, after).map(({ clientId }) => clientId),
    ["b"],
  );
  assert.deepEqual([...channelsWithFailed(after)], [1, 2]);
});
