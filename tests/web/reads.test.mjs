import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { ApiError } from "../../src/chorus/web/static/js/api.js";
import { Reads } from "../../src/chorus/web/static/js/reads.js";

let reads, store, told, refusal;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  told = [];
  refusal = null;
  const state = { held: null, channels: { 1: { read_seq: 3 } }, timelines: { 1: { last: 3 } } };
  store = { state, applied: [], apply: (fact) => store.applied.push(fact) };
  const api = {
    async markRead(channel, seq) {
      told.push([channel, seq]);
      if (refusal) throw refusal;
    },
  };
  reads = new Reads({ store, api });
  reads.begin(1);
});

function read(seq) {
  store.state.timelines[1].last = seq;
  reads.advance(1);
}

test("what the server knows is not told again", () => {
  read(3);
  mock.timers.tick(1000);

  assert.deepEqual(told, []);
  assert.deepEqual(store.applied, [{ is: "ReadAdvanced", channel: 1, seq: 3 }]);
});

test("several reads become one request", () => {
  read(4);
  read(5);
  mock.timers.tick(1000);

  assert.deepEqual(told, [[1, 5]]);
});

test("a channel that is held unread stays so", () => {
  store.state.held = 1;

  read(4);
  mock.timers.tick(1000);

  assert.deepEqual([told, store.applied], [[], []]);
});

test("what was taken back is not told as read", () => {
  read(5);
  reads.takeBack(1, 4);
  mock.timers.tick(1000);

  assert.deepEqual(told, []);
  assert.deepEqual(store.applied.at(-1), { is: "MarkedUnread", channel: 1, seq: 3 });
});

test("a page that goes away tells at once", () => {
  read(4);
  reads.flush();
  mock.timers.tick(1000);

  assert.deepEqual(told, [[1, 4]]);
});

test("what the server did not hear is told with the next look", async () => {
  refusal = new ApiError({ status: 503, code: "unavailable", detail: "away" });
  read(4);
  mock.timers.tick(1000);
  await Promise.resolve();
  await Promise.resolve();
  read(4);
  mock.timers.tick(1000);

  assert.deepEqual(told, [[1, 4], [1, 4]]);
});
