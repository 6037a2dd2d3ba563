/**
 * What the page knows, and how each fact changes it: `after(state, fact) → state`, pure.
 *
 * Facts are named in the past tense; a fact nobody knows is an error, not a silence.
 */

import * as channels from "./channels.js";
import { isInChannel } from "./messages.js";
import * as outbox from "./outbox.js";
import { mayTakePart } from "./rights.js";
import * as threads from "./thread.js";
import * as timeline from "./timeline.js";
import * as typists from "./typing.js";

export const nothingYet = Object.freeze({
  me: null, // account
  accounts: {}, // id → account
  channels: {}, // id → channel
  timelines: {}, // id → timeline, of the channels one is in
  outbox: outbox.emptyOutbox,
  open: null, // channel id in view
  divider: null, // seq after which the open channel's messages are new
  held: null, // channel id that was marked unread on purpose: looking at it does not read it
  target: null, // {channel, seq}: the message a permalink leads to, another object each time
  thread: null, // the one open beside the channel, of state/thread.js
  typing: [], // who types where, of state/typing.js
  presence: {}, // account id → "active" | "away"; of those who are here
  loading: {}, // channel id → "older" | "newer" | "failed"
  connection: "connecting", // "online" | "connecting" | "offline"
  fileLimit: 0, // bytes one attached file may have
  instance: null, // the server instance that holds the socket
});

const changes = {
  Bootstrapped(state, { account, accounts, channels: told, file_limit: fileLimit = 0 }) {
    const merged = channels.merged(state.channels, told);
    return {
      ...state,
      me: account,
      fileLimit,
      accounts: Object.fromEntries(accounts.map((each) => [each.id, each])),
      channels: merged,
      timelines: timelinesOf(state.timelines, merged),
    };
  },

  /** Whoever is new is in the general channel from the start. */
  AccountJoined(state, { account }) {
    const all = state.accounts[account.id] ? state.channels : channels.withMembers(state.channels, "general", 1);
    return { ...state, accounts: { ...state.accounts, [account.id]: account }, channels: all };
  },

  /** Another name or role, deactivated or in use again. */
  AccountChanged(state, { account }) {
    const next = { ...state, accounts: { ...state.accounts, [account.id]: account } };
    return state.me?.id === account.id ? seenBy(account, next) : next;
  },

  /** A guest sees those who share a channel with it. */
  AccountSeen(state, { account }) {
    return { ...state, accounts: { ...state.accounts, [account.id]: account } };
  },

  AccountUnseen(state, { account }) {
    const { [account]: _gone, ...accounts } = state.accounts;
    const { [account]: _state, ...presence } = state.presence;
    return { ...state, accounts, presence };
  },

  /** Heard from the server, which tells everybody the same: whether one is in it is known here alone. */
  ChannelCreated(state, { channel }) {
    const member = state.channels[channel.id]?.member ?? false;
    return { ...state, channels: channels.merged(state.channels, [{ ...channel, member }]) };
  },

  /** Joined or made by this account, with the server's own word on it. */
  ChannelJoined(state, { channel }) {
    const merged = channels.merged(state.channels, [{ ...channel, member: true }]);
    return { ...state, channels: merged, timelines: timelinesOf(state.timelines, merged) };
  },

  /** Another name, topic or number of members, or archived. */
  ChannelChanged(state, { channel }) {
    const next = channels.changed(state.channels, channel);
    if (next === state.channels) return state;
    const held = state.timelines[channel.id];
    const timelines = held
      ? { ...state.timelines, [channel.id]: timeline.cut(held, channel.floor ?? 0) }
      : state.timelines;
    return { ...state, channels: next, timelines };
  },

  /** A private channel that one is not in any more is nowhere; to a guest, any. Of the others the server tells how many are left. */
  ChannelLeft(state, { channel }) {
    const { [channel]: gone, ...timelines } = state.timelines;
    if (!gone) return state;
    const { [channel]: known, ...others } = state.channels;
    const left = { ...known, member: false, unread: 0, mentions: 0 };
    const nowhere = known.kind === "private" || !mayTakePart(state.me);
    const all = nowhere ? others : { ...others, [channel]: left };
    const open = nowhere && state.open === channel ? null : state.open;
    const thread = state.thread?.channel === channel ? null : state.thread;
    return { ...state, timelines, channels: all, open, thread };
  },

  /** It is shown from its end, wherever one had read in it before. */
  ChannelOpened(state, { channel }) {
    const opened = state.channels[channel];
    const divider = opened && channels.unread(opened) > 0 ? opened.read_seq : null;
    const held = state.timelines[channel];
    const shown = held ? withTimeline(state, channel, timeline.atEnd(held)) : state;
    return { ...shown, open: channel, divider, held: null, thread: null, target: null };
  },

  /** `watched`: somebody has the end of this channel before their eyes. */
  EntryReceived(state, { entry, watched = false }) {
    const before = state.timelines[entry.channel];
    if (!before) return state;
    const run = timeline.released(before, entry);
    const next = {
      ...withTimeline(state, entry.channel, timeline.received(before, entry)),
      outbox: entry.sender === state.me.id ? outbox.removed(state.outbox, entry.client_id) : state.outbox,
      channels: channels.grown(state.channels, entry.channel, entry.seq),
    };
    return run.reduce((taken, line) => lineTaken(taken, line, watched), withThread(next, entry.channel, run));
  },

  /** `told` is the server's {channel, thread, account, active}. */
  Typed(state, { told, now }) {
    return { ...state, typing: typists.typed(state.typing, told, now) };
  },

  TypingExpired(state, { now }) {
    const typing = typists.expired(state.typing, now);
    return typing === state.typing ? state : { ...state, typing };
  },

  /** Of all who are watched: those who are here. */
  PresenceTold(state, { present }) {
    return { ...state, presence: present };
  },

  PresenceChanged(state, { account, state: present }) {
    const { [account]: _before, ...others } = state.presence;
    return { ...state, presence: present === "offline" ? others : { ...others, [account]: present } };
  },

  /** The server says how far each followed channel goes: {channel id: seq}. */
  CaughtUp(state, { positions }) {
    return Object.entries(positions).reduce((next, [id, seq]) => {
      const known = next.timelines[id];
      if (!known) return next;
      return {
        ...withTimeline(next, id, timeline.heardOf(known, seq)),
        channels: channels.grown(next.channels, Number(id), seq),
      };
    }, state);
  },

  PageRequested(state, { channel, direction }) {
    return { ...state, loading: { ...state.loading, [channel]: direction } };
  },

  /** A permalink leads to a message of the open channel; the window holds it already, or a page around it follows. */
  MessageSought(state, { channel, seq }) {
    const known = state.timelines[channel];
    return { ...withTimeline(state, channel, timeline.scrolled(known, false)), target: { channel, seq } };
  },

  /**
   * `page` is the server's {entries, first, last}; null when it could not be had. `edge` is the window's edge from which
   * it was asked for: when the window is elsewhere by now, the page does not belong to it.
   */
  PageLoaded(state, { channel, direction, page, edge = null }) {
    const { [channel]: done, ...loading } = state.loading;
    const known = state.timelines[channel];
    if (!known) return { ...state, loading };
    if (page === null) return { ...state, loading: { ...loading, [channel]: "failed" } };
    const moved = edge !== null && edge !== (direction === "older" ? known.floor : known.ceiling);
    if (moved) return { ...state, loading };
    const take = { older: timeline.olderLoaded, newer: timeline.newerLoaded, around: timeline.movedTo }[direction];
    return { ...withTimeline(state, channel, take(known, page)), loading };
  },

  ReturnedToEnd(state, { channel }) {
    return withTimeline(state, channel, timeline.atEnd(state.timelines[channel]));
  },

  Scrolled(state, { channel, following }) {
    const known = state.timelines[channel];
    return known ? withTimeline(state, channel, timeline.scrolled(known, following)) : state;
  },

  /** The server's word, on this or another device: `told` is the channel with its counts. */
  ChannelRead(state, { told, back }) {
    const lines = state.timelines[told.id]?.entries ?? [];
    const read = channels.readAsTold(state.channels, told, lines, { me: state.me.id, back });
    return read === state.channels ? state : { ...state, channels: read };
  },

  /** A person wants what follows `seq` to be new again. */
  MarkedUnread(state, { channel, seq }) {
    return { ...state, held: channel, divider: channel === state.open ? seq : state.divider };
  },

  ThreadOpened(state, { channel, seq }) {
    const root = state.timelines[channel]?.entries.find((entry) => entry.seq === seq) ?? null;
    return { ...state, thread: threads.threadOpened(channel, seq, root) };
  },

  /** `told` is the server's {root, replies, as_of}; null when it could not be had. */
  ThreadLoaded(state, { channel, seq, told }) {
    if (state.thread?.channel !== channel || state.thread.seq !== seq) return state;
    return { ...state, thread: threads.threadLoaded(state.thread, told) };
  },

  ThreadClosed(state) {
    return state.thread === null ? state : { ...state, thread: null };
  },

  ReadAdvanced(state, { channel, seq }) {
    const read = channels.readUpTo(state.channels, channel, seq);
    return read === state.channels ? state : { ...state, channels: read };
  },

  MessageQueued(state, { message }) {
    const divider = message.thread ? state.divider : null;
    return { ...state, outbox: outbox.queued(state.outbox, message), divider };
  },

  OutboxRestored(state, { saved }) {
    return { ...state, outbox: outbox.restored(saved) };
  },

  MessageSending(state, { clientId }) {
    return { ...state, outbox: outbox.sending(state.outbox, clientId) };
  },

  MessageDelayed(state, { clientId }) {
    return { ...state, outbox: outbox.delayed(state.outbox, clientId) };
  },

  /** The answer may come before or after the same entry on the live feed. */
  MessageAcknowledged(state, { clientId, entry }) {
    const known = state.timelines[entry.channel];
    if (!known || entry.seq <= known.last) return { ...state, outbox: outbox.removed(state.outbox, clientId) };
    if (entry.seq === known.last + 1) return changes.EntryReceived(state, { entry });
    return {
      ...withTimeline(state, entry.channel, timeline.heardOf(known, entry.seq)),
      outbox: outbox.acknowledged(state.outbox, clientId, entry),
    };
  },

  /** The answer to an edit, a delete or a reaction: the line it made, or the message where there was nothing to do. */
  ChangeAcknowledged(state, { entry }) {
    const known = state.timelines[entry.channel];
    if (!known || entry.seq <= known.last) return state;
    if (entry.seq === known.last + 1) return changes.EntryReceived(state, { entry });
    return withTimeline(state, entry.channel, timeline.heardOf(known, entry.seq));
  },

  MessageRefused(state, { clientId, error }) {
    return { ...state, outbox: outbox.refused(state.outbox, clientId, error) };
  },

  MessageRetried(state, { clientId }) {
    return { ...state, outbox: outbox.retried(state.outbox, clientId) };
  },

  MessageDiscarded(state, { clientId }) {
    return { ...state, outbox: outbox.removed(state.outbox, clientId) };
  },

  /** Another instance goes on with the connection; nothing was missed. */
  ConnectionMoved: (state, { instance }) => ({ ...state, instance }),

  ConnectionChanged(state, { connection, instance = null }) {
    const lost = connection !== "online" && state.connection === "online";
    const loading = connection === "online" ? withoutFailed(state.loading) : state.loading;
    return { ...state, connection, instance, loading, outbox: lost ? outbox.interrupted(state.outbox) : state.outbox };
  },

  SignedOut() {
    return nothingYet;
  },
};

/** The state after a fact {is: name, …}. */
export function after(state, fact) {
  const change = changes[fact.is];
  if (!change)
    throw new TypeError(`no change for the fact ${JSON.stringify(fact.is)}, known: ${Object.keys(changes).join(", ")}`);
  return change(state, fact);
}

/** Where each followed channel stands: {channel id: seq}, sent at every connect. */
export function cursors(state) {
  return Object.fromEntries(Object.entries(state.timelines).map(([id, each]) => [id, each.last]));
}

/** Channels whose log has a stretch missing here: [{channel, after, upTo}]. */
export function gaps(state) {
  return Object.entries(state.timelines).flatMap(([id, each]) => {
    const missing = timeline.gap(each);
    return missing ? [{ channel: Number(id), ...missing }] : [];
  });
}

/** What there is for oneself in this role: a guest sees no channel that it is not in. */
function seenBy(me, state) {
  if (mayTakePart(me)) return { ...state, me };
  const own = Object.fromEntries(Object.entries(state.channels).filter(([, { member }]) => member));
  const open = own[state.open] ? state.open : null;
  return { ...state, me, channels: own, open, thread: open === state.open ? state.thread : null };
}

function lineTaken(state, line, watched) {
  const mine = line.sender === state.me.id;
  const senderOf = (seq) => state.timelines[line.channel].entries.find((entry) => entry.seq === seq)?.sender ?? null;
  const typing = line.kind === "posted" ? typists.fallenSilent(state.typing, line.channel, line.sender) : state.typing;
  const news = isInChannel(line) && !mine && line.channel === state.open && !watched && state.divider === null;
  return {
    ...state,
    typing,
    channels: channels.counted(state.channels, line, { me: state.me.id, senderOf }),
    divider: news ? line.seq - 1 : state.divider,
  };
}

function withThread(state, channel, run) {
  if (state.thread?.channel !== channel || run.length === 0) return state;
  return { ...state, thread: threads.threadFollowed(state.thread, run) };
}

function withTimeline(state, id, next) {
  return state.timelines[id] === next ? state : { ...state, timelines: { ...state.timelines, [id]: next } };
}

function withoutFailed(loading) {
  return Object.fromEntries(Object.entries(loading).filter(([, what]) => what !== "failed"));
}

function timelinesOf(known, all) {
  const followed = Object.values(all).filter((channel) => channel.member);
  return Object.fromEntries(
    followed.map(({ id, last_seq: last, floor = 0 }) => [
      id,
      known[id] ? timeline.cut(timeline.heardOf(known[id], last), floor) : timeline.timelineAt(last),
    ]),
  );
}
