import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../src/chorus/web/static/js/state/store.js";

test("watchers hear once of all the facts of a turn", () => {
  let run = null;
  const heard = [];
  const store = new Store(
    0,
    (state, fact) => state + fact,
    (later) => (run = later),
  );
  store.watch((state) => heard.push(state));
  store.apply(1);
  store.apply(2);
  assert.deepEqual(heard, []);
  assert.equal(store.state, 3);

  run();
  assert.deepEqual(heard, [3]);
});

test("a fact that changes nothing is not told", () => {
  let scheduled = 0;
  const store = new Store(
    0,
    (state) => state,
    () => scheduled++,
  );
  store.apply("nothing");

  assert.equal(scheduled, 0);
});

test("a fact applied by a watcher is told as well", () => {
  const later = [];
  const heard = [];
  const store = new Store(
    0,
    (state, fact) => state + fact,
    (run) => later.push(run),
  );
  store.watch((state) => {
    heard.push(state);
    if (state === 1) store.apply(1);
  });
  store.apply(1);
  while (later.length) later.shift()();

  assert.deepEqual(heard, [1, 2]);
});

test("who stopped watching hears nothing", () => {
  const store = new Store(
    0,
    (state, fact) => state + fact,
    (run) => run(),
  );
  const heard = [];
  store.watch((state) => heard.push(state))();
  store.apply(1);

  assert.deepEqual(heard, []);
});
