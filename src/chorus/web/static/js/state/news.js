/** What came into the open channel and the open thread since they were opened, and is not told yet: for those who do not see it. Pure. */

import { isInChannel } from "./messages.js";

export const nothingTold = Object.freeze({ channel: null, upTo: 0, thread: null, repliesUpTo: 0 });

/** {told, fresh}: what is told with the entries `fresh`, after what `told` says was told before. Nobody is told their own. */
export function newsSince(told, state) {
  const channel = ofChannel(told, state);
  const thread = ofThread(told, state);
  const fresh = [...channel.fresh, ...thread.fresh].filter((entry) => entry.sender !== state.me.id && !entry.deleted);
  return { told: { ...channel.told, ...thread.told }, fresh };
}

function ofChannel(told, { open, timelines }) {
  const { channel, upTo } = told;
  const timeline = timelines[open];
  if (!timeline) return { told: { channel, upTo }, fresh: [] };
  const next = { channel: open, upTo: timeline.last };
  const fresh = timeline.entries.filter((entry) => entry.seq > upTo && isInChannel(entry));
  return { told: next, fresh: channel === open ? fresh : [] };
}

/** Replies that are there when a thread is opened, or fetched again, are no news. */
function ofThread(told, { thread }) {
  if (thread?.state !== "ready") return { told: { thread: null, repliesUpTo: 0 }, fresh: [] };
  const key = `${thread.channel}/${thread.seq}`;
  const last = thread.replies.at(-1)?.seq ?? thread.seq;
  const next = { thread: key, repliesUpTo: Math.max(last, told.thread === key ? told.repliesUpTo : 0) };
  return { told: next, fresh: told.thread === key ? thread.replies.filter(({ seq }) => seq > told.repliesUpTo) : [] };
}
