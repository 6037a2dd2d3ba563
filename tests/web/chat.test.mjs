import assert from "node:assert/strict";
import { test } from "node:test";

import { after, cursors, gaps, nothingYet } from "../../src/chorus/web/static/js/state/chat.js";
import { unread } from "../../src/chorus/web/static/js/state/channels.js";
import { timelineAt } from "../../src/chorus/web/static/js/state/timeline.js";
import { entry, seqs } from "./making.mjs";

const me = { id: 1, handle: "me", name: "Me", role: "owner" };
const channel = (id, { last = 0, read = 0, member = true } = {}) => ({
  id,
  name: `c${id}`,
  topic: "",
  last_seq: last,
  read_seq: read,
  member,
  members: 1,
});
const started = (...channels) => after(nothingYet, { is: "Bootstrapped", account: me, accounts: [me], channels });
const facts = (state, ...list) => list.reduce(after, state);
const mine = (clientId, channelId = 1) => ({
  is: "MessageQueued",
  message: { channel: channelId, clientId, text: clientId, at: "2026-11-23T16:00:00.000Z" },
});

test("the cursors are the positions of the channels one is in", () => {
  assert.deepEqual(cursors(started(channel(1, { last: 7 }), channel(2, { member: false }))), { 1: 7 });
});

test("a guest sees who shares a channel with it, for as long as that is so", () => {
  const ada = { id: 2, handle: "ada", name: "Ada", role: "member" };
  let state = facts(started(channel(1)), { is: "AccountSeen", account: ada }, { is: "PresenceChanged", account: 2, state: "active" });
  assert.deepEqual([Object.keys(state.accounts), state.channels[1].members], [["1", "2"], 1]);

  state = after(state, { is: "AccountUnseen", account: 2 });
  assert.deepEqual([Object.keys(state.accounts), state.presence], [["1"], {}]);
});

test("whoever becomes a guest sees no channel that it is not in, and nobody else's role changes anything", () => {
  const state = facts(started(channel(1), channel(2, { member: false })), { is: "ChannelOpened", channel: 2 });
  const other = { id: 2, handle: "ada", name: "Ada", role: "guest" };
  assert.deepEqual(Object.keys(after(state, { is: "AccountChanged", account: other }).channels), ["1", "2"]);

  const guest = after(state, { is: "AccountChanged", account: { ...me, role: "guest" } });

  assert.deepEqual([Object.keys(guest.channels), guest.open, guest.me.role], [["1"], null, "guest"]);
});

test("an entry makes its channel unread until it is read", () => {
  let state = facts(started(channel(1)), { is: "EntryReceived", entry: entry(1) });
  assert.equal(unread(state.channels[1]), 1);

  state = after(state, { is: "ReadAdvanced", channel: 1, seq: 1 });
  assert.equal(unread(state.channels[1]), 0);
});

test("one's own message from another device is not unread", () => {
  const state = after(started(channel(1)), { is: "EntryReceived", entry: entry(1, { sender: me.id }) });

  assert.equal(unread(state.channels[1]), 0);
});

test("an acknowledgement before the entry shows the message once", () => {
  const sent = entry(1, { sender: me.id, clientId: "x" });
  const state = facts(
    started(channel(1)),
    mine("x"),
    { is: "MessageAcknowledged", clientId: "x", entry: sent },
    { is: "EntryReceived", entry: sent },
  );

  assert.deepEqual(seqs(state.timelines[1].entries), [1]);
  assert.deepEqual(state.outbox, []);
});

test("an entry before its acknowledgement shows the message once", () => {
  const sent = entry(1, { sender: me.id, clientId: "x" });
  const state = facts(
    started(channel(1)),
    mine("x"),
    { is: "EntryReceived", entry: sent },
    { is: "MessageAcknowledged", clientId: "x", entry: sent },
  );

  assert.deepEqual(seqs(state.timelines[1].entries), [1]);
  assert.deepEqual(state.outbox, []);
});

test("an acknowledged message stays in sight while others before it are on their way", () => {
  const sent = entry(2, { sender: me.id, clientId: "x" });
  let state = facts(started(channel(1)), mine("x"), { is: "MessageAcknowledged", clientId: "x", entry: sent });
  assert.equal(state.outbox[0].state, "sent");
  assert.deepEqual(gaps(state), [{ channel: 1, after: 0, upTo: 2 }]);

  state = facts(state, { is: "EntryReceived", entry: entry(1) }, { is: "EntryReceived", entry: sent });
  assert.deepEqual(seqs(state.timelines[1].entries), [1, 2]);
  assert.deepEqual(state.outbox, []);
  assert.deepEqual(gaps(state), []);
});

test("another person's message with the same client id is another message", () => {
  const state = facts(started(channel(1)), mine("x"), {
    is: "EntryReceived",
    entry: entry(1, { sender: 2, clientId: "x" }),
  });

  assert.equal(state.outbox.length, 1);
});

test("a lost connection puts what was being sent back to waiting", () => {
  const state = facts(
    started(channel(1)),
    { is: "ConnectionChanged", connection: "online", instance: "0" },
    mine("x"),
    { is: "MessageSending", clientId: "x" },
    { is: "ConnectionChanged", connection: "offline" },
  );

  assert.equal(state.outbox[0].state, "waiting");
  assert.equal(state.instance, null);
});

test("caught_up beyond what was received is a gap", () => {
  const state = after(started(channel(1, { last: 4 })), { is: "CaughtUp", positions: { 1: 6, 99: 3 } });

  assert.deepEqual(gaps(state), [{ channel: 1, after: 4, upTo: 6 }]);
});

test("a channel that is opened again is shown from its end, wherever one had read in it", () => {
  const page = { entries: [entry(40), entry(41)], first: false };
  const read = facts(
    started(channel(1, { last: 90, read: 90 }), channel(2)),
    { is: "ChannelOpened", channel: 1 },
    { is: "MessageSought", channel: 1, seq: 40 },
    { is: "PageLoaded", channel: 1, direction: "around", page },
    { is: "ChannelOpened", channel: 2 },
    { is: "ChannelOpened", channel: 1 },
  );
  const { ceiling, entries, following } = read.timelines[1];

  assert.deepEqual([ceiling, entries, following], [90, [], true]);
});

test("opening a channel puts the divider where reading ended", () => {
  const state = started(channel(1, { last: 9, read: 6 }), channel(2, { last: 3, read: 3 }));

  assert.equal(after(state, { is: "ChannelOpened", channel: 1 }).divider, 6);
  assert.equal(after(state, { is: "ChannelOpened", channel: 2 }).divider, null);
});

test("a message nobody watched arriving gets the divider, a watched one does not", () => {
  const open = after(started(channel(1)), { is: "ChannelOpened", channel: 1 });

  assert.equal(after(open, { is: "EntryReceived", entry: entry(1), watched: false }).divider, 0);
  assert.equal(after(open, { is: "EntryReceived", entry: entry(1), watched: true }).divider, null);
});

test("writing a message takes the divider away", () => {
  const state = facts(started(channel(1, { last: 9, read: 6 })), { is: "ChannelOpened", channel: 1 }, mine("x"));

  assert.equal(state.divider, null);
});

test("a channel made by somebody else is seen but not joined", () => {
  const state = after(started(channel(1)), { is: "ChannelCreated", channel: channel(2, { member: true }) });

  assert.equal(state.channels[2].member, false);
  assert.deepEqual(cursors(state), { 1: 0 });
});

test("a joined channel is followed, a left one no more", () => {
  let state = after(started(channel(1)), { is: "ChannelJoined", channel: channel(2, { last: 5 }) });
  assert.deepEqual(cursors(state), { 1: 0, 2: 5 });

  state = after(state, { is: "ChannelLeft", channel: 2 });
  assert.deepEqual(cursors(state), { 1: 0 });
  assert.equal(state.channels[2].member, false);
});

test("a thread of a channel that one is taken out of is closed, one of another channel is not", () => {
  const both = after(started(channel(1)), { is: "ChannelJoined", channel: channel(2) });
  const reading = after(both, { is: "ThreadOpened", channel: 2, seq: 1 });

  assert.equal(after(reading, { is: "ChannelLeft", channel: 2 }).thread, null);
  assert.equal(after(reading, { is: "ChannelLeft", channel: 1 }).thread.channel, 2);
});

test("the members of a left channel are as many as the server says, whichever of its two events comes first", () => {
  const told = { is: "ChannelChanged", channel: { ...channel(2), members: 7 } };
  const left = { is: "ChannelLeft", channel: 2 };
  const before = after(started(channel(1)), { is: "ChannelJoined", channel: { ...channel(2), members: 8 } });

  assert.equal(facts(before, told, left).channels[2].members, 7);
  assert.equal(facts(before, left, told).channels[2].members, 7);
});

test("a second look at the directory keeps what was received and finds what was not", () => {
  const state = facts(
    started(channel(1)),
    { is: "EntryReceived", entry: entry(1) },
    { is: "Bootstrapped", account: me, accounts: [me], channels: [channel(1, { last: 3 })] },
  );

  assert.deepEqual(seqs(state.timelines[1].entries), [1]);
  assert.deepEqual(gaps(state), [{ channel: 1, after: 1, upTo: 3 }]);
});

test("history that could not be had is marked and forgotten with the next connection", () => {
  let state = facts(
    started(channel(1, { last: 5 })),
    { is: "PageRequested", channel: 1, direction: "older" },
    { is: "PageLoaded", channel: 1, direction: "older", page: null },
  );
  assert.equal(state.loading[1], "failed");

  state = after(state, { is: "ConnectionChanged", connection: "online", instance: "1" });
  assert.equal(state.loading[1], undefined);
});

test("a fact nobody knows is an error that names it", () => {
  assert.throws(() => after(nothingYet, { is: "Danced" }), /"Danced"/);
});

test("a newcomer is counted in the general channel, once", () => {
  const joined = { is: "AccountJoined", account: { id: 2, name: "New" } };
  const state = facts(started({ ...channel(1), name: "general" }, channel(2)), joined, joined);

  assert.equal(state.accounts[2].name, "New");
  assert.deepEqual([state.channels[1].members, state.channels[2].members], [2, 1]);
});

test("a page that was asked for before the window moved does not belong to it", () => {
  const page = (first, last) => ({ entries: Array.from({ length: last - first + 1 }, (_, at) => entry(first + at)) });
  let state = { ...nothingYet, me: { id: 1 }, timelines: { 1: timelineAt(1000) }, channels: {} };
  state = after(state, { is: "PageLoaded", channel: 1, direction: "around", page: page(480, 520) });
  state = after(state, { is: "PageLoaded", channel: 1, direction: "older", page: page(951, 1000), edge: 1000 });

  assert.deepEqual([state.timelines[1].floor, state.timelines[1].entries.length], [479, 41]);
  state = after(state, { is: "PageLoaded", channel: 1, direction: "older", page: page(430, 479), edge: 479 });
  assert.equal(state.timelines[1].floor, 429);
});

test("a connection that moved names its new instance and is as it was", () => {
  const before = { connection: "online", instance: "0" };

  assert.deepEqual(after(before, { is: "ConnectionMoved", instance: "1" }), { connection: "online", instance: "1" });
});
