import assert from "node:assert/strict";
import { test } from "node:test";

import { LASTS, expired, fallenSilent, typed, typingWords } from "../../src/chorus/web/static/js/state/typing.js";

const ada = { channel: 1, thread: 0, account: 1, active: true };

test("somebody types until a while after it was said last", () => {
  const typing = typed(typed([], ada, 0), ada, 2_000);

  assert.equal(typing.length, 1);
  assert.equal(expired(typing, LASTS + 1_999), typing);
  assert.deepEqual(expired(typing, LASTS + 2_000), []);
});

test("taking the text back, or sending it, ends it", () => {
  const typing = typed([], ada, 0);

  assert.deepEqual(typed(typing, { ...ada, active: false }, 1), []);
  assert.deepEqual(fallenSilent(typing, 1, 1), []);
  assert.equal(fallenSilent(typing, 2, 1), typing);
});

test("whoever turns to a thread does not type in the channel any more", () => {
  const typing = typed(typed([], ada, 0), { ...ada, thread: 9 }, 1);

  assert.deepEqual(typing.map(({ thread }) => thread), [9]);
});

test("what is kept has a bound", () => {
  let typing = [];
  for (let account = 0; account < 500; account++) typing = typed(typing, { ...ada, account }, 0);

  assert.ok(typing.length <= 50);
});

test("up to three are named", () => {
  assert.equal(typingWords([]), "");
  assert.equal(typingWords(["Ada"]), "Ada is typing");
  assert.equal(typingWords(["Ada", "Bob"]), "Ada and Bob are typing");
  assert.equal(typingWords(["Ada", "Bob", "Eve"]), "Ada, Bob and Eve are typing");
  assert.equal(typingWords(["Ada", "Bob", "Eve", "Kim"]), "Several people are typing");
});
