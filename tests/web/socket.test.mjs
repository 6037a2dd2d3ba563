import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { AnswerTimedOut, Disconnected, Socket } from "../../src/chorus/web/static/js/live/socket.js";
import { FakeWebSocket, HANDSHAKE, settled } from "./wire.mjs";

let wires, told, socket, verdict;
const wire = () => wires.at(-1);

function made() {
  wires = [];
  told = [];
  verdict = true;
  const tell =
    (name) =>
    (...args) =>
      void told.push([name, ...args]);
  return new Socket({
    url: "ws://chat/",
    auth: () => ({ cursors: { 1: wires.length } }),
    listener: {
      connecting: tell("connecting"),
      connected: tell("connected"),
      event: tell("event"),
      waiting: tell("waiting"),
      refused: async (error) => (told.push(["refused", error.message]), verdict),
    },
    open: () => (wires.push(new FakeWebSocket()), wire()),
    random: () => 1,
  });
}

function online() {
  wire().says(HANDSHAKE);
  wire().says('40{"sid":"0.abc"}');
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  socket = made();
  socket.start();
});

test("it joins the namespace with what auth says at that moment", () => {
  online();

  assert.deepEqual(wire().sent, ['40{"cursors":{"1":1}}']);
  assert.equal(socket.connected, true);
});

test("events reach the listener", () => {
  online();
  wire().says('42["entry",{"seq":1}]');

  assert.deepEqual(told.at(-1), ["event", "entry", { seq: 1 }]);
});

test("pings are answered", () => {
  online();
  wire().says("2");

  assert.equal(wire().sent.at(-1), "3");
});

test("a question gets its own answer", async () => {
  online();
  const [first, second] = [socket.ask("a", 1, 1000), socket.ask("b", 2, 1000)];
  assert.deepEqual(wire().sent.slice(1), ['420["a",1]', '421["b",2]']);

  wire().says('431["two"]');
  wire().says('430["one"]');
  assert.deepEqual(await Promise.all([first, second]), ["one", "two"]);
});

test("a question without an answer in time is rejected, and a late answer harms nobody", async () => {
  online();
  const asked = socket.ask("a", 1, 1000);
  mock.timers.tick(1000);

  await assert.rejects(asked, AnswerTimedOut);
  wire().says('430["late"]');
  assert.equal(socket.connected, true);
});

test("a question that a broken connection leaves open is rejected at once", async () => {
  online();
  const asked = socket.ask("a", 1, 1000);
  wire().breaks();

  await assert.rejects(asked, Disconnected);
  await assert.rejects(socket.ask("b", 2, 1000), Disconnected);
});

test("silence beyond the ping interval and timeout ends the connection", () => {
  online();
  mock.timers.tick(44_999);
  assert.equal(socket.connected, true);

  mock.timers.tick(1);
  assert.equal(socket.connected, false);
  assert.equal(wires[0].closed, true);
});

test("a handshake that never comes is given up", () => {
  mock.timers.tick(10_000);

  assert.equal(told.at(-1)[0], "waiting");
});

test("it connects again after waits that grow, and starts small after a success", () => {
  const waits = () => told.filter(([name]) => name === "waiting").map(([, milliseconds]) => milliseconds);
  for (const wait of [250, 500, 1000]) {
    wire().breaks();
    mock.timers.tick(wait);
  }
  online();
  mock.timers.tick(10_000);
  wire().breaks();

  assert.deepEqual(waits(), [250, 500, 1000, 250]);
  assert.equal(wires.length, 4);
});

test("a server that lets it in and throws it out is asked less and less often", () => {
  for (const wait of [250, 500, 1000, 2000]) {
    online();
    wire().breaks();
    assert.deepEqual(told.at(-1).slice(0, 2), ["waiting", wait]);
    mock.timers.tick(wait);
  }
});

test("hurry tries at once instead of waiting", () => {
  wire().breaks();
  socket.hurry();

  assert.equal(wires.length, 2);
  mock.timers.tick(60_000 - 55_000);
  assert.equal(wires.length, 2, "the wait it replaced opened another one");
});

test("hurry leaves a connection alone that was heard lately, and ends one that slept too long", () => {
  online();
  socket.hurry();
  assert.equal(wires.length, 1);

  mock.timers.setTime(Date.now() + 3_600_000);
  socket.hurry();
  assert.equal(wires[0].closed, true);
  assert.equal(wires.length, 2);
});

test("a refused session is tried again only when the listener could renew it", async () => {
  wire().says(HANDSHAKE);
  wire().says('44{"message":"Not signed in"}');
  await settled();
  mock.timers.tick(250);
  assert.equal(wires.length, 2);

  verdict = false;
  wire().says(HANDSHAKE);
  wire().says('44{"message":"Not signed in"}');
  await settled();
  mock.timers.tick(60_000);
  assert.equal(wires.length, 2);
});

test("a listener that fails to renew the session is asked again, not never", async (context) => {
  context.mock.method(console, "error", () => {});
  verdict = Promise.reject(new DOMException("The quota is full", "QuotaExceededError"));
  wire().says(HANDSHAKE);
  wire().says('44{"message":"Not signed in"}');
  await settled();
  mock.timers.tick(60_000);

  assert.equal(wires.length, 2);
});

test("a server that speaks another protocol is left", () => {
  wire().says("<html>");

  assert.equal(wires[0].closed, true);
  assert.match(told.at(-1)[2], /another protocol/);
});

test("after stop nothing is tried any more", () => {
  online();
  socket.stop();
  mock.timers.tick(60_000);

  assert.equal(wires.length, 1);
  assert.equal(wires[0].closed, true);
});

test("stopping while a refusal is thought about ends it for good", async () => {
  wire().says(HANDSHAKE);
  wire().says('44{"message":"Not signed in"}');
  socket.stop();
  await settled();
  mock.timers.tick(60_000);

  assert.equal(wires.length, 1);
});
