import assert from "node:assert/strict";
import { test } from "node:test";

import { assignable, mayChange } from "../../src/chorus/web/static/js/state/rights.js";
import { deviceName } from "../../src/chorus/web/static/js/text/devices.js";

test("a browser is called by its name and system, and a program by what it says first", () => {
  const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
  const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
  assert.deepEqual(
    [firefox, iphone, "curl/8.5.0", ""].map(deviceName),
    ["Firefox on Windows", "Safari on iOS", "curl", "Unknown device"],
  );
});

test("an admin changes members and guests, an owner everybody but themselves", () => {
  const [owner, admin, member] = ["owner", "admin", "member"].map((role, id) => ({ id, role }));
  assert.deepEqual(assignable(admin), ["member", "guest"]);
  assert.deepEqual([mayChange(member, admin), mayChange(owner, admin), mayChange(admin, owner)], [true, false, true]);
  assert.equal(mayChange(owner, owner), false);
});
