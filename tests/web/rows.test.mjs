import assert from "node:assert/strict";
import { test } from "node:test";

import { rowsOf } from "../../src/chorus/web/static/js/state/rows.js";
import { entry } from "./making.mjs";

const at = (minute, day = 23) => new Date(Date.UTC(2026, 10, day, 16, minute)).toISOString();
const dayOf = (date) => date.toISOString().slice(0, 10);
const shown = (options) => rowsOf({ dayOf, ...options });
const kinds = (rows) => rows.map((row) => (row.type === "message" ? (row.starts ? "starts" : "follows") : row.type));

test("a new day is announced before its first message", () => {
  const rows = shown({ entries: [entry(1, { at: at(0, 22) }), entry(2, { at: at(0, 23) })] });

  assert.deepEqual(kinds(rows), ["day", "starts", "day", "starts"]);
});

test("messages of one person within five minutes stand under one name", () => {
  const rows = shown({ entries: [entry(1, { at: at(0) }), entry(2, { at: at(4) }), entry(3, { at: at(10) })] });

  assert.deepEqual(kinds(rows), ["day", "starts", "follows", "starts"]);
});

test("another person starts a group of their own", () => {
  const rows = shown({ entries: [entry(1, { at: at(0), sender: 2 }), entry(2, { at: at(1), sender: 3 })] });

  assert.deepEqual(kinds(rows), ["day", "starts", "starts"]);
});

test("the new-messages divider stands once, before the first message not read", () => {
  const rows = shown({ entries: [1, 2, 3].map((seq) => entry(seq, { at: at(0) })), divider: 1 });

  assert.deepEqual(kinds(rows), ["day", "starts", "new", "starts", "follows"]);
});

test("an unsent message stands at the end and keeps its key when it is sent", () => {
  const item = { channel: 1, clientId: "c9", text: "hi", at: at(1), state: "sending", error: null, entry: null };
  const pending = shown({ entries: [], unsent: [item], me: 5 }).at(-1);
  const sent = shown({ entries: [entry(1, { sender: 5, clientId: "c9", at: at(1) })] }).at(-1);

  assert.equal(pending.state, "pending");
  assert.equal(sent.state, "sent");
  assert.equal(pending.key, sent.key);
});

test("a refused message is shown as failed with its reason", () => {
  const item = {
    channel: 1,
    clientId: "c9",
    text: "hi",
    at: at(1),
    state: "failed",
    error: { detail: "too long" },
    entry: null,
  };
  const row = shown({ entries: [], unsent: [item], me: 5 }).at(-1);

  assert.deepEqual([row.state, row.error.detail, row.seq], ["failed", "too long", null]);
});

test("kinds of entries this page does not know are passed over", () => {
  assert.deepEqual(kinds(shown({ entries: [entry(1, { kind: "sung" }), entry(2)] })), ["day", "starts"]);
});
