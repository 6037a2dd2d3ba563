import assert from "node:assert/strict";
import { test } from "node:test";

import { conversations, joined } from "../../src/chorus/web/static/js/state/channels.js";
import { after, nothingYet } from "../../src/chorus/web/static/js/state/chat.js";
import { mayRun, mayTakePart } from "../../src/chorus/web/static/js/state/rights.js";
import { byName, labelOf, nameOf, peopleMatching, titleOf } from "../../src/chorus/web/static/js/state/titles.js";

const me = { id: 1, handle: "ada", name: "Ada Lovelace", role: "member" };
const grace = { id: 2, handle: "grace", name: "Grace Hopper", role: "owner" };
const other = { id: 3, handle: "grace2", name: "Grace Hopper", role: "member" };
const gone = { id: 4, handle: "bob", name: "Bob Kahn", role: "member", deactivated: true };
const accounts = { 1: me, 2: grace, 3: other, 4: gone };
const channel = (id, fields) => ({
  id, name: "", topic: "", last_seq: 0, read_seq: 0, member: true, members: 2, kind: "public", people: [],
  creator: 2, archived: false, ...fields,
}); // prettier-ignore

test("two people of one name are told apart by their handles", () => {
  assert.equal(nameOf(grace, accounts), "Grace Hopper (@grace)");
  assert.equal(nameOf(me, accounts), "Ada Lovelace");
});

test("a conversation is called after whom it is with, and a channel by its name", () => {
  const state = { accounts: { 1: me, 2: grace, 4: gone }, me };
  assert.equal(titleOf(channel(5, { kind: "direct", people: [1, 2] }), state), "Grace Hopper");
  assert.equal(titleOf(channel(5, { kind: "group", people: [1, 2, 4] }), state), "Grace Hopper, Bob Kahn");
  assert.equal(titleOf(channel(5, { kind: "direct", people: [1] }), state), "Ada Lovelace (you)");
  assert.equal(labelOf(channel(5, { name: "plans" }), state), "#plans");
});

test("a conversation that somebody else began is shown when something was said in it, or when it is open", () => {
  const talk = channel(5, { kind: "direct", people: [1, 2] });
  const shown = (fields, open = null) =>
    conversations({ channels: { 5: { ...talk, ...fields } }, accounts, me, open }).length;
  assert.deepEqual([shown({}), shown({ last_seq: 1 }), shown({}, 5), shown({ creator: 1 })], [0, 1, 1, 1]);
});

test("neither conversations nor archived channels are among the sidebar's channels", () => {
  const all = { 1: channel(1, { name: "a" }), 2: channel(2, { kind: "group" }), 3: channel(3, { archived: true }) };
  assert.deepEqual(joined(all).map(({ id }) => id), [1]);
});

test("oneself stands first, and who left stands last", () => {
  assert.deepEqual(byName(accounts, me).map(({ id }) => id), [1, 2, 3, 4]);
});

test("people are found by a part of their name or handle", () => {
  assert.deepEqual(peopleMatching(Object.values(accounts), "hop").map(({ id }) => id), [2, 3]);
  assert.deepEqual(peopleMatching(Object.values(accounts), "@grace2").map(({ id }) => id), [3]);
});

test("a channel is run by who made it and by admins, and guests run none", () => {
  assert.equal(mayRun(channel(5, {}), me), false);
  assert.equal(mayRun(channel(5, { creator: 1 }), me), true);
  assert.equal(mayRun(channel(5, {}), grace), true);
  assert.equal(mayTakePart({ role: "guest" }), false);
});

const started = (...channels) => after(nothingYet, { is: "Bootstrapped", account: me, accounts: [me], channels });

test("a change of a channel keeps what is this reader's own", () => {
  const state = started(channel(5, { name: "plans", last_seq: 4, read_seq: 2, unread: 2 }));
  const told = channel(5, { name: "ideas", member: false, members: 7, archived: true });
  const { name, members, archived, member, unread } = after(state, { is: "ChannelChanged", channel: told }).channels[5];
  assert.deepEqual([name, members, archived, member, unread], ["ideas", 7, true, true, 2]);
});

test("a channel that a guest was taken out of is nowhere any more, though it is public", () => {
  const open = after(started(channel(5)), { is: "ChannelOpened", channel: 5 });
  const guest = { ...open, me: { ...me, role: "guest" } };
  const state = after(guest, { is: "ChannelLeft", channel: 5 });
  assert.deepEqual([state.channels, state.timelines, state.open], [{}, {}, null]);
});

test("a private channel that one was taken out of is nowhere any more", () => {
  const open = after(started(channel(5, { kind: "private" })), { is: "ChannelOpened", channel: 5 });
  const state = after(open, { is: "ChannelLeft", channel: 5 });
  assert.deepEqual([state.channels, state.timelines, state.open], [{}, {}, null]);
});
