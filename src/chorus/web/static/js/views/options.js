/** A list of what a text may become, above the field where it is typed: arrows choose, Tab and Enter take, Escape leaves. */

import { h } from "../dom.js";

export class OptionList {
  element;
  #found = [];
  #chosen = 0;
  #row;
  #take;

  /** `row(option)`: what is shown of it; `take(option)`: it was chosen. */
  constructor({ label, testid, row, take }) {
    this.#row = row;
    this.#take = take;
    this.element = h("ul", { class: "option-list", role: "listbox", "aria-label": label, hidden: true, dataset: { testid } });
  }

  show(found) {
    this.#found = found;
    this.element.hidden = found.length === 0;
    if (found.length > 0) this.#choose(0);
    else this.element.replaceChildren();
  }

  /** Take a key while options are listed; whether it was taken. `whole(option)`: there is nothing left to complete. */
  key(event, whole) {
    if (this.element.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const option = this.#found[this.#chosen];
    if (step) this.#choose((this.#chosen + step + this.#found.length) % this.#found.length);
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !whole(option))) this.#take(option);
    else if (event.key === "Escape") this.show([]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #choose(index) {
    this.#chosen = index;
    this.element.replaceChildren(
      ...this.#found.map((option, at) =>
        h(
          "li",
          {
            role: "option",
            class: "option",
            "aria-selected": String(at === index),
            onmousedown: (event) => (event.preventDefault(), this.#take(option)),
          },
          this.#row(option),
        ),
      ),
    );
  }
}
