/** How far each channel is read: here at once, at the server a moment later, several reads as one request. */

import { ApiError } from "./api.js";

const PAUSE = 400; // milliseconds in which several reads become one request

export class Reads {
  #store;
  #api;
  #timers = new Map(); // channel → timer
  #told = new Map(); // channel → how far the server knows it is read

  constructor({ store, api }) {
    this.#store = store;
    this.#api = api;
  }

  /** A channel is opened: what the server says of it is where it begins. */
  begin(channel) {
    if (!this.#told.has(channel)) this.#told.set(channel, this.#store.state.channels[channel]?.read_seq ?? 0);
  }

  /** Everything known of the channel has been before somebody's eyes. */
  advance(channel) {
    if (this.#store.state.held === channel) return;
    const seq = this.#store.state.timelines[channel]?.last ?? 0;
    this.#store.apply({ is: "ReadAdvanced", channel, seq });
    if (seq <= this.#told.get(channel)) return;
    this.#told.set(channel, seq);
    clearTimeout(this.#timers.get(channel));
    this.#timers.set(
      channel,
      setTimeout(() => this.#tell(channel), PAUSE),
    );
  }

  /** The message and what follows it are new again here; the server is told by whoever calls. */
  takeBack(channel, seq) {
    clearTimeout(this.#timers.get(channel));
    this.#timers.delete(channel);
    this.#told.set(channel, seq - 1);
    this.#store.apply({ is: "MarkedUnread", channel, seq: seq - 1 });
  }

  /** The page is going away: tell the server now. */
  flush() {
    for (const [channel, timer] of this.#timers) {
      clearTimeout(timer);
      this.#tell(channel);
    }
  }

  /** Whose reading it is may not be told any more. */
  stop() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #tell(channel) {
    this.#timers.delete(channel);
    try {
      await this.#api.markRead(channel, this.#told.get(channel));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#told.set(channel, 0); // the next look says it again
    }
  }
}
