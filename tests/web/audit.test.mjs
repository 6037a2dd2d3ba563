import assert from "node:assert/strict";
import { test } from "node:test";

import { deed, who } from "../../src/chorus/web/static/js/text/audit.js";

const known = { accounts: { 1: { name: "Ada" }, 2: { name: "Bob" } }, channels: { 7: { name: "plans" } } };

test("a line says what was done, to whom and where", () => {
  const line = { act: "channel.member_removed", account: 2, channel: 7, details: {} };

  assert.equal(deed(line, known), "took Bob out of #plans");
});

test("what changed is told from and to", () => {
  const line = { act: "account.role_changed", account: 2, channel: 0, details: { from: "member", to: "admin" } };

  assert.equal(deed(line, known), "made Bob admin");
});

test("an act that is newer than the page stands by its name", () => {
  assert.equal(deed({ act: "moon.landed", account: 0, channel: 0, details: {} }, known), "moon.landed");
});

test("the command line has a name, and somebody the page does not know has a number", () => {
  assert.equal(who(0, known.accounts), "The command line");
  assert.equal(who(9, known.accounts), "account 9");
});

test("an export is told by what was taken out", () => {
  const line = { act: "export.made", account: 2, channel: 7 };
  const words = ["account", "channel", "server as seen", "server"].map((scope) => deed({ ...line, details: { scope } }, known));

  assert.deepEqual(words, [
    "exported the data of Bob",
    "exported #plans",
    "exported the channels that they may read",
    "exported the server",
  ]);
});
