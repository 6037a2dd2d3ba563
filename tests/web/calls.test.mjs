/** Calling people as one types. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { callable, callBegun } from "../../src/chorus/web/static/js/text/calls.js";

const people = (...named) => ({
  me: { id: 1 },
  accounts: Object.fromEntries(named.map(([id, handle, name, more]) => [id, { id, handle, name, ...more }])),
});
const state = people(
  [1, "me", "Me Myself"],
  [2, "ada", "Ada Lovelace"],
  [3, "mira", "Mira Adams"],
  [4, "grace", "Grace Hopper"],
  [5, "gone", "Ada Gone", { deactivated: true }],
);
const handles = (typed) => callable(state, typed).map(({ handle }) => handle);

test("a call begins with an @ that follows no word, up to the caret", () => {
  assert.deepEqual(callBegun("ask @ad", 7), { start: 4, typed: "ad" });
  assert.deepEqual(callBegun("@", 1), { start: 0, typed: "" });
  assert.deepEqual(callBegun("(@Zoë", 5), { start: 1, typed: "Zoë" });
  assert.deepEqual(callBegun("ask @ad or @gr", 7), { start: 4, typed: "ad" });
  for (const text of ["mail@ad", "ask @ad ", "no call", "a/@ad", ""]) assert.equal(callBegun(text, text.length), null);
});

test("those are offered whose handle or name begins so, handles first; not oneself, and nobody who is gone", () => {
  assert.deepEqual(handles("ad"), ["ada", "mira"]);
  assert.deepEqual(handles("AD"), ["ada", "mira"]);
  assert.deepEqual(handles("hop"), ["grace"]);
  assert.deepEqual(handles("m"), ["mira"]);
  assert.deepEqual(handles("nobody"), []);
});

test("everybody can be called", () => {
  assert.deepEqual(handles("h"), ["grace", "here"]);
  assert.deepEqual(handles("cha"), ["channel"]);
  assert.deepEqual(handles(""), ["ada", "grace", "mira", "channel", "here"]);
});

test("no more are offered than fit", () => {
  const many = people(...Array.from({ length: 40 }, (_, at) => [at + 2, `a${at}`, `A ${at}`]));

  assert.equal(callable(many, "").length, 8);
  assert.equal(callable(many, "").at(-1).handle, "here");
});
