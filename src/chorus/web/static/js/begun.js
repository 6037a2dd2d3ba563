/**
 * Edits that were begun, as what stands in them by now: kept in this tab, for when its page is loaded again. Another tab would
 * show an edit that it never hears the end of.
 */

import { Kept } from "./kept.js";

/** Edits that may lie about unfinished; the first of them gives way. */
export const MOST_EDITS = 20;

const SHELF = "edits";

export class BegunEdits {
  #kept;
  #texts; // "channel/seq" → text
  #left; // those of before the page was loaded that nobody has taken up yet

  constructor(account, storage = globalThis.sessionStorage) {
    this.#kept = new Kept(account, storage);
    const found = this.#kept.read(SHELF, []);
    this.#texts = new Map(Array.isArray(found) ? found : []);
    this.#left = new Set(this.#texts.keys());
  }

  /** What stood in the edit of a message when the page was left; null when there is none, or it was taken up, which `write` does. */
  read(message) {
    return this.#left.has(message) ? this.#texts.get(message) : null;
  }

  write(message, text) {
    this.#left.delete(message);
    this.#texts.set(message, text);
    if (this.#texts.size > MOST_EDITS) this.end(this.#texts.keys().next().value);
    this.#keep();
  }

  /** It is over. */
  end(message) {
    this.#left.delete(message);
    if (this.#texts.delete(message)) this.#keep();
  }

  /** Whoever signs out leaves nothing behind. */
  forget() {
    this.#texts.clear();
    this.#left.clear();
    this.#kept.forget();
  }

  #keep() {
    this.#kept.write(SHELF, [...this.#texts]);
  }
}
