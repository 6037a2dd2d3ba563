/** One Engine.IO v4 connection over WebSocket, from its handshake to its end; never used twice. */

import { PacketError, decodeEngine, decodeHandshake, encodeEngine } from "./packets.js";

/** Milliseconds for the TCP connection, the upgrade and the open packet together. */
const HANDSHAKE = 10_000;

export class Engine {
  #socket;
  #listener;
  #deadline = null;
  #patience = HANDSHAKE; // milliseconds of silence after which the other side counts as gone
  #heardAt = Date.now();
  #ended = false;

  /**
   * Args:
   *   url: ws(s)://…/socket.io/?EIO=4&transport=websocket
   *   listener: {opened(handshake), message(text), closed(reason)}; `closed` comes once and last.
   *   open: url → WebSocket.
   */
  constructor(url, listener, open = (address) => new WebSocket(address)) {
    this.#listener = listener;
    this.#socket = open(url);
    this.#socket.onmessage = ({ data }) => this.#received(data);
    this.#socket.onclose = ({ code }) => this.#end(`closed by the other side (${code})`);
    this.#socket.onerror = () => {}; // a close event always follows and says all that a page may know
    this.#expectWithin(HANDSHAKE);
  }

  send(text) {
    if (!this.#ended) this.#socket.send(encodeEngine("message", text));
  }

  close() {
    this.#end("closed here");
  }

  /** End at once when the silence has already lasted too long: timers do not run while a machine sleeps. */
  check() {
    if (Date.now() - this.#heardAt > this.#patience) this.#end("silent for too long");
  }

  #received(text) {
    this.#heardAt = Date.now();
    try {
      this.#take(decodeEngine(text));
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
      this.#end(`spoke another protocol: ${error.message}`);
    }
  }

  #take({ type, data }) {
    const handshake = type === "open" ? decodeHandshake(data) : null;
    if (handshake) this.#patience = handshake.pingInterval + handshake.pingTimeout;
    this.#expectWithin(this.#patience);
    if (handshake) this.#listener.opened(handshake);
    if (type === "ping") this.#socket.send(encodeEngine("pong", data));
    if (type === "message") this.#listener.message(data);
    if (type === "close") this.#end("ended by the server");
  }

  #expectWithin(milliseconds) {
    clearTimeout(this.#deadline);
    if (!this.#ended) this.#deadline = setTimeout(() => this.#end(`silent for ${milliseconds} ms`), milliseconds);
  }

  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#listener.closed(reason);
  }
}
