/** What this browser keeps between visits: drafts, unsent messages, the last channel. Everything here has a bound. */

const DRAFTS = 50;
const DRAFT_LENGTH = 20_000; // characters

/** A small shelf in localStorage for one account; a full or forbidden storage costs the keeping, not the page. */
export class Kept {
  #storage;
  #prefix;

  constructor(account, storage = globalThis.localStorage) {
    this.#storage = storage;
    this.#prefix = `chorus.${account}.`;
  }

  read(name, otherwise = null) {
    try {
      return JSON.parse(this.#storage.getItem(this.#prefix + name)) ?? otherwise;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof DOMException) return otherwise; // not ours, or not allowed
      throw error;
    }
  }

  write(name, value) {
    try {
      this.#storage.setItem(this.#prefix + name, JSON.stringify(value));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // quota or privacy settings: it lasts as long as the page
    }
  }

  forget() {
    for (const name of ["drafts", "outbox", "channel"]) this.#storage.removeItem(this.#prefix + name);
  }
}

/** Drafts by channel, the latest ones, never more than DRAFTS of at most DRAFT_LENGTH characters. Pure. */
export function withDraft(drafts, channel, text) {
  const { [channel]: replaced, ...others } = drafts;
  const kept = Object.entries(others);
  if (!text.trim()) return Object.fromEntries(kept);
  return Object.fromEntries([...kept.slice(-(DRAFTS - 1)), [channel, text.slice(0, DRAFT_LENGTH)]]);
}
