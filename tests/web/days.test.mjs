import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { onEachDay } from "../../src/chorus/web/static/js/days.js";

const MINUTE = 60_000;

let turns, ended, slept;

/** Begin to wait at a time of the clock on the wall; the local one, whatever that is. */
function begin(...at) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: new Date(...at).getTime() });
  [turns, ended, slept] = [0, new AbortController(), 0];
  const now = () => new Date(Date.now() + slept);
  onEachDay(() => turns++, ended.signal, now);
}

test("a day begins at midnight, and the next one at the next", () => {
  begin(2026, 10, 28, 23, 59, 50);
  mock.timers.tick(9_000);
  assert.equal(turns, 0);

  mock.timers.tick(2_000);
  assert.equal(turns, 1);

  for (let minute = 0; minute < 24 * 60; minute++) mock.timers.tick(MINUTE);
  assert.equal(turns, 2);
});

test("a day that began while the computer slept is noticed when it is awake for a minute", () => {
  begin(2026, 10, 28, 12, 0, 0);
  slept = 20 * 60 * MINUTE;

  mock.timers.tick(MINUTE);

  assert.equal(turns, 1);
});

test("nobody is told of a day who is not there any more", () => {
  begin(2026, 10, 28, 23, 59, 50);
  ended.abort();

  mock.timers.tick(MINUTE);

  assert.equal(turns, 0);
});
