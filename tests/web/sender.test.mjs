import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Sender } from "../../src/chorus/web/static/js/live/sender.js";
import { AnswerTimedOut, Disconnected } from "../../src/chorus/web/static/js/live/socket.js";
import { after, nothingYet } from "../../src/chorus/web/static/js/state/chat.js";
import { Store } from "../../src/chorus/web/static/js/state/store.js";
import { entry } from "./making.mjs";
import { settled } from "./wire.mjs";

let store, sender, socket;

class FakeSocket {
  connected = true;
  asked = [];

  ask(event, payload) {
    return new Promise((resolve, reject) => this.asked.push({ event, payload, resolve, reject }));
  }
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  store = new Store(nothingYet, after);
  const me = { id: 1, name: "Me" };
  store.apply({
    is: "Bootstrapped",
    account: me,
    accounts: [me],
    channels: [{ id: 1, name: "a", member: true, last_seq: 0, read_seq: 0 }],
  });
  socket = new FakeSocket();
  sender = new Sender(store, socket);
});

function write(...clientIds) {
  for (const clientId of clientIds)
    store.apply({ is: "MessageQueued", message: { channel: 1, clientId, text: clientId, at: "" } });
  sender.pump();
}

const sent = () => socket.asked.map(({ payload }) => payload.client_id);
const states = () => store.state.outbox.map(({ state }) => state);

test("messages of a channel go out one after the other", async () => {
  write("a", "b");
  assert.deepEqual(sent(), ["a"]);

  socket.asked[0].resolve({ ok: true, entry: entry(1, { sender: 1, clientId: "a" }) });
  await settled();
  assert.deepEqual(sent(), ["a", "b"]);
});

test("a message that got no answer is sent again with the same client id, and nothing overtakes it", async () => {
  write("a", "b");
  socket.asked[0].reject(new AnswerTimedOut("10 s"));
  await settled();
  assert.deepEqual(sent(), ["a"]);

  mock.timers.tick(500);
  assert.deepEqual(sent(), ["a", "a"]);
});

test("a new connection repeats at once what the old one left unanswered", async () => {
  write("a");
  socket.connected = false;
  socket.asked[0].reject(new Disconnected("gone"));
  await settled();

  socket.connected = true;
  sender.startAfresh();
  assert.deepEqual(sent(), ["a", "a"]);
  mock.timers.tick(60_000);
  assert.deepEqual(sent(), ["a", "a"]);
});

test("nothing goes out without a connection", () => {
  socket.connected = false;
  write("a");

  assert.deepEqual(sent(), []);
  assert.deepEqual(states(), ["waiting"]);
});

test("a refusal worth repeating is repeated, with longer and longer waits", async () => {
  write("a");
  for (const wait of [500, 1000]) {
    socket.asked.at(-1).resolve({ ok: false, error: { code: "unavailable", detail: "", retryable: true } });
    await settled();
    mock.timers.tick(wait);
  }

  assert.deepEqual(sent(), ["a", "a", "a"]);
});

test("a refusal for good fails the message and lets the next one go", async () => {
  write("a", "b");
  socket.asked[0].resolve({ ok: false, error: { code: "too_large", detail: "too long", retryable: false } });
  await settled();

  assert.deepEqual(states(), ["failed", "sending"]);
  assert.deepEqual(sent(), ["a", "b"]);
});
