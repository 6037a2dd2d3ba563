/** What a person can do: each changes the store, tells the server, and says what to do when that fails. */

import { ApiError } from "./api.js";
import { uuid } from "./identity.js";
import { Reads } from "./reads.js";
import { hasReacted } from "./state/messages.js";
import { hasRoom } from "./state/outbox.js";
import { upload } from "./upload.js";
import { isAttached, isComplete } from "./state/timeline.js";

const PAGE = 50; // entries of history asked for at once
const AROUND = 80; // entries of history around a message that is sought

export class Actions {
  #store;
  #api;
  #feed;
  #toasts;
  #reads;
  #copied;
  #emoji = null; // a promise of those that have names

  /** `copied(text)` puts a text on the clipboard, or rejects with a DOMException. */
  constructor({ store, api, feed, toasts, copied }) {
    this.#copied = copied;
    this.#store = store;
    this.#api = api;
    this.#feed = feed;
    this.#toasts = toasts;
    this.#reads = new Reads({ store, api });
  }

  open(channel) {
    this.#reads.begin(channel);
    this.#store.apply({ is: "ChannelOpened", channel });
  }

  loadOlder(channel) {
    const timeline = this.#store.state.timelines[channel];
    if (!timeline || isComplete(timeline)) return undefined;
    return this.#load(channel, "older", { before: timeline.floor + 1, limit: PAGE }, timeline.floor);
  }

  loadNewer(channel) {
    const timeline = this.#store.state.timelines[channel];
    if (!timeline || isAttached(timeline)) return undefined;
    return this.#load(channel, "newer", { after: timeline.ceiling, limit: PAGE }, timeline.ceiling);
  }

  /** Have the window around a place in history; whether it could be had. */
  loadAround(channel, seq) {
    return this.#load(channel, "around", { around: seq, limit: AROUND }, null);
  }

  /** Go to a message of the open channel, wherever in history it stands; of a reply, to its thread. */
  async seek(channel, seq) {
    const timeline = this.#store.state.timelines[channel];
    if (!timeline) return;
    this.#store.apply({ is: "MessageSought", channel, seq });
    if (!timeline.entries.some((entry) => entry.seq === seq) && !(await this.loadAround(channel, seq))) {
      return this.#toasts.error("The message could not be loaded. Check your connection and try again.");
    }
    const found = this.#store.state.timelines[channel]?.entries.find((entry) => entry.seq === seq);
    const message = found?.target ? null : found;
    if (!message) this.#toasts.error("There is no such message.");
    else if (message.thread) await this.openThread(channel, message.thread, seq);
    return undefined;
  }

  /** Pin a message to its channel, or take the pin away; whether it was done. */
  async togglePin({ channel, seq, pinned }) {
    const ask = () => (pinned ? this.#api.unpin(channel, seq) : this.#api.pin(channel, seq));
    const done = await this.#change(ask, pinned ? "Could not unpin the message." : "Could not pin the message.");
    if (done) this.#toasts.notice(pinned ? "Unpinned." : "Pinned to the channel.");
    return done;
  }

  /** Keep a message in one's own list. */
  async save(channel, seq) {
    const done = await this.#attempt(async () => (await this.#api.save(channel, seq), true), "Could not save the message.");
    if (done) this.#toasts.notice("Saved. You can find it in your menu.");
  }

  async unsave(channel, seq) {
    return this.#attempt(async () => (await this.#api.unsave(channel, seq), true), "Could not remove the message.");
  }

  /** What is pinned, what was saved, what a message was: null when they could not be had. */
  pins = (channel) => this.#attempt(() => this.#api.pins(channel), "The pins could not be loaded.");
  saved = () => this.#attempt(() => this.#api.saved(), "Saved messages could not be loaded.");
  edits = (channel, seq) => this.#attempt(() => this.#api.edits(channel, seq), "The history could not be loaded.");

  /** Put a message's address into the clipboard. */
  async copyLink(channel, seq) {
    const address = `${location.origin}${location.pathname}#/channels/${channel}/${seq}`;
    await this.#copy(address, "The link is in your clipboard.", `The link is ${address}`);
  }

  /** Put what somebody wrote into the clipboard. */
  async copyText(text) {
    await this.#copy(text, "The text is in your clipboard.", "Select the text to copy it.");
  }

  /** What fits a query: {hits, next}; rejects with an ApiError for the form to show. */
  search(query, after = null) {
    return this.#api.search({ q: query, ...(after ? { after } : {}) });
  }

  /** Stand at the end of a channel again, wherever its window was. */
  returnToEnd(channel) {
    const timeline = this.#store.state.timelines[channel];
    if (timeline) this.#store.apply({ is: "ReturnedToEnd", channel });
  }

  scrolled(channel, following) {
    this.#store.apply({ is: "Scrolled", channel, following });
  }

  /** Write a message; false when no more may wait. */
  send(channel, text, thread = 0, files = []) {
    if (!hasRoom(this.#store.state.outbox)) {
      this.#toasts.error("Too many messages are waiting to be sent. Wait until you are connected again.");
      return false;
    }
    if (!thread) this.returnToEnd(channel);
    const message = { channel, clientId: uuid(), text: wellFormed(text), at: new Date().toISOString(), thread, files };
    this.#store.apply({ is: "MessageQueued", message });
    this.#store.flush(); // kept and shown at once: the page may be closed before the next frame
    this.#feed.attendance.typingEnded(channel, thread);
    this.#feed.pump();
    return true;
  }

  /** What can be typed after a slash; null when that could not be had. */
  commands = () => this.#attempt(() => this.#api.commands(), "The commands could not be loaded.");

  /** Emoji by name: [{name, emoji}]; none while they cannot be had, for whoever types can do without. */
  emoji() {
    this.#emoji ??= this.#api.emoji().catch((error) => {
      if (!(error instanceof ApiError)) throw error;
      this.#emoji = null; // asked for again with the next letter
      return [];
    });
    return this.#emoji;
  }

  /** Have a command done: {entry, told}, or null when it was not. */
  runCommand(channel, text, thread = 0) {
    this.#feed.attendance.typingEnded(channel, thread);
    const typed = { client_id: uuid(), text: wellFormed(text), thread };
    return this.#attempt(() => this.#api.runCommand(channel, typed), "That did not work.");
  }

  /** Somebody is writing here, or (`active` false) has taken back what they wrote. */
  typing(channel, thread, active) {
    this.#feed.attendance.typing(channel, thread, active);
  }

  /** Have a file for the next message of a channel on its way: {done, abort}. */
  upload(channel, file, onProgress) {
    return upload(this.#api, channel, file, onProgress);
  }

  /** A file that was uploaded is not to be sent after all. */
  async withdraw(id) {
    await this.#api.withdrawFile(id).catch((error) => {
      if (!(error instanceof ApiError)) throw error; // it is taken away by itself, a day later
    });
  }

  /** Say what cannot be done. */
  complain(words) {
    this.#toasts.error(words);
  }

  retry(clientId) {
    this.#store.apply({ is: "MessageRetried", clientId });
    this.#feed.pump();
  }

  discard(clientId) {
    this.#store.apply({ is: "MessageDiscarded", clientId });
  }

  /** Everything known of the channel has been before somebody's eyes. */
  markRead(channel) {
    this.#reads.advance(channel);
  }

  /** Let the message and what follows it be new again, until the channel is opened the next time. */
  async markUnread(channel, seq) {
    this.#reads.takeBack(channel, seq);
    await this.#attempt(() => this.#api.markUnread(channel, seq - 1), "Could not mark it as unread.");
  }

  /** Give a message another text; whether that was done. */
  async edit(channel, seq, text) {
    const change = { client_id: uuid(), text };
    return this.#change(() => this.#api.editMessage(channel, seq, change), "Could not edit the message.");
  }

  async delete(channel, seq) {
    return this.#change(() => this.#api.deleteMessage(channel, seq), "Could not delete the message.");
  }

  /** React, or take the reaction back where it stands. */
  async toggleReaction(message, emoji) {
    const { channel, seq } = message;
    const stands = hasReacted(message, this.#store.state.me.id, emoji);
    const ask = () => (stands ? this.#api.unreact(channel, seq, emoji) : this.#api.react(channel, seq, emoji));
    return this.#change(ask, "Could not react.");
  }

  /** Show a message's thread beside the channel; one that is open stays as it is. `reply`: one that is to be in it. */
  async openThread(channel, seq, reply = null) {
    const { thread } = this.#store.state;
    const open = thread?.channel === channel && thread.seq === seq && thread.state !== "failed";
    if (open && (reply === null || thread.state === "loading" || thread.replies.some((each) => each.seq === reply))) return;
    this.#store.apply({ is: "ThreadOpened", channel, seq });
    const told = await this.#api.thread(channel, seq).catch((error) => {
      if (error instanceof ApiError) return null; // the panel shows it, with a button to try again
      throw error;
    });
    this.#store.apply({ is: "ThreadLoaded", channel, seq, told });
  }

  closeThread() {
    this.#store.apply({ is: "ThreadClosed" });
  }

  /** The page is going away: say now what was read. */
  sayReads() {
    this.#reads.flush();
  }

  /** The session is over, or another account's: what waits to be told is not told. */
  stop() {
    this.#reads.stop();
  }

  /** Make a channel and join it; rejects with an ApiError for the form to show. */
  async createChannel({ name, topic, kind }) {
    const channel = await this.#api.createChannel({ name, topic, kind });
    this.#entered(channel);
    return channel;
  }

  /** Rename, archive or give another topic; rejects with an ApiError for the form to show. */
  async changeChannel(id, change) {
    const channel = await this.#api.changeChannel(id, change);
    this.#store.apply({ is: "ChannelChanged", channel });
    return channel;
  }

  /** `days`: 0 for ever; null as the server says. */
  async keepFor(id, days) {
    const channel = await this.#api.setChannelRetention(id, days);
    this.#store.apply({ is: "ChannelChanged", channel });
  }

  async archive(id, archived) {
    const failed = archived ? "Could not archive the channel." : "Could not bring the channel back.";
    return this.#changeIn(() => this.#api.changeChannel(id, { archived }), failed);
  }

  /** Give somebody another role, deactivate them, or have them back. */
  async changeAccount(id, change) {
    const account = await this.#attempt(() => this.#api.changeAccount(id, change), "Could not change the account.");
    if (account) this.#store.apply({ is: "AccountChanged", account });
    return account !== null;
  }

  /** Who is in a channel, by id; null when that could not be had. */
  async members(id) {
    return this.#attempt(() => this.#api.members(id), "Could not see who is in the channel.");
  }

  async addMember(id, account) {
    return this.#changeIn(() => this.#api.addMember(id, account), "Could not add them.");
  }

  async removeMember(id, account) {
    return this.#changeIn(() => this.#api.removeMember(id, account), "Could not remove them from the channel.");
  }

  /** The conversation with these people, as a channel; null when it could not be had. */
  async converse(people) {
    const channel = await this.#attempt(() => this.#api.converse(people), "Could not begin the conversation.");
    if (channel) this.#entered(channel);
    return channel;
  }

  async join(id) {
    const channel = await this.#attempt(() => this.#api.joinChannel(id), "Could not join the channel.");
    if (channel) this.#entered(channel);
    return channel;
  }

  async leave(id) {
    const done = await this.#attempt(async () => {
      await this.#api.leaveChannel(id);
      return true;
    }, "Could not leave the channel.");
    if (done) this.#store.apply({ is: "ChannelLeft", channel: id });
  }

  async #changeIn(ask, failed) {
    const channel = await this.#attempt(ask, failed);
    if (channel) this.#store.apply({ is: "ChannelChanged", channel });
    return channel !== null;
  }

  #entered(channel) {
    this.#store.apply({ is: "ChannelJoined", channel });
    this.#feed.follow(channel.id, this.#store.state.timelines[channel.id].last);
  }

  async #load(channel, direction, where, edge) {
    const under = this.#store.state.loading[channel];
    if (under && under !== "failed" && direction !== "around") return false;
    this.#store.apply({ is: "PageRequested", channel, direction });
    const page = await this.#api.messages(channel, where).catch((error) => {
      if (error instanceof ApiError) return null; // the timeline shows it, with a button to try again
      throw error;
    });
    this.#store.apply({ is: "PageLoaded", channel, direction, page, edge });
    return page !== null;
  }

  async #copy(text, done, otherwise) {
    try {
      await this.#copied(text);
      this.#toasts.notice(done);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // not allowed
      this.#toasts.error(`The browser does not allow this page to copy. ${otherwise}`);
    }
  }

  async #change(ask, failed) {
    const entry = await this.#attempt(ask, failed);
    if (entry) this.#store.apply({ is: "ChangeAcknowledged", entry });
    return entry !== null;
  }

  async #attempt(work, failed) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 401) this.#toasts.error(`${failed} ${error.message}`);
      return null;
    }
  }
}

/** Half a character, as an emoji cut in two leaves it, becomes "�": no server can store it. */
function wellFormed(text) {
  return text.toWellFormed?.() ?? text;
}
