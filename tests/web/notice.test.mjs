/** What is told of a message to whoever is not looking. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { noticeOf } from "../../src/chorus/web/static/js/text/notice.js";

const named = (id, name) => ({ id, name, handle: name.toLowerCase() });
const state = {
  me: named(1, "Me"),
  accounts: { 1: named(1, "Me"), 2: named(2, "Ada"), 3: named(3, "Bob") },
  channels: {
    1: { id: 1, kind: "public", name: "general", member: true },
    2: { id: 2, kind: "direct", people: [1, 2], member: true },
    3: { id: 3, kind: "group", people: [1, 2, 3], member: true },
    4: { id: 4, kind: "public", name: "elsewhere", member: false },
  },
};
const entry = (fields) => ({ channel: 1, seq: 7, kind: "posted", sender: 2, text: "Hello", ...fields });
const told = (fields) => noticeOf(entry(fields), state);

test("what calls one is told with who said it and where", () => {
  const notice = { title: "Ada in #general", body: "Hello", tag: "1/7" };

  assert.deepEqual(told({ mentions: [1] }), notice);
  assert.deepEqual(told({ mentions: [0] }), notice);
  assert.deepEqual(told({ mentions: [1], thread: 3 }), notice);
});

test("what is said in direct messages and groups is told, whoever is called", () => {
  assert.equal(told({ channel: 2 }).title, "Ada");
  assert.equal(told({ channel: 3 }).title, "Ada in Ada, Bob");
});

test("nothing else is: not what others are called by, what one said oneself, changes, or a channel one is not in", () => {
  for (const fields of [
    {},
    { mentions: [3] },
    { mentions: [1], sender: 1 },
    { mentions: [1], kind: "edited", target: 3 },
    { mentions: [1], deleted: true },
    { mentions: [1], channel: 4 },
    { mentions: [1], channel: 99 },
  ]) {
    assert.equal(told(fields), null, JSON.stringify(fields));
  }
});

test("a long text is cut, and files without one are named", () => {
  assert.equal(told({ mentions: [1], text: "x".repeat(300) }).body.length, 200);
  assert.equal(told({ channel: 2, text: "", files: [{ name: "a.png" }, { name: "b.pdf" }] }).body, "a.png, b.pdf");
});
