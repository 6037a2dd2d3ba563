/** Reads new messages of the open channel, and replies of the open thread, to screen readers, politely, a few at a time. */

import { h } from "../dom.js";
import { newsSince, nothingTold } from "../state/news.js";
import { nameOf, titleOf } from "../state/titles.js";

const AT_ONCE = 3; // beyond, a count says it sooner

export class Announcer {
  element = h("div", { class: "unseen", "aria-live": "polite", dataset: { testid: "announcer" } });
  #told = nothingTold;

  update(state) {
    const { told, fresh } = newsSince(this.#told, state);
    this.#told = told;
    if (fresh.length === 0) return;
    const { open, accounts, channels } = state;
    this.element.replaceChildren(
      ...(fresh.length > AT_ONCE
        ? [h("p", {}, `${fresh.length} new messages in ${titleOf(channels[open], state)}`)]
        : fresh.map((entry) => h("p", {}, `${nameOf(accounts[entry.sender], accounts)}: ${entry.text}`))),
    );
  }
}
