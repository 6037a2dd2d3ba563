import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { queued, refused } from "../../src/chorus/web/static/js/state/outbox.js";
import { Refusals } from "../../src/chorus/web/static/js/views/refusals.js";

const CHANNELS = { 1: { id: 1, kind: "public", name: "general" }, 2: { id: 2, kind: "public", name: "plans" } };

let said, led, refusals;

beforeEach(() => {
  [said, led] = [[], []];
  const toasts = { error: (words, action) => said.push({ words, action }) };
  refusals = new Refusals({ toasts, onShow: (...place) => led.push(place) });
});

/** A message is refused that was written in this channel, or in its thread, while `seen` is on show. */
function refuse({ channel, thread = 0 }, seen) {
  const state = { channels: CHANNELS, accounts: {}, me: { id: 1 }, open: seen.open, thread: seen.thread ?? null };
  const waiting = queued([], { channel, clientId: "a", text: "Late", at: "2026-11-23T16:00:00Z", thread });
  refusals.update({ ...state, outbox: waiting });
  refusals.update({ ...state, outbox: refused(waiting, "a", { code: "archived", detail: "It is archived." }) });
}

test("a message that is refused elsewhere says so, with the way to it", () => {
  refuse({ channel: 2 }, { open: 1 });

  assert.equal(said[0].words, "A message in #plans was not sent. It is archived.");
  said[0].action.run();
  assert.deepEqual(led, [[2, 0]]);
});

test("one that is refused before its writer's eyes says so there alone", () => {
  refuse({ channel: 2 }, { open: 2 });

  assert.deepEqual(said, []);
});

test("a reply is before its writer's eyes in its thread, and not in the channel", () => {
  refuse({ channel: 2, thread: 7 }, { open: 2, thread: { channel: 2, seq: 7 } });
  assert.deepEqual(said, []);

  refuse({ channel: 2, thread: 7 }, { open: 2 });
  said[0].action.run();
  assert.deepEqual(led, [[2, 7]]);
});

test("there is no way to a channel that one is not in any more", () => {
  refuse({ channel: 9 }, { open: 1 });

  assert.equal(said[0].action, null);
});
