import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { BegunEdits, MOST_EDITS } from "../../src/chorus/web/static/js/begun.js";

let storage;

beforeEach(() => {
  storage = {
    getItem: (key) => storage[key] ?? null,
    setItem: (key, value) => (storage[key] = value),
    removeItem: (key) => delete storage[key],
  };
});

const page = (account = 1) => new BegunEdits(account, storage);

test("what stood in an edit when the page was left stands there when it is loaded again", () => {
  page().write("1/7", "as it is to be");

  assert.equal(page().read("1/7"), "as it is to be");
  assert.equal(page().read("1/8"), null);
  assert.equal(page(2).read("1/7"), null);
});

test("what is edited in one place is not begun in another that shows the message as well", () => {
  page().write("1/7", "as it is to be");
  const again = page();
  again.write("1/8", "in the channel");
  assert.equal(again.read("1/8"), null);

  again.write("1/7", again.read("1/7"));

  assert.equal(again.read("1/7"), null);
  assert.equal(page().read("1/7"), "as it is to be");
});

test("an edit that is over is not begun again", () => {
  page().write("1/7", "saved");
  page().end("1/7");

  assert.equal(page().read("1/7"), null);
});

test("the first of too many gives way", () => {
  const edits = page();
  for (let seq = 0; seq <= MOST_EDITS; seq++) edits.write(`1/${seq}`, "begun");

  assert.deepEqual([page().read("1/0"), page().read("1/1")], [null, "begun"]);
});

test("whoever signs out leaves no edit behind", () => {
  page().write("1/7", "mine");
  page().forget();

  assert.equal(page().read("1/7"), null);
});
