/** Threads as a person opens them: which are fetched, and which stand there already. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Actions } from "../../src/chorus/web/static/js/actions.js";
import { after, nothingYet } from "../../src/chorus/web/static/js/state/chat.js";
import { entry } from "./making.mjs";

const me = { id: 1, handle: "me", name: "Me", role: "member" };
const channel = { id: 1, name: "c1", topic: "", last_seq: 9, read_seq: 9, member: true, members: 1 };

/** Somebody with a server that knows one thread, of message 1, with these replies. */
function reader(replies) {
  const store = {
    state: after(nothingYet, { is: "Bootstrapped", account: me, accounts: [me], channels: [channel] }),
    apply(fact) {
      this.state = after(this.state, fact);
    },
  };
  const asked = [];
  const api = {
    async thread(id, seq) {
      asked.push(seq);
      return { root: entry(1), replies: replies.map((at) => ({ ...entry(at), thread: 1 })), as_of: 9 };
    },
  };
  return { actions: new Actions({ store, api, feed: {}, toasts: {} }), store, asked };
}

test("a thread that is open is not fetched again", async () => {
  const { actions, asked } = reader([4]);

  await Promise.all([actions.openThread(1, 1), actions.openThread(1, 1)]);
  await actions.openThread(1, 1);

  assert.deepEqual(asked, [1]);
});

test("it is when a reply is sought that it lacks", async () => {
  const replies = [4];
  const { actions, store, asked } = reader(replies);
  await actions.openThread(1, 1, 4);
  replies.push(7);

  await actions.openThread(1, 1, 7);
  await actions.openThread(1, 1, 4);

  assert.deepEqual(asked, [1, 1]);
  assert.deepEqual(store.state.thread.replies.map(({ seq }) => seq), [4, 7]);
});

test("one that was closed, or could not be had, is fetched", async () => {
  const { actions, store, asked } = reader([]);
  await actions.openThread(1, 1);
  actions.closeThread();
  await actions.openThread(1, 1);
  store.apply({ is: "ThreadLoaded", channel: 1, seq: 1, told: null });

  await actions.openThread(1, 1);

  assert.deepEqual(asked, [1, 1, 1]);
});
