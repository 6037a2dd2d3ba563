import assert from "node:assert/strict";
import { test } from "node:test";

import {
  grown,
  joined,
  matching,
  merged,
  neighbour,
  readUpTo,
  unread,
  unreadInAll,
} from "../../src/chorus/web/static/js/state/channels.js";

const channel = (id, name, { last = 0, read = 0, member = true } = {}) => ({
  id,
  name,
  topic: "",
  last_seq: last,
  read_seq: read,
  member,
  members: 1,
});
const some = merged({}, [
  channel(1, "general", { last: 9, read: 4 }),
  channel(2, "design"),
  channel(3, "hiring", { last: 5, member: false }),
]);

test("unread is what lies between the log's end and the reader", () => {
  assert.equal(unread(some[1]), 5);
  assert.equal(unreadInAll(some), 5);
});

test("a channel one is not in has nothing unread", () => {
  assert.equal(unread(some[3]), 0);
});

test("positions never go back, whatever comes late", () => {
  const again = merged(readUpTo(grown(some, 1, 12), 1, 10), [channel(1, "general", { last: 9, read: 4 })]);

  assert.equal(again[1].last_seq, 12);
  assert.equal(again[1].read_seq, 10);
  assert.equal(readUpTo(again, 1, 3), again);
});

test("the sidebar holds the channels one is in, by name", () => {
  assert.deepEqual(
    joined(some).map(({ name }) => name),
    ["design", "general"],
  );
});

test("the neighbour of the last channel is the first", () => {
  assert.equal(neighbour({ channels: some, accounts: {}, me: { id: 1 }, open: null }, 1, 1), 2);
  assert.equal(neighbour({ channels: some, accounts: {}, me: { id: 1 }, open: null }, 2, -1), 1);
  assert.equal(neighbour({ channels: {}, accounts: {}, me: { id: 1 }, open: null }, 1, 1), null);
});

test("typing finds a channel by its beginning, then by a part, then by letters in order", () => {
  const names = ["going-green", "engine", "general", "design"].map((name, id) => ({ id, name }));

  assert.deepEqual(
    matching(names, "#gen").map(({ name }) => name),
    ["general", "going-green"],
  );
  assert.deepEqual(matching(names, "zz"), []);
});

test("people are found by their handle, and names by letters without accents", () => {
  const people = [
    { name: "Tomás Herrera", handle: "tomas" },
    { name: "Robert Hall", handle: "bob" },
  ];
  const found = (typed) => matching(people, typed).map(({ handle }) => handle);

  assert.deepEqual([found("tomas h"), found("@bob"), found("TOMÁS")], [["tomas"], ["bob"], ["tomas"]]);
});

test("nothing typed puts unread channels first", () => {
  const found = matching(
    [
      { name: "a", unread: 0 },
      { name: "b", unread: 3 },
    ],
    " ",
  );

  assert.equal(found[0].name, "b");
});
