/**
 * Sends what waits in the outbox, one message of each channel at a time, until the server has answered for it.
 *
 * No answer and "try again" lead to the same message with the same client_id later; the server takes it once.
 */

import { sendable } from "../state/outbox.js";
import { backoff } from "./backoff.js";
import { AnswerTimedOut, Disconnected } from "./socket.js";

/** Milliseconds to wait for the answer to one message. */
const PATIENCE = 10_000;

export class Sender {
  #store;
  #socket;
  #delays = new Map(); // channel → {attempt, timer} after a try that was put off

  /** `socket` is anything with connected and ask(event, payload, milliseconds). */
  constructor(store, socket) {
    this.#store = store;
    this.#socket = socket;
  }

  /** Send whatever can be sent now; call it when a message was queued or a connection came. */
  pump() {
    if (!this.#socket.connected) return;
    for (const item of sendable(this.#store.state.outbox)) {
      if (!this.#delays.get(item.channel)?.timer) this.#send(item);
    }
  }

  /** A new connection: earlier delays say nothing about it. */
  startAfresh() {
    for (const { timer } of this.#delays.values()) clearTimeout(timer);
    this.#delays.clear();
    this.pump();
  }

  async #send({ channel, clientId, text, thread, files = [] }) {
    this.#store.apply({ is: "MessageSending", clientId });
    const answer = await this.#ask({ channel, client_id: clientId, text, ...(thread ? { thread } : {}), ...(files.length ? { files: files.map(({ id }) => id) } : {}) });

    if (answer.ok) {
      this.#delays.delete(channel);
      this.#store.apply({ is: "MessageAcknowledged", clientId, entry: answer.entry });
    } else if (answer.error?.retryable) {
      this.#store.apply({ is: "MessageDelayed", clientId });
      this.#delay(channel);
    } else {
      this.#store.apply({
        is: "MessageRefused",
        clientId,
        error: answer.error ?? { code: "invalid", detail: "The server refused it." },
      });
    }
    this.pump();
  }

  async #ask(message) {
    try {
      return (await this.#socket.ask("message.send", message, PATIENCE)) ?? {};
    } catch (error) {
      if (error instanceof AnswerTimedOut || error instanceof Disconnected) {
        return { ok: false, error: { code: "unanswered", detail: error.message, retryable: true } };
      }
      throw error;
    }
  }

  #delay(channel) {
    const attempt = (this.#delays.get(channel)?.attempt ?? -1) + 1;
    const timer = setTimeout(
      () => {
        this.#delays.set(channel, { attempt, timer: null });
        this.pump();
      },
      backoff(attempt, Math.random(), { first: 500, longest: 10_000 }),
    );
    this.#delays.set(channel, { attempt, timer });
  }
}
