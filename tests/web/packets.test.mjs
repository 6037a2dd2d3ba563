import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff } from "../../src/chorus/web/static/js/live/backoff.js";
import {
  PacketError,
  decodeEngine,
  decodeHandshake,
  decodeSocket,
  encodeEngine,
  encodeSocket,
} from "../../src/chorus/web/static/js/live/packets.js";

test("an Engine.IO packet is a digit and its data", () => {
  assert.deepEqual(decodeEngine("4hello"), { type: "message", data: "hello" });
  assert.deepEqual(decodeEngine("2"), { type: "ping", data: "" });
  assert.equal(encodeEngine("pong"), "3");
  assert.equal(encodeEngine("message", "hi"), "4hi");
});

test("Socket.IO packets are written as the protocol's examples show them", () => {
  assert.equal(encodeSocket({ type: "connect", data: { cursors: { 1: 7 } } }), '0{"cursors":{"1":7}}');
  assert.equal(encodeSocket({ type: "connect", namespace: "/admin" }), "0/admin,");
  assert.equal(encodeSocket({ type: "event", data: ["foo"] }), '2["foo"]');
  assert.equal(encodeSocket({ type: "event", namespace: "/admin", id: 12, data: ["foo"] }), '2/admin,12["foo"]');
});

test("what is written is read back", () => {
  const packets = [
    { type: "connect", namespace: "/", id: null, data: { sid: "0.abc" } },
    { type: "disconnect", namespace: "/admin", id: null, data: undefined },
    { type: "event", namespace: "/", id: null, data: ["entry", { text: "3,4 and /path,5" }] },
    { type: "ack", namespace: "/a", id: 0, data: [{ ok: true }] },
    { type: "connect_error", namespace: "/", id: null, data: { message: "Not signed in" } },
  ];

  for (const packet of packets) assert.deepEqual(decodeSocket(encodeSocket(packet)), packet);
});

test("what the protocol does not allow is refused and shown", () => {
  for (const wrong of ["", "9", "x", "7"]) assert.throws(() => decodeEngine(wrong), PacketError);
  for (const wrong of ["", "5-[]", "2{}", "2[1]", "2", '3["no id"]', "3", "2[", '21234567890123456["x"]']) {
    assert.throws(() => decodeSocket(wrong), PacketError, wrong);
  }
  assert.throws(() => decodeEngine(new Uint8Array(2)), /found "0,0"/);
});

test("waits double up to the longest and are spread over their second half", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((attempt) => backoff(attempt, 1, { first: 100, longest: 700 })),
    [100, 200, 400, 700],
  );
  assert.equal(backoff(0, 0, { first: 100 }), 50);
  assert.equal(backoff(5_000, 1), 15_000);
});

test("a handshake without times to keep is refused", () => {
  assert.equal(decodeHandshake('{"pingInterval":25000,"pingTimeout":20000}').pingTimeout, 20_000);
  for (const wrong of ["", "{}", "[]", "{", '{"pingInterval":"x","pingTimeout":1}'])
    assert.throws(() => decodeHandshake(wrong), PacketError, wrong);
});
