import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Attendance } from "../../src/chorus/web/static/js/live/attendance.js";
import { after, nothingYet } from "../../src/chorus/web/static/js/state/chat.js";
import { Store } from "../../src/chorus/web/static/js/state/store.js";
import { LASTS } from "../../src/chorus/web/static/js/state/typing.js";

const HOURS = 3 * 60 * 60 * 1000;

let store, said, attendance, passed, wall;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [passed, wall] = [1_000, 1_700_000_000_000];
  mock.method(performance, "now", () => passed);
  mock.method(Date, "now", () => wall + passed);
  store = new Store(nothingYet, after);
  said = [];
  const socket = { ask: async (event, payload) => void said.push([event, payload]) };
  attendance = new Attendance({ socket, store });
});

function pass(milliseconds) {
  passed += milliseconds;
  mock.timers.tick(milliseconds);
}

test("who typed does not type any more a while later, also when the clock was set back meanwhile", () => {
  attendance.heardTyping({ channel: 1, thread: 0, account: 7, active: true });
  assert.equal(store.state.typing.length, 1);

  wall -= HOURS;
  pass(LASTS);

  assert.deepEqual(store.state.typing, []);
});

test("typing is said again a while later, also when the clock was set back meanwhile", () => {
  attendance.typing(1, 0, true);
  attendance.typing(1, 0, true);
  assert.equal(said.length, 1);

  wall -= HOURS;
  pass(LASTS);
  attendance.typing(1, 0, true);

  assert.equal(said.length, 2);
});
