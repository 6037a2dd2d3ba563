import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Kept, Unsent } from "../../src/chorus/web/static/js/kept.js";

let storage;

/** As much of a browser's storage as is used: its items are its own keys. */
class FakeStorage {
  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    this[key] = String(value);
  }

  removeItem(key) {
    delete this[key];
  }
}

beforeEach(() => (storage = new FakeStorage()));

function tab(account = 1) {
  return new Unsent(new Kept(account, storage));
}

function message(clientId, at = "2026-11-23T10:00:00.000Z") {
  return { channel: 1, clientId, text: `text of ${clientId}`, at, thread: 0, state: "waiting", error: null, entry: null };
}

const idsOf = (items) => items.map(({ clientId }) => clientId);

test("what one page left unsent the next one finds, in the order it was written", () => {
  tab().save([message("b"), message("a"), message("c", "2026-11-23T10:00:01.000Z")]);

  assert.deepEqual(idsOf(tab().load()), ["b", "a", "c"]);
});

test("a tab with nothing to send takes nothing away from another", () => {
  const one = tab();
  const other = tab();
  one.save([message("a")]);
  other.save([]);
  other.save([message("b")]);
  other.save([]);

  assert.deepEqual(idsOf(tab().load()), ["a"]);
});

test("a message that was sent is kept no longer, by whichever tab had it", () => {
  tab().save([message("a"), message("b")]);
  const next = tab();
  const found = next.load();
  next.save(found.filter(({ clientId }) => clientId !== "a"));

  assert.deepEqual(idsOf(tab().load()), ["b"]);
});

test("accounts of one browser do not see each other's messages, and forgetting leaves the other's alone", () => {
  tab(1).save([message("a")]);
  tab(11).save([message("b")]);
  new Kept(1, storage).forget();

  assert.deepEqual(idsOf(tab(1).load()), []);
  assert.deepEqual(idsOf(tab(11).load()), ["b"]);
});
