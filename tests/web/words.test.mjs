import assert from "node:assert/strict";
import { test } from "node:test";

import { uuid } from "../../src/chorus/web/static/js/identity.js";
import { Kept, withDraft } from "../../src/chorus/web/static/js/kept.js";
import { fenced, linked, prefixed, replaced, surrounded } from "../../src/chorus/web/static/js/text/markup.js";
import { COLOURS, channelNameFor, colourOf, handleFor, initials } from "../../src/chorus/web/static/js/text/people.js";
import { roomWords } from "../../src/chorus/web/static/js/text/room.js";
import { dayName } from "../../src/chorus/web/static/js/text/time.js";
import { tabTitle } from "../../src/chorus/web/static/js/views/title.js";

test("initials are of the first and the last word", () => {
  assert.deepEqual(["Ada Lovelace", "Jean Luc de Roux", "Zoë", "  ", "Émile 🙂"].map(initials), [
    "AL",
    "JR",
    "Z",
    "?",
    "É🙂",
  ]);
});

test("every account has one of the colours, and neighbours differ", () => {
  const colours = Array.from({ length: 40 }, (_, id) => colourOf(id + 1));

  assert.ok(colours.every((colour) => Number.isInteger(colour) && colour >= 0 && colour < COLOURS));
  assert.ok(colours.every((colour, at) => at === 0 || colour !== colours[at - 1]));
});

test("a handle is suggested from a name of any script that has one", () => {
  assert.deepEqual(["Ada Lovelace", "Tomás  Ó Briain", "李雷"].map(handleFor), ["ada.lovelace", "tomas.o.briain", ""]);
});

test("a channel's name is mended while it is typed", () => {
  assert.deepEqual(["#Design Team", "  --x", "Überblick!", "a/b"].map(channelNameFor), [
    "design-team",
    "x",
    "überblick-",
    "a-b",
  ]);
});

test("days are named as people name them", () => {
  const now = new Date(2026, 10, 23, 9, 0);
  const name = (...day) => dayName(new Date(...day), now, "en-GB").replace(",", "");

  assert.deepEqual(
    [name(2026, 10, 23, 0, 1), name(2026, 10, 22, 23, 59), name(2026, 10, 20), name(2025, 0, 2)],
    ["Today", "Yesterday", "Friday 20 November", "Thursday 2 January 2025"],
  );
});

test("marks go around the selection and come off again", () => {
  const bold = surrounded({ text: "say it loud", start: 4, end: 6 }, "**");

  assert.deepEqual(bold, { text: "say **it** loud", start: 6, end: 8 });
  assert.deepEqual(surrounded(bold, "**"), { text: "say it loud", start: 4, end: 6 });
});

test("a prefix goes before every selected line and comes off again", () => {
  const quoted = prefixed({ text: "one\ntwo\nthree", start: 1, end: 5 }, "> ");

  assert.equal(quoted.text, "> one\n> two\nthree");
  assert.equal(prefixed({ text: quoted.text, start: 0, end: 11 }, "> ").text, "one\ntwo\nthree");
});

test("code blocks stand on lines of their own", () => {
  assert.equal(fenced({ text: "see x here", start: 4, end: 5 }).text, "see \n```\nx\n```\n here");
});

test("no more of a text is replaced than changes, and no character is cut in two", () => {
  const changes = [
    ["say it", "say **it**", { from: 4, to: 4, words: "**" }],
    ["dear @cha", "dear @channel ", { from: 9, to: 9, words: "nnel " }],
    ["aaa", "aa", { from: 2, to: 3, words: "" }],
    ["x 😀 y", "x 😁 y", { from: 2, to: 4, words: "😁" }],
    ["same", "same", { from: 4, to: 4, words: "" }],
  ];
  for (const [before, after, stretch] of changes.slice(1)) assert.deepEqual(replaced(before, after), stretch);

  for (const [before, after] of [...changes, ["😀😀", "😀"], ["a\uDE00", "b\uDE00"], ["🙀", "😀"]]) {
    const { from, to, words } = replaced(before, after);
    assert.equal(before.slice(0, from) + words + before.slice(to), after);
  }
});

test("a link selects the place for its address", () => {
  const link = linked({ text: "the docs", start: 4, end: 8 });

  assert.equal(link.text, "the [docs](https://)");
  assert.equal(link.text.slice(link.start, link.end), "https://");
});

test("drafts are kept for the latest channels only, and empty ones not at all", () => {
  let drafts = [];
  for (let channel = 60; channel >= 1; channel--) drafts = withDraft(drafts, `${channel}`, "x".repeat(20_000));

  assert.equal(drafts.length, 50);
  assert.deepEqual([drafts[0][0], drafts[49][0]], ["50", "1"]);
  assert.deepEqual(withDraft([["1", "a"]], "1", "  "), []);
});

test("a draft is kept whole, and older ones give way to a long one", () => {
  const drafts = [["1", "x".repeat(300_000)], ["2", "y".repeat(300_000)], ["3", "z"]];
  const after = withDraft(drafts, "4", "w".repeat(500_000));

  assert.deepEqual(
    after.map(([place, text]) => [place, text.length]),
    [
      ["2", 300_000],
      ["3", 1],
      ["4", 500_000],
    ],
  );
  assert.deepEqual(withDraft(after, "3", "w".repeat(1_000_001)), [after[0], after[2]]);
});

test("how much room is left is shown by the character, and said once", () => {
  assert.deepEqual(roomWords(14_999), { shown: "", said: "" });
  assert.equal(roomWords(15_990).shown, "10 characters left");
  assert.equal(roomWords(15_990).said, roomWords(15_001).said);
  assert.deepEqual(roomWords(16_002), { shown: "2 characters too many", said: "Too long to be sent" });
  assert.match(roomWords(2_000_000, false).shown, /not kept/);
});

test("a storage that is full or broken costs the keeping only", () => {
  const kept = new Kept(1, {
    getItem: () => "{broken",
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  });
  kept.write("drafts", {});

  assert.deepEqual(kept.read("drafts", { none: true }), { none: true });
});

test("identifiers are version 4 UUIDs and differ", () => {
  assert.match(uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(uuid(), uuid());
});

test("the title counts what is unread and names the place", () => {
  const channel = { id: 1, name: "general", member: true, unread: 3, mentions: 0 };

  assert.equal(tabTitle({ channels: { 1: channel }, open: 1 }, { name: "Lighthouse" }), "(3) general · Lighthouse");
  assert.equal(tabTitle({ channels: {}, open: null }, { name: "Lighthouse" }), "Lighthouse");
});
