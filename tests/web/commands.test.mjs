/** Slash commands as they are typed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { commandIn, completions } from "../../src/chorus/web/static/js/text/commands.js";

const COMMANDS = ["deploy", "help", "me", "shrug"].map((name) => ({ name }));
const names = (text) => completions(COMMANDS, text).map(({ name }) => name);

test("a command is a slash and a name, and maybe more after a space", () => {
  assert.equal(commandIn("/me waves"), "me");
  assert.equal(commandIn("/Deploy\nall of it"), "deploy");
  assert.equal(commandIn("/help"), "help");
});

test("a message that begins with a slash is a message", () => {
  for (const text of ["/etc/hosts is a file", "/", "/ me", "//me", "me", " /me", "/9"]) assert.equal(commandIn(text), null);
});

test("what is typed so far leaves those that it may become", () => {
  assert.deepEqual(names("/"), ["deploy", "help", "me", "shrug"]);
  assert.deepEqual(names("/D"), ["deploy"]);
  assert.deepEqual(names("/nothing"), []);
  assert.deepEqual(names("/me "), []);
  assert.deepEqual(names("hello /me"), []);
});
