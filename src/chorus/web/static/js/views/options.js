/**
 * A list of what a text may become, beside the field where it is typed: arrows choose, Tab and Enter take, Escape leaves.
 *
 * The focus stays where one types, and screen readers say what is chosen (`aria-activedescendant`). The field stays a
 * text box, for one of several lines may be no combobox (https://www.w3.org/TR/html-aria/#el-textarea). Several lists may
 * share a field, one of them open at a time.
 */

import { h } from "../dom.js";

let numbered = 0;

export class OptionList {
  element;
  #input;
  #found = [];
  #chosen = 0;
  #row;
  #take;

  /** `input`: the field; `row(option)`: what is shown of one; `take(option)`: it was chosen. */
  constructor({ input, label, testid, row, take }) {
    this.#input = input;
    this.#row = row;
    this.#take = take;
    this.element = h("ul", {
      id: `options-${++numbered}`,
      class: "option-list",
      role: "listbox",
      "aria-label": label,
      hidden: true,
      dataset: { testid },
      onmousedown: (event) => event.preventDefault(), // the focus stays in the field
    });
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-haspopup", "listbox");
  }

  show(found) {
    this.#found = found;
    this.element.hidden = found.length === 0;
    this.element.replaceChildren(...found.map((option, at) => this.#item(option, at)));
    if (found.length === 0) return this.#leave();
    this.#input.setAttribute("aria-controls", this.element.id);
    return this.#choose(0);
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

  #item(option, at) {
    return h(
      "li",
      {
        id: `${this.element.id}-${at}`,
        role: "option",
        class: "option",
        "aria-selected": "false",
        onmousemove: () => at !== this.#chosen && this.#choose(at),
        onclick: () => this.#take(option),
      },
      this.#row(option),
    );
  }

  #choose(index) {
    this.#chosen = index;
    for (const [at, item] of [...this.element.children].entries()) item.setAttribute("aria-selected", String(at === index));
    const chosen = this.element.children[index];
    this.#input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  /** The field is a field again, unless another list has it. */
  #leave() {
    if (this.#input.getAttribute("aria-controls") !== this.element.id) return;
    for (const name of ["aria-controls", "aria-activedescendant"]) this.#input.removeAttribute(name);
  }
}
