/** Channels that a text names. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { placeBegun, placesIn, placesOffered } from "../../src/chorus/web/static/js/text/places.js";

const channels = Object.fromEntries(
  [
    { id: 1, name: "general", kind: "public", member: true },
    { id: 2, name: "data-platform", kind: "public", member: false },
    { id: 3, name: "plans", kind: "private", member: true },
    { id: 4, name: "old-plans", kind: "public", member: true, archived: true },
    { id: 5, name: "café", kind: "public", member: true },
    { id: 6, name: "", kind: "direct", people: [1, 2], member: true },
    { id: 7, name: "platform", kind: "public", member: true },
  ].map((channel) => [channel.id, channel]),
);
const named = (text) => placesIn(text, channels).map(({ start, end, channel }) => [text.slice(start, end), channel.id]);
const offered = (typed) => placesOffered({ channels }, typed).map(({ name }) => name);

test("a name begins with a # that follows no word, up to the caret", () => {
  assert.deepEqual(placeBegun("see #gen", 8), { start: 4, typed: "gen" });
  assert.deepEqual(placeBegun("#", 1), { start: 0, typed: "" });
  assert.deepEqual(placeBegun("(#data-pl or", 9), { start: 1, typed: "data-pl" });
  for (const text of ["a#b", "## head", "# head", "##", "C#", "&#39", "page/#top", "#-", ""]) {
    assert.equal(placeBegun(text, text.length), null, text);
  }
});

test("channels are offered by the beginning of their name or of a word of it, those whose name begins so first", () => {
  assert.deepEqual(offered("pla"), ["plans", "platform", "data-platform"]);
  assert.deepEqual(offered("GEN"), ["general"]);
  assert.deepEqual(offered("nowhere"), []);
});

test("neither conversations nor archived channels are offered", () => {
  assert.deepEqual(offered(""), ["café", "data-platform", "general", "plans", "platform"]);
});

test("no more are offered than fit", () => {
  const many = Array.from({ length: 40 }, (_, id) => [id, { id, name: `a${id}`, kind: "public", member: true }]);

  assert.equal(placesOffered({ channels: Object.fromEntries(many) }, "a").length, 8);
});

test("a text names the channels that the reader sees, whole names alone", () => {
  assert.deepEqual(named("from #general to #Data-Platform, then #café."), [
    ["#general", 1],
    ["#Data-Platform", 2],
    ["#café", 5],
  ]);
  assert.deepEqual(named("#old-plans: (#plans)"), [
    ["#old-plans", 4],
    ["#plans", 3],
  ]);
  for (const text of ["#generally", "#general-2", "#secret", "a#general", "##general", "x/#general", "#", ""]) {
    assert.deepEqual(named(text), [], text);
  }
});
