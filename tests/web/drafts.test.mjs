import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../src/chorus/web/static/js/api.js";
import { Drafts } from "../../src/chorus/web/static/js/drafts.js";
import { Kept } from "../../src/chorus/web/static/js/kept.js";

class Shelf {
  getItem = (name) => this[name] ?? null;
  setItem = (name, value) => (this[name] = value);
}

function making({ told = [], failing = null } = {}) {
  const sent = [];
  const changed = [];
  const api = {
    drafts: async () => told,
    keepDraft: async (draft) => {
      if (failing !== null) throw new ApiError({ status: failing, code: "refused", detail: "not now" });
      sent.push(draft);
    },
  };
  const kept = new Kept(1, new Shelf());
  const make = () => new Drafts({ kept, api, onChange: (place) => changed.push(place) });
  return { drafts: make(), again: make, sent, changed, stop: () => (failing = null) };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("row 9: what is written here is kept at once and sent, with the channel and the thread that it belongs to", async () => {
  const { drafts, sent } = making();
  drafts.write(1, "Dear all");
  drafts.write("1/7", "a reply");
  assert.equal(drafts.read(1), "Dear all");

  drafts.flush();
  await settled();

  assert.deepEqual(
    sent.map(({ channel, thread, text }) => [channel, thread, text]),
    [
      [1, 0, "Dear all"],
      [1, 7, "a reply"],
    ],
  );
});

test("what another device wrote is shown, what this one wrote is no news", async () => {
  const { drafts, sent, changed } = making();
  drafts.write(1, "mine");
  drafts.flush();
  await settled();

  drafts.heard({ draft: { channel: 1, thread: 0, text: "mine" }, device: sent[0].device });
  assert.deepEqual(changed, []);
  drafts.heard({ draft: { channel: 1, thread: 0, text: "from the phone" }, device: "phone" });

  assert.deepEqual(changed, ["1"]);
  assert.equal(drafts.read(1), "from the phone");
});

for (const [when, status] of [
  ["while the server was away", 0],
  ["before somebody had to sign in again", 401],
  ["faster than the server takes it", 429],
  ["while the server was in trouble", 503],
]) {
  test(`what was written ${when} wins over what the server knows, and is sent later`, async () => {
    const { drafts, again, sent, stop } = making({ told: [{ channel: 1, thread: 0, text: "older" }], failing: status });
    drafts.write(1, "written in a tunnel");
    drafts.flush();
    await settled();
    stop();

    const later = again();
    await later.load();
    await settled();

    assert.equal(later.read(1), "written in a tunnel");
    assert.deepEqual(
      sent.map(({ text }) => text),
      ["written in a tunnel"],
    );
  });
}

test("a draft that was sent on another device is gone here as well", async () => {
  const { drafts, again } = making();
  drafts.write(1, "sent from the phone meanwhile");
  drafts.flush();
  await settled();

  const later = again();
  await later.load();

  assert.equal(later.read(1), "");
});

test("what another tab writes or sends is shown here at once, and no other place is disturbed", () => {
  const { drafts, changed } = making();
  const tabs = new EventTarget();
  globalThis.addEventListener = tabs.addEventListener.bind(tabs);
  const stays = [2, "elsewhere"];
  const write = (before, after, key = "chorus.1.drafts") => {
    const [oldValue, newValue] = [JSON.stringify(before), JSON.stringify(after)];
    tabs.dispatchEvent(Object.assign(new Event("storage"), { key, oldValue, newValue }));
  };
  const ended = new AbortController();
  drafts.follow(ended.signal);

  write([stays], [stays, ["1", "written beside"]]);
  write([stays, ["1", "written beside"]], [stays]);
  write(null, [["1", "of somebody else"]], "chorus.7.drafts");
  ended.abort();
  write([stays], []);

  assert.deepEqual(changed, ["1", "1"]);
});

test("a draft that gave way to fifty later ones is not taken from the server", async () => {
  const { drafts, again, sent, stop } = making({ failing: 503 });
  for (let channel = 60; channel >= 1; channel--) drafts.write(channel, `to ${channel}`);
  drafts.flush();
  await settled();

  stop();
  await again().load();
  await settled();

  assert.equal(sent.length, 50);
  assert.deepEqual(
    sent.filter(({ text }) => text === ""),
    [],
  );
});

test("a draft that is longer than a message may be stays here, whole, until it is shorter", async () => {
  const { drafts, again, sent } = making({ told: [{ channel: 1, thread: 0, text: "x".repeat(16_000) }] });
  drafts.write(1, "x".repeat(20_001));
  drafts.flush();
  await settled();
  const later = again();
  await later.load();
  later.heard({ draft: { channel: 1, thread: 0, text: "x".repeat(16_000) }, device: "phone" });
  await settled();

  assert.equal(later.read(1).length, 20_001);
  assert.deepEqual(sent, []);

  later.write(1, "x".repeat(16_000));
  later.flush();
  await settled();
  assert.equal(sent.length, 1);
});

test("what is written and sent while it is asked for is not taken back by the answer, which is older", async () => {
  let answer;
  const kept = new Kept(1, new Shelf());
  const asked = new Promise((resolve) => (answer = resolve));
  const drafts = new Drafts({ kept, api: { drafts: () => asked, keepDraft: async () => {} }, onChange: () => {} });
  drafts.write(1, "on its way");
  const loaded = drafts.load();
  drafts.write(2, "written meanwhile");
  drafts.flush();
  await settled();
  answer([{ channel: 2, thread: 0, text: "older" }]);
  await loaded;

  assert.deepEqual([drafts.read(1), drafts.read(2)], ["on its way", "written meanwhile"]);
});

test("a draft of a channel that one was taken out of stays here; an empty one is asked for no more", async () => {
  const { drafts, again, sent, stop } = making({ failing: 404 });
  drafts.write(1, "for when I am back");
  drafts.write(2, "x");
  drafts.write(2, "");
  drafts.flush();
  await settled();

  await again().load();
  assert.equal(drafts.read(1), "for when I am back");

  stop();
  await again().load();
  await settled();
  assert.deepEqual(
    sent.map(({ channel, text }) => [channel, text]),
    [[1, "for when I am back"]],
  );
});
