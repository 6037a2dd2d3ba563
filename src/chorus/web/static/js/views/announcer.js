/** Reads new messages of the open channel to screen readers, politely, a few at a time. */

import { h } from "../dom.js";
import { isInChannel } from "../state/messages.js";
import { nameOf, titleOf } from "../state/titles.js";

const AT_ONCE = 3; // beyond, a count says it sooner

export class Announcer {
  element = h("div", { class: "unseen", "aria-live": "polite", dataset: { testid: "announcer" } });
  #channel = null;
  #said = 0;

  update({ open, timelines, accounts, me, channels }) {
    const timeline = timelines[open];
    if (!timeline) return;
    if (open !== this.#channel) {
      this.#channel = open;
      this.#said = timeline.last;
      return;
    }
    const fresh = timeline.entries.filter(
      (entry) => entry.seq > this.#said && entry.sender !== me.id && isInChannel(entry) && !entry.deleted,
    );
    this.#said = timeline.last;
    if (fresh.length === 0) return;
    this.element.replaceChildren(
      ...(fresh.length > AT_ONCE
        ? [h("p", {}, `${fresh.length} new messages in ${titleOf(channels[open], { accounts, me })}`)]
        : fresh.map((entry) => h("p", {}, `${nameOf(accounts[entry.sender], accounts)}: ${entry.text}`))),
    );
  }
}
