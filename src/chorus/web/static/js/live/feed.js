/**
 * What the server says by itself, brought into the store; and the repair of what it could not say.
 *
 * At every connect the socket tells the cursors and the server sends what follows them, then `caught_up`. Entries come
 * in order; should one be missing a second later all the same, the stretch is read from history.
 */

import { ApiError } from "../api.js";
import { cursors, gaps } from "../state/chat.js";
import { Attendance } from "./attendance.js";
import { Sender } from "./sender.js";
import { AnswerTimedOut, Disconnected, Socket } from "./socket.js";

const REPAIR_AFTER = 1_000; // milliseconds a gap may stand before it is read from history
const REPAIR_LIMIT = 200; // entries of one page
const DIRECTORY_SPREAD = 5_000; // milliseconds over which reconnected pages ask again who and what is there
const FOLLOW_PATIENCE = 10_000;
const DIRECTORY = /^(account|channel)\./; // events that change who and what is there

export class Feed {
  /** What the page says of its reader. */
  attendance;
  #store;
  #api;
  #watched;
  #onEnded;
  #onOther;
  #onDraft;
  #onFresh;
  #onReturned;
  #caughtUp = false;
  #socket;
  #sender;
  #repair = null;
  #directory = null;
  #returned = null; // timer
  #outdated = false;
  #connectedBefore = false;
  #stopped = false; // what is answered from then on is no word of the session that may have followed

  /**
   * Args:
   *   watched: () → the channel whose end somebody is looking at, or null.
   *   onEnded: called when the session is over.
   *   onOther: called when the session is another account's: somebody else signed in in this browser.
   *   onDraft: called with what another device of this account began to write.
   *   onReturned: called a while after a connection that followed another one, for what is not told again.
   *   onFresh: called with each entry that was written just now, and not while the page was away.
   */
  constructor({ store, api, url, watched, onEnded, onOther, onDraft, onFresh, onReturned }) {
    this.#store = store;
    this.#api = api;
    this.#watched = watched;
    this.#onEnded = onEnded;
    this.#onOther = onOther;
    this.#onDraft = onDraft;
    this.#onFresh = onFresh;
    this.#onReturned = onReturned;
    this.#socket = new Socket({
      url,
      auth: () => ({ cursors: cursors(store.state) }),
      listener: {
        connecting: () => this.#connection("connecting"),
        connected: () => {}, // `ready` follows and names the instance
        waiting: () => this.#connection("offline"),
        event: (name, ...args) => this.#heard(name, ...args),
        refused: (error) => this.#renew(error),
      },
    });
    this.#sender = new Sender(store, this.#socket);
    this.attendance = new Attendance({ socket: this.#socket, store });
  }

  start() {
    this.attendance.start();
    this.#socket.start();
  }

  stop() {
    this.#stopped = true;
    this.#socket.stop();
    this.attendance.stop();
    clearTimeout(this.#repair);
    clearTimeout(this.#directory);
    clearTimeout(this.#returned);
  }

  hurry() {
    this.#socket.hurry();
  }

  pump() {
    this.#sender.pump();
  }

  /** Hear a channel that was joined after the connection was made. */
  async follow(channel, after) {
    try {
      await this.#socket.ask("channel.follow", { channel, after }, FOLLOW_PATIENCE);
    } catch (error) {
      if (!(error instanceof Disconnected || error instanceof AnswerTimedOut)) throw error;
      // The next connect follows every channel one is in.
    }
  }

  /** Ask again who and what is there, `within` milliseconds. */
  refreshDirectory(within = 0) {
    this.#outdated = true;
    this.#directory ??= setTimeout(() => this.#askDirectory(), Math.random() * within);
  }

  /** What is said of the directory while the answer is under way may be newer than the answer: then it is asked again. */
  async #askDirectory() {
    this.#outdated = false;
    try {
      const told = await this.#api.bootstrap();
      if (this.#stopped) return undefined;
      if (told.account.id !== this.#store.state.me.id) return this.#onOther();
      this.#store.apply({ is: "Bootstrapped", ...told });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // the next connect asks again
      this.#outdated = false;
    }
    this.#directory = null;
    if (this.#outdated && !this.#stopped) this.refreshDirectory();
    return this.#repairSoon();
  }

  #heard(name, told) {
    const take = {
      ready: () => this.#ready(told),
      entry: () => this.#entry(told),
      caught_up: () => this.#reached(told),
      "channel.created": () => this.#store.apply({ is: "ChannelCreated", channel: told.channel }),
      "channel.changed": () => this.#store.apply({ is: "ChannelChanged", channel: told.channel }),
      "channel.joined": () => this.#store.apply({ is: "ChannelJoined", channel: told.channel }),
      "channel.left": () => this.#store.apply({ is: "ChannelLeft", channel: told.channel }),
      "channel.read": () => this.#store.apply({ is: "ChannelRead", told: told.channel, back: told.back }),
      "account.changed": () => this.#accountChanged(told.account),
      "account.joined": () => this.#store.apply({ is: "AccountJoined", account: told.account }),
      "account.seen": () => this.#store.apply({ is: "AccountSeen", account: told.account }),
      "account.unseen": () => this.#store.apply({ is: "AccountUnseen", account: told.account }),
      "draft.changed": () => this.#onDraft(told),
      typing: () => this.attendance.heardTyping(told),
      presence: () => this.#store.apply({ is: "PresenceChanged", ...told }),
      moved: () => this.#store.apply({ is: "ConnectionMoved", instance: told.instance }),
      "session.ended": () => this.#onEnded(),
    }[name];
    take?.(); // a newer server may say things this page does not know yet
    if (DIRECTORY.test(name)) this.#outdated = true;
    this.#repairSoon();
  }

  #ready({ account, instance, role }) {
    if (account !== this.#store.state.me.id) return this.#onOther();
    this.#store.apply({ is: "ConnectionChanged", connection: "online", instance });
    this.#sender.startAfresh();
    this.attendance.ready(this.#store.state);
    if (this.#connectedBefore) this.#comeBack();
    else if (role && role !== this.#store.state.me.role) this.refreshDirectory(); // it changed since the bootstrap
    this.#connectedBefore = true;
    return undefined;
  }

  #comeBack() {
    this.refreshDirectory(DIRECTORY_SPREAD);
    clearTimeout(this.#returned);
    this.#returned = setTimeout(() => this.#onReturned(), Math.random() * DIRECTORY_SPREAD);
  }

  #entry(entry) {
    this.#store.apply({ is: "EntryReceived", entry, watched: this.#watched() === entry.channel });
    if (!this.#store.state.accounts[entry.sender]) this.refreshDirectory();
    if (this.#caughtUp) this.#onFresh(entry);
  }

  #reached(positions) {
    this.#caughtUp = true;
    this.#store.apply({ is: "CaughtUp", positions });
  }

  /** Another role shows other things: of oneself, what there is to see is asked anew. */
  #accountChanged(account) {
    this.#store.apply({ is: "AccountChanged", account });
    if (account.id === this.#store.state.me.id) this.refreshDirectory();
  }

  #connection(connection) {
    this.#caughtUp = false;
    this.#store.apply({ is: "ConnectionChanged", connection });
  }

  /** Refused at the door: a session the server does not know (any more) is renewed; only one that is over stays out. */
  async #renew({ data }) {
    if (data?.code && data.code !== "unauthenticated") return true; // it cannot at the moment
    try {
      if (await this.#api.refresh()) return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return true; // nobody answered; the wait before the next try grows
    }
    if (!this.#stopped) this.#onEnded();
    return false;
  }

  #repairSoon() {
    if (this.#repair === null && !this.#stopped && gaps(this.#store.state).length > 0) {
      this.#repair = setTimeout(() => this.#repairGaps(), REPAIR_AFTER);
    }
  }

  async #repairGaps() {
    try {
      for (const { channel, after } of gaps(this.#store.state)) {
        const page = await this.#api.messages(channel, { after, limit: REPAIR_LIMIT });
        for (const entry of asRead(page)) this.#store.apply({ is: "EntryReceived", entry });
        this.refreshDirectory(); // messages came in their present state: only the server can count what that means
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // still a gap, so it is tried again below
    }
    this.#repair = null;
    this.#repairSoon();
  }
}

function asRead({ entries, as_of: asOf }) {
  return entries.map((entry) => (entry.kind === "posted" && asOf ? { ...entry, as_of: asOf } : entry));
}
