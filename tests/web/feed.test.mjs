import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Feed } from "../../src/chorus/web/static/js/live/feed.js";
import { after, nothingYet } from "../../src/chorus/web/static/js/state/chat.js";
import { Store } from "../../src/chorus/web/static/js/state/store.js";
import { FakeWebSocket, HANDSHAKE, settled } from "./wire.mjs";

let store, feed, wire, bootstraps, others, ends, returned, renewed, answering;

Object.assign(globalThis, { addEventListener() {}, removeEventListener() {} });
globalThis.document = { visibilityState: "visible", addEventListener() {}, removeEventListener() {} };

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(globalThis, "WebSocket", function () {
    return (wire = new FakeWebSocket());
  });
  store = new Store(nothingYet, after);
  bootstraps = [];
  others = 0;
  ends = 0;
  answering = { me: 1, refreshes: true };
  returned = 0;
  renewed = 0;
  const me = { id: 1, handle: "me", name: "Me", role: "member" };
  const told = { account: me, accounts: [me], channels: [] };
  store.apply({ is: "Bootstrapped", ...told });
  const bootstrap = async () => (bootstraps.push("asked"), { ...told, account: { ...me, id: answering.me, role: "guest" } });
  const refresh = async () => (renewed++, answering.refreshes);
  const heard = { watched: () => null, onEnded: () => ends++, onOther: () => others++, onReturned: () => returned++ };
  feed = new Feed({ store, api: { bootstrap, refresh }, url: "ws://chat/", ...heard });
  feed.start();
  wire.says(HANDSHAKE);
  wire.says('40{"sid":"0.abc"}');
});

async function ready(role) {
  wire.says(`42["ready",{"account":1,"instance":"0","sid":"0.abc","role":"${role}"}]`);
  mock.timers.tick(0);
  await settled();
  feed.stop();
}

test("a role that changed since the bootstrap has who and what is there asked for again", async () => {
  await ready("guest");

  assert.equal(bootstraps.length, 1);
  assert.equal(store.state.me.role, "guest");
});

test("what is said while who and what is there is asked for is asked for again, as it may be newer", async () => {
  wire.says('42["ready",{"account":1,"instance":"0","sid":"0.abc","role":"guest"}]');
  mock.timers.tick(0);
  wire.says('42["account.unseen",{"account":7}]');
  await settled();
  mock.timers.tick(0);
  await settled();
  mock.timers.tick(0);
  await settled();
  feed.stop();

  assert.equal(bootstraps.length, 2);
});

test("the role that the bootstrap told of asks for nothing", async () => {
  await ready("member");

  assert.equal(bootstraps.length, 0);
});

test("a connection that is another account's is not this page's, and nothing that waits goes out over it", async () => {
  const message = { channel: 1, clientId: "a", text: "by me", at: "2026-11-23T16:00:00.000Z" };
  store.apply({ is: "MessageQueued", message });
  const before = wire.sent.length;
  wire.says('42["ready",{"account":2,"instance":"0","sid":"0.abc","role":"member"}]');
  await settled();
  feed.stop();

  assert.equal(others, 1);
  assert.equal(wire.sent.length, before);
  assert.equal(store.state.connection, "connecting");
});

test("whoever comes back asks for the drafts, which are not told again, and whoever comes does not", async () => {
  const joins = () => {
    wire.says('42["ready",{"account":1,"instance":"0","sid":"0.abc","role":"member"}]');
    mock.timers.tick(5_000);
  };
  joins();
  assert.equal(returned, 0);

  wire.breaks();
  mock.timers.tick(1_000);
  wire.says(HANDSHAKE);
  wire.says('40{"sid":"0.abd"}');
  joins();
  await settled();
  feed.stop();

  assert.equal(returned, 1);
});

test("a page that is told of too many connections waits and connects again, with the session that it has", async () => {
  const refused = wire;
  wire.says('44{"message":"too many","data":{"code":"rate_limited","detail":"too many","retryable":true,"retry_after":5}}');
  await settled();
  mock.timers.tick(0);
  const waits = wire === refused;
  mock.timers.tick(60_000);
  feed.stop();

  assert.ok(waits);
  assert.notEqual(wire, refused);
  assert.equal(renewed, 0);
});

test("who and what is there of another account is not this page's", async () => {
  answering = { me: 2, refreshes: true };
  await ready("guest");

  assert.equal(others, 1);
  assert.equal(store.state.me.id, 1);
});

test("what is answered after the session was left is no word of the next one", async () => {
  answering = { me: 2, refreshes: false };
  wire.says('42["ready",{"account":1,"instance":"0","sid":"0.abc","role":"guest"}]');
  mock.timers.tick(0);
  feed.stop();
  await settled();

  assert.equal(bootstraps.length, 1);
  assert.equal(others, 0);
});

test("a session that cannot be renewed after it was left ends no other", async () => {
  answering = { me: 1, refreshes: false };
  wire.says('44{"message":"no session","data":{"code":"unauthenticated"}}');
  feed.stop();
  await settled();

  assert.equal(ends, 0);
});
