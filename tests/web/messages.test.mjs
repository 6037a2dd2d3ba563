import assert from "node:assert/strict";
import { test } from "node:test";

import { after, nothingYet } from "../../src/chorus/web/static/js/state/chat.js";
import { counted, mentioned, merged, readAsTold, unread } from "../../src/chorus/web/static/js/state/channels.js";
import { applied, hasReacted } from "../../src/chorus/web/static/js/state/messages.js";
import { olderLoaded, received, timelineAt } from "../../src/chorus/web/static/js/state/timeline.js";
import { entry } from "./making.mjs";

const me = { id: 1, handle: "me", name: "Me", role: "member" };
const line = (seq, kind, fields = {}) => ({ ...entry(seq, { kind, text: "", ...fields }), ...fields });
const taken = (lines, from = timelineAt(0)) => lines.reduce(received, from);
const words = (timeline) => timeline.entries.filter(({ kind }) => kind === "posted").map(({ text }) => text);

test("an edit, a reaction and a delete change the message they are about", () => {
  const message = entry(1, { text: "hi" });
  const edited = applied(message, line(2, "edited", { target: 1, text: "ho", html: "<p>ho</p>" }));
  const liked = applied(edited, line(3, "reacted", { target: 1, emoji: "👍", sender: 5 }));
  const gone = applied(liked, line(4, "deleted", { target: 1 }));

  assert.deepEqual([edited.text, edited.edited_at], ["ho", "2026-11-23T16:00:00.000Z"]);
  assert.ok(hasReacted(liked, 5, "👍") && !hasReacted(liked, 6, "👍"));
  assert.deepEqual([gone.deleted, gone.text, gone.reactions], [true, "", []]);
  assert.equal(applied(gone, line(5, "edited", { target: 1, text: "back" })), gone);
});

test("a reaction taken back by the last one is gone with its emoji", () => {
  const liked = applied(entry(1), line(2, "reacted", { target: 1, emoji: "👍", sender: 5 }));

  assert.deepEqual(applied(liked, line(3, "unreacted", { target: 1, emoji: "👍", sender: 5 })).reactions, []);
});

test("lines change the messages of the window as they come, in order", () => {
  const timeline = taken([
    entry(1, { text: "one" }),
    line(3, "edited", { target: 1, text: "three" }),
    line(2, "edited", { target: 1, text: "two" }),
    line(4, "posted", { thread: 1, text: "reply" }),
  ]);

  assert.deepEqual(words(timeline), ["three", "reply"]);
  assert.equal(timeline.entries[0].reply_count, 1);
  assert.equal(timeline.last, 4);
});

test("a page takes over what was heard since it was read, and nothing twice", () => {
  const reply = (seq) => line(seq, "posted", { thread: 1, text: "reply" });
  const timeline = taken([reply(3), reply(4)], { ...timelineAt(2) });
  const page = { entries: [{ ...entry(1), reply_count: 1 }, entry(2)], first: true, last: false, as_of: 3 };

  assert.equal(olderLoaded(timeline, page).entries[0].reply_count, 2);
});

test("replies and changes are not unread, mentions in replies are counted", () => {
  let channels = merged({}, [{ id: 1, name: "a", member: true, last_seq: 0, read_seq: 0, unread: 0, mentions: 0 }]);
  for (const each of [
    entry(1),
    line(2, "reacted", { target: 1, emoji: "👍" }),
    line(3, "posted", { thread: 1, mentions: [1] }),
    line(4, "posted", { mentions: [0] }),
  ])
    channels = counted(channels, each, { me: 1 });
  assert.deepEqual([unread(channels[1]), mentioned(channels[1])], [2, 2]);

  channels = counted(channels, line(5, "deleted", { target: 4, unmentions: [0] }), { me: 1 });
  channels = counted(channels, line(6, "edited", { target: 3, thread: 1, unmentions: [1] }), { me: 1 });
  assert.deepEqual([unread(channels[1]), mentioned(channels[1])], [1, 0]);

  const same = counted(channels, line(6, "edited", { target: 3, unmentions: [1] }), { me: 1 });
  assert.equal(same, channels);
});

test("one's own message reads the channel, one's own reply does not", () => {
  const [channel] = [{ id: 1, name: "a", member: true, last_seq: 3, read_seq: 1, unread: 2, mentions: 1 }];
  const reply = counted(merged({}, [channel]), line(4, "posted", { thread: 1, sender: 1 }), { me: 1 });
  assert.equal(unread(reply[1]), 2);

  const own = counted(reply, entry(5, { sender: 1 }), { me: 1 });
  assert.deepEqual([unread(own[1]), mentioned(own[1]), own[1].read_seq], [0, 0, 5]);
});

test("the server's word on what is read counts, with what came after it", () => {
  const told = { id: 1, name: "a", member: true, last_seq: 2, read_seq: 0, unread: 2, mentions: 1 };
  const lines = [entry(1), entry(2), entry(3)];
  const read = { ...merged({}, [told])[1], read_seq: 3, unread: 0, mentions: 0, counted: 3, last_seq: 3 };

  const back = readAsTold({ 1: read }, told, lines, { me: 1, back: true });
  assert.deepEqual([back[1].unread, back[1].mentions, back[1].read_seq, back[1].counted], [3, 1, 0, 3]);
  const late = readAsTold({ 1: read }, told, lines, { me: 1, back: false });
  assert.equal(late[1].unread, 0);
});

test("a thread takes replies that came while it was fetched, once, and lets deleted ones go", () => {
  const channel = { id: 1, name: "a", member: true, last_seq: 1, read_seq: 1, unread: 0, mentions: 0 };
  const reply = (seq) => line(seq, "posted", { thread: 1, text: `reply ${seq}` });
  const told = { root: { ...entry(1), reply_count: 1 }, replies: [reply(2)], as_of: 2 };
  let state = after(nothingYet, { is: "Bootstrapped", account: me, accounts: [me], channels: [channel] });
  for (const fact of [
    { is: "ThreadOpened", channel: 1, seq: 1 },
    { is: "EntryReceived", entry: reply(2) },
    { is: "EntryReceived", entry: reply(3) },
    { is: "ThreadLoaded", channel: 1, seq: 1, told },
  ])
    state = after(state, fact);
  assert.deepEqual(
    state.thread.replies.map(({ seq }) => seq),
    [2, 3],
  );
  assert.equal(state.thread.root.reply_count, 2);

  state = after(state, { is: "EntryReceived", entry: line(4, "deleted", { target: 2, thread: 1 }) });
  assert.deepEqual(
    state.thread.replies.map(({ seq }) => seq),
    [3],
  );
  assert.equal(state.thread.root.reply_count, 1);
});
