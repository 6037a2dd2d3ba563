import assert from "node:assert/strict";
import { test } from "node:test";

import { composes, letterOf } from "../../src/chorus/web/static/js/text/keys.js";

test("the Enter that ends a word of an input method is the method's, also in Safari", () => {
  assert.equal(composes({ key: "Enter", isComposing: true, keyCode: 229 }), true);
  assert.equal(composes({ key: "Enter", isComposing: false, keyCode: 229 }), true);
  assert.equal(composes({ key: "Enter", isComposing: false, keyCode: 13 }), false);
});

test("a shortcut is its letter, by what is written where that is Latin, else by the place of the key", () => {
  assert.equal(letterOf({ key: "k", code: "KeyK" }), "k");
  assert.equal(letterOf({ key: "B", code: "KeyB" }), "b");
  assert.equal(letterOf({ key: "k", code: "KeyV" }), "k"); // Dvorak
  assert.equal(letterOf({ key: "л", code: "KeyK" }), "k");
  assert.equal(letterOf({ key: "ש", code: "KeyA" }), "a");
  assert.equal(letterOf({ key: "é", code: "Digit2" }), "");
  assert.equal(letterOf({ key: "Enter", code: "Enter" }), "");
  assert.equal(letterOf({ key: ";", code: "KeyZ" }), "");
});
