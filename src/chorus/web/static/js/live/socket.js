/**
 * A Socket.IO v5 client for one namespace that stays connected: events, acknowledgements with a deadline, reconnection.
 *
 *     const socket = new Socket({ url, auth: () => ({ cursors }), listener });
 *     socket.start();
 *     const answer = await socket.ask("message.send", { … }, 10_000);
 *
 * It repeats nothing by itself: what was not answered is rejected, and whoever asked decides.
 */

import { backoff } from "./backoff.js";
import { Engine } from "./engine.js";
import { PacketError, decodeSocket, encodeSocket } from "./packets.js";

const STABLE = 10_000; // milliseconds that a connection must have stood for the next wait to be a short one again

/** Nobody will answer: the connection ended or there was none. */
export class Disconnected extends Error {}

/** The connection stands but the answer did not come in time. */
export class AnswerTimedOut extends Error {}

export class Socket {
  #url;
  #auth;
  #listener;
  #open;
  #random;
  #engine = null;
  #connected = false;
  #running = false;
  #refusing = false; // the listener is thinking about a refusal
  #attempt = 0;
  #connectedAt = 0;
  #timer = null;
  #asked = new Map(); // id → {resolve, reject, timer}
  #nextId = 0;

  /**
   * Args:
   *   auth: called at each connect; what it returns goes with CONNECT.
   *   listener: {connecting(), connected(), event(name, ...args), waiting(milliseconds, reason),
   *     refused(error) → whether to try again; may be async}.
   *   open, random: the WebSocket and the dice; tests bring their own.
   */
  constructor({ url, auth, listener, open, random = Math.random }) {
    this.#url = url;
    this.#auth = auth;
    this.#listener = listener;
    this.#open = open;
    this.#random = random;
  }

  get connected() {
    return this.#connected;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#attempt = 0;
    this.#connect();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#engine?.close();
  }

  /** Something changed for the better (network back, page in view): try now instead of when the wait ends. */
  hurry() {
    if (!this.#running || this.#refusing) return;
    this.#engine?.check();
    if (this.#engine) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Send an event and wait `within` milliseconds for its answer; rejects with Disconnected or AnswerTimedOut. */
  ask(event, payload, within) {
    if (!this.#connected) return Promise.reject(new Disconnected(`no connection to send ${event} over`));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new AnswerTimedOut(`no answer to ${event} within ${within} ms`));
      }, within);
      this.#asked.set(id, { resolve, reject, timer });
      this.#engine.send(encodeSocket({ type: "event", id, data: [event, payload] }));
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#listener.connecting();
    this.#engine = new Engine(
      this.#url,
      {
        opened: () => this.#engine.send(encodeSocket({ type: "connect", data: this.#auth() })),
        message: (text) => this.#received(text),
        closed: (reason) => this.#lost(reason),
      },
      this.#open,
    );
  }

  #received(text) {
    const { type, namespace, id, data } = decodeSocket(text);
    if (namespace !== "/") throw new PacketError(`joined the namespace "/", heard from ${JSON.stringify(namespace)}`);
    if (type === "connect") {
      this.#connected = true;
      this.#connectedAt = Date.now();
      this.#listener.connected();
    }
    if (type === "event") this.#listener.event(...data);
    if (type === "ack") this.#answered(id, data[0]);
    if (type === "connect_error") this.#refused(data ?? {});
    if (type === "disconnect") this.#engine.close();
  }

  #answered(id, answer) {
    const question = this.#asked.get(id);
    if (!question) return; // its time was over; the sender repeats it and the server knows it by its client_id
    this.#asked.delete(id);
    clearTimeout(question.timer);
    question.resolve(answer);
  }

  async #refused(error) {
    this.#refusing = true;
    this.#engine.close();
    let again = true;
    try {
      again = await this.#listener.refused(error);
    } catch (trouble) {
      console.error("the session could not be renewed; trying again", trouble);
    } finally {
      this.#refusing = false;
    }
    if (!this.#running) return; // stopped meanwhile
    if (again) this.#wait(error.message ?? "refused");
    else this.#running = false;
  }

  #lost(reason) {
    this.#engine = null;
    // What ends a connection as soon as it stands ends the next one too: the waits go on growing.
    if (this.#connected && Date.now() - this.#connectedAt >= STABLE) this.#attempt = 0;
    this.#connected = false;
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new Disconnected(reason));
    }
    this.#asked.clear();
    if (this.#running && !this.#refusing) this.#wait(reason);
  }

  #wait(reason) {
    const milliseconds = backoff(this.#attempt++, this.#random());
    this.#listener.waiting(milliseconds, reason);
    this.#timer = setTimeout(() => this.#connect(), milliseconds);
  }
}
