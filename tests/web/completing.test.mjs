/** Completing what is typed before the caret, emoji among it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { completed } from "../../src/chorus/web/static/js/text/completing.js";
import { emojiBegun, emojiCalled } from "../../src/chorus/web/static/js/text/emoji.js";

const NAMED = [
  ["smile", "😄"],
  ["smiley", "😃"],
  ["thinking_face", "🤔"],
  ["thinking", "🤔"],
  ["big_smile", "😁"],
  ["+1", "👍"],
].map(([name, emoji]) => ({ name, emoji }));
const shown = (typed) => emojiCalled(NAMED, typed).map(({ name }) => name);

test("what is chosen takes the place of what was typed, with one space behind it", () => {
  const begun = { start: 4 };

  assert.deepEqual(completed("ask @ad", 7, begun, "@ada"), { text: "ask @ada ", caret: 9 });
  assert.deepEqual(completed("ask @ad first", 7, begun, "@ada"), { text: "ask @ada first", caret: 9 });
  assert.deepEqual(completed("now :tad", 8, begun, "🎉"), { text: "now 🎉 ", caret: 7 });
});

test("an emoji's name begins with a colon that follows no word, and two letters", () => {
  assert.deepEqual(emojiBegun("fine :sm", 8), { start: 5, typed: "sm" });
  assert.deepEqual(emojiBegun(":+1", 3), { start: 0, typed: "+1" });
  assert.deepEqual(emojiBegun("(:Tada and more", 6), { start: 1, typed: "Tada" });
  for (const text of ["at 12:30", ":D", ":-)", "std::move", "note:this", ":smile:", ":sm ", "http://ab"]) {
    assert.equal(emojiBegun(text, text.length), null, text);
  }
});

test("the name itself comes first, then those that begin so, then those with a word that does", () => {
  assert.deepEqual(shown("smile"), ["smile", "smiley", "big_smile"]);
  assert.deepEqual(shown("SMI"), ["smile", "smiley", "big_smile"]);
  assert.deepEqual(shown("+1"), ["+1"]);
  assert.deepEqual(shown("nothing"), []);
});

test("an emoji of several names is offered once", () => {
  assert.deepEqual(shown("thin"), ["thinking_face"]);
  assert.deepEqual(shown("thinking"), ["thinking"]);
});

test("no more emoji are offered than fit", () => {
  const many = Array.from({ length: 40 }, (_, at) => ({ name: `ab${at}`, emoji: String(at) }));

  assert.equal(emojiCalled(many, "ab").length, 8);
});
