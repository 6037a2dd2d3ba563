/** What this browser keeps between visits: drafts, unsent messages, the last channel. Everything here has a bound. */

import { CAPACITY } from "./state/outbox.js";

const DRAFTS = 50;
const ROOM = 1_000_000; // characters of all drafts together, a fifth of what browsers keep
const UNSENT = "unsent.";

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
      return parsed(this.#storage.getItem(this.#prefix + name)) ?? otherwise;
    } catch (error) {
      if (error instanceof DOMException) return otherwise; // not allowed
      throw error;
    }
  }

  /** `changed(before, after)` whenever another tab of this browser writes under the name, until the signal. */
  watch(name, changed, signal) {
    const told = ({ key, oldValue, newValue }) => {
      if (key === this.#prefix + name) changed(parsed(oldValue), parsed(newValue));
    };
    addEventListener("storage", told, { signal });
  }

  write(name, value) {
    try {
      this.#storage.setItem(this.#prefix + name, JSON.stringify(value));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // quota or privacy settings: it lasts as long as the page
    }
  }

  remove(name) {
    try {
      this.#storage.removeItem(this.#prefix + name);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // not allowed, so it was not kept either
    }
  }

  /** The names under which something is kept. */
  names() {
    try {
      return Object.keys(this.#storage)
        .filter((key) => key.startsWith(this.#prefix))
        .map((key) => key.slice(this.#prefix.length));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // privacy settings
      return [];
    }
  }

  forget() {
    for (const name of this.names()) this.remove(name);
  }
}

/** What stands there, or null if it is not ours. */
function parsed(value) {
  try {
    return JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * The unsent messages of all tabs, each under a name of its own: a tab writes and removes only what it knows itself, so
 * no tab's empty outbox takes another's messages away.
 */
export class Unsent {
  #kept;
  #saved = new Map(); // clientId → item as it was written

  constructor(kept) {
    this.#kept = kept;
  }

  /** What was left here, oldest first. */
  load() {
    const names = this.#kept.names().filter((name) => name.startsWith(UNSENT));
    const items = names.map((name) => this.#kept.read(name)).filter((item) => item !== null);
    items.sort((one, other) => String(one.at).localeCompare(String(other.at)) || one.turn - other.turn);
    const known = items.slice(0, CAPACITY);
    for (const item of known) this.#saved.set(item.clientId, null);
    return known;
  }

  /** Have exactly these of our own messages kept. */
  save(outbox) {
    const present = new Set(outbox.map((item) => item.clientId));
    for (const clientId of this.#saved.keys()) {
      if (present.has(clientId)) continue;
      this.#saved.delete(clientId);
      this.#kept.remove(UNSENT + clientId);
    }
    outbox.forEach((item, turn) => {
      if (this.#saved.get(item.clientId) === item) return;
      this.#saved.set(item.clientId, item);
      this.#kept.write(UNSENT + item.clientId, { ...item, turn });
    });
  }
}

/**
 * Drafts as [place, text], the last written at the end: never more than DRAFTS of ROOM characters together. Pure.
 * They are pairs because an object has keys that are numbers in their own order, and the oldest is to give way. One is
 * kept whole or, where it alone has no room, not at all: `hasRoomFor` says that beforehand.
 */
export function withDraft(drafts, place, text) {
  const others = drafts.filter(([other]) => other !== place);
  if (!text.trim() || !hasRoomFor(text)) return others;
  const kept = [[place, text]];
  let room = ROOM - text.length;
  for (const draft of others.slice(-(DRAFTS - 1)).reverse()) {
    room -= draft[1].length;
    if (room < 0) break;
    kept.unshift(draft);
  }
  return kept;
}

/** Whether a draft can be kept. */
export function hasRoomFor(text) {
  return text.length <= ROOM;
}
