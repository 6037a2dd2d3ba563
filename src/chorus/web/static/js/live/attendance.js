/**
 * What this page says of its reader, and whom it wants to hear of: the channel in view, people in sight, typing, idleness.
 *
 * All of it is told anew at every connect, and none of it is repeated when it is lost: the next change says it again.
 */

import { AnswerTimedOut, Disconnected } from "./socket.js";

const PATIENCE = 10_000; // milliseconds
const TYPING_AGAIN = 2_500; // milliseconds between two words of the same typing; shown for 6 s
const IDLE_AFTER = 5 * 60_000; // milliseconds without a key or a pointer
const MOST_WATCHED = 500; // accounts the server tells one connection of

export class Attendance {
  #socket;
  #store;
  #clock;
  #looksAt = null;
  #accounts = null; // as they were when it was looked at whom to watch
  #watched = ""; // ids of the accounts, joined
  #typed = new Map(); // "channel/thread" → when it was said
  #idle = false;
  #idleTimer = null;
  #expiry = null;
  #ended = new AbortController();

  /** `clock`: milliseconds since whenever; not the computer's, which may be set back. */
  constructor({ socket, store, clock = () => performance.now() }) {
    this.#socket = socket;
    this.#store = store;
    this.#clock = clock;
  }

  start() {
    const { signal } = this.#ended;
    for (const name of ["pointerdown", "pointermove", "keydown", "focus"]) {
      addEventListener(name, () => this.#alive(), { signal, passive: true, capture: true });
    }
    this.#alive();
  }

  stop() {
    this.#ended.abort();
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#expiry);
  }

  /** A new connection knows nothing of what was said to the last one. */
  ready(state) {
    this.#looksAt = null;
    this.#accounts = null;
    this.#watched = "";
    this.#typed.clear();
    if (this.#idle) this.#say("presence.set", { state: "away" });
    this.update(state);
  }

  /** Look at what is open, and watch who is in sight. */
  update({ open, channels, accounts, connection }) {
    if (connection !== "online") return;
    const inView = channels[open]?.member ? open : null;
    if (inView !== this.#looksAt) {
      this.#looksAt = inView;
      this.#say("channel.look", { channel: inView });
    }
    if (accounts === this.#accounts) return;
    this.#accounts = accounts;
    const ids = Object.keys(accounts).slice(0, MOST_WATCHED);
    if (ids.join() !== this.#watched) {
      this.#watched = ids.join();
      this.#watch(ids.map(Number));
    }
  }

  /** Somebody writes; `active` false: what was written is gone again. */
  typing(channel, thread, active) {
    const place = `${channel}/${thread}`;
    const now = this.#clock();
    if (active ? now - (this.#typed.get(place) ?? -Infinity) < TYPING_AGAIN : !this.#typed.has(place)) return;
    if (active) this.#typed.set(place, now);
    else this.#typed.delete(place);
    this.#say("typing", { channel, thread, active });
  }

  /** What was written was sent: whoever sees the message need not be told. */
  typingEnded(channel, thread) {
    this.#typed.delete(`${channel}/${thread}`);
  }

  heardTyping(told) {
    this.#store.apply({ is: "Typed", told, now: this.#clock() });
    this.#expireSoon();
  }

  #expireSoon() {
    clearTimeout(this.#expiry);
    const next = Math.min(...this.#store.state.typing.map(({ until }) => until));
    if (!Number.isFinite(next)) return;
    const expire = () => {
      this.#store.apply({ is: "TypingExpired", now: this.#clock() });
      this.#expireSoon();
    };
    this.#expiry = setTimeout(expire, Math.max(100, next - this.#clock()));
  }

  #alive() {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#turn(true), IDLE_AFTER);
    if (this.#idle) this.#turn(false);
  }

  #turn(idle) {
    this.#idle = idle;
    this.#say("presence.set", { state: idle ? "away" : "active" });
  }

  async #watch(accounts) {
    const answer = await this.#say("presence.watch", { accounts });
    if (answer?.ok) this.#store.apply({ is: "PresenceTold", present: answer.present });
  }

  async #say(event, payload) {
    try {
      return await this.#socket.ask(event, payload, PATIENCE);
    } catch (error) {
      if (!(error instanceof Disconnected || error instanceof AnswerTimedOut)) throw error;
      return null; // the next connect says it again
    }
  }
}
