/** Says that a message was refused to whoever is elsewhere by then, with the way to it. */

import { newlyFailed } from "../state/outbox.js";
import { labelOf } from "../state/titles.js";

export class Refusals {
  #toasts;
  #onShow;
  #outbox = null; // as it was before

  /** `onShow(channel, thread)` leads to where it was written; thread is 0 but for a reply. */
  constructor({ toasts, onShow }) {
    this.#toasts = toasts;
    this.#onShow = onShow;
  }

  update(state) {
    const before = this.#outbox;
    this.#outbox = state.outbox;
    if (before === null || before === state.outbox) return;
    for (const item of newlyFailed(before, state.outbox)) if (!isOnShow(item, state)) this.#say(item, state);
  }

  #say({ channel, thread, error }, state) {
    const known = state.channels[channel];
    const where = known ? `in ${labelOf(known, state)}` : "in a channel that you are not in any more";
    const show = { label: "Show", run: () => this.#onShow(channel, thread) };
    this.#toasts.error(`A message ${where} was not sent. ${error?.detail ?? ""}`, known ? show : null);
  }
}

function isOnShow({ channel, thread }, { open, thread: shown }) {
  return channel === open && (!thread || shown?.seq === thread);
}
