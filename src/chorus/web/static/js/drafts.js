/**
 * What was begun to be written, kept in this browser at once and on the server a moment later, for one's other devices.
 *
 * A place is a channel's id, or "channel/seq" for a thread. What this browser wrote and the server does not have yet is
 * noted as unsent and wins over what the server knows; otherwise the server's word is the newest. What is longer than a
 * message may be stays in this browser, whole, until it is shorter.
 */

import { ApiError, mayYetBeTaken } from "./api.js";
import { uuid } from "./identity.js";
import { hasRoomFor, withDraft } from "./kept.js";
import { LONGEST } from "./text/room.js";

const PAUSE = 1_200; // milliseconds after the last key
const SHELF = "drafts";
const UNSENT = "drafts-unsent";

export class Drafts {
  #kept;
  #api;
  #onChange;
  #device = uuid();
  #timers = new Map(); // place → timer
  #loads = 0; // how often it was asked what was written elsewhere
  #changed = new Map(); // place → the number of loads when it was changed last

  /** `onChange(place)` is called when another device or tab wrote there. */
  constructor({ kept, api, onChange }) {
    this.#kept = kept;
    this.#api = api;
    this.#onChange = onChange;
  }

  /** Follow what the browser's other tabs write: the shelf is theirs too, so that no event of the server is news to it. */
  follow(signal) {
    const changed = (before, after) => {
      const [was, is] = [placesOf(before), placesOf(after)];
      for (const place of new Set([...was.keys(), ...is.keys()])) {
        if (was.get(place) !== is.get(place)) this.#onChange(place);
      }
    };
    this.#kept.watch(SHELF, changed, signal);
  }

  read(place) {
    return placesOf(this.#kept.read(SHELF)).get(String(place)) ?? "";
  }

  /** Somebody writes here. */
  write(where, text) {
    const place = String(where);
    if (text === this.read(place)) return;
    this.#put(place, text);
    if (!hasRoomFor(text)) return this.#forget(place);
    this.#kept.write(UNSENT, { ...this.#kept.read(UNSENT, {}), [place]: true });
    clearTimeout(this.#timers.get(place));
    this.#timers.set(
      place,
      setTimeout(() => this.#send(place), PAUSE),
    );
    return undefined;
  }

  /** Ask what was written elsewhere; and send what could not be. What changes here meanwhile is newer than the answer. */
  async load() {
    const load = ++this.#loads;
    const before = this.#kept.read(UNSENT, {});
    try {
      const told = await this.#api.drafts();
      const unsent = { ...before, ...this.#kept.read(UNSENT, {}) };
      const older = (place) => !unsent[place] && !(this.#changed.get(place) >= load);
      for (const draft of told) if (older(placeOf(draft))) this.#take(draft);
      const known = new Set(told.map(placeOf));
      for (const [place] of this.#shelf()) {
        if (!known.has(place) && older(place)) this.#take({ ...parts(place), text: "" });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // what is kept here is shown, and the next visit asks again
    }
    for (const place of Object.keys(this.#kept.read(UNSENT, {}))) this.#send(place);
  }

  /** The page is going away: send now what waits. */
  flush() {
    for (const [place, timer] of this.#timers) {
      clearTimeout(timer);
      this.#send(place);
    }
  }

  /** The session is over, or another account's: what waits stays unsent until the next visit. */
  stop() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** The live event: `device` is whoever wrote. */
  heard({ draft, device }) {
    if (device !== this.#device && !this.#kept.read(UNSENT, {})[placeOf(draft)]) this.#take(draft);
  }

  #take(draft) {
    const place = placeOf(draft);
    if (draft.text === this.read(place)) return;
    this.#put(place, draft.text);
    this.#onChange(place);
  }

  #put(place, text) {
    const before = this.#shelf();
    const after = withDraft(before, place, text);
    this.#kept.write(SHELF, after);
    this.#changed.set(place, this.#loads);
    for (const [other] of before) {
      // what gave way is not unsent any more: nothing would be sent for it, and the server's would be gone
      if (other !== place && !after.some(([known]) => known === other)) this.#forget(other);
    }
  }

  #forget(place) {
    const { [place]: _sent, ...unsent } = this.#kept.read(UNSENT, {});
    this.#kept.write(UNSENT, unsent);
    clearTimeout(this.#timers.get(place));
    this.#timers.delete(place);
  }

  #shelf() {
    return [...placesOf(this.#kept.read(SHELF))];
  }

  async #send(place) {
    this.#timers.delete(place);
    const text = this.read(place);
    if (text.length > LONGEST) return; // a part of it would come back as the whole
    try {
      await this.#api.keepDraft({ ...parts(place), text, device: this.#device });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // It stays unsent: the next visit, or key, sends it. Of a channel that one is not in any more, nobody else has it.
      if (mayYetBeTaken(error.status) || text !== "") return;
    }
    if (this.read(place) === text) this.#forget(place);
  }
}

/** What is kept as a map from place to text; an object is what the version before kept. */
function placesOf(kept) {
  return new Map(Array.isArray(kept) ? kept : Object.entries(kept ?? {}));
}

function placeOf({ channel, thread }) {
  return thread ? `${channel}/${thread}` : String(channel);
}

function parts(place) {
  const [channel, thread = 0] = place.split("/").map(Number);
  return { channel, thread };
}
