/** Whom an @ may call, above the composer while it is typed. */

import { h } from "../dom.js";
import { callBegun, called } from "../text/calls.js";
import { OptionList } from "./options.js";

export class CallBar {
  element;
  #input;
  #offered;
  #list;

  /** `input`: where it is typed; `offered(typed)` → whom that may be, as [{handle, name}]. */
  constructor(input, offered) {
    this.#input = input;
    this.#offered = offered;
    this.#list = new OptionList({
      label: "People",
      testid: "calls",
      row: ({ handle, name }) => [h("strong", {}, `@${handle}`), h("span", { class: "option-about" }, name)],
      take: ({ handle }) => this.#complete(handle),
    });
    this.element = this.#list.element;
    input.addEventListener("blur", () => this.clear());
  }

  /** The text is another one. */
  changed() {
    const begun = this.#begun();
    this.#list.show(begun ? this.#offered(begun.typed) : []);
  }

  clear() {
    this.#list.show([]);
  }

  /** Take a key while people are listed; whether it was taken. */
  key(event) {
    const begun = this.#begun();
    if (!begun) this.clear(); // the caret went elsewhere
    return this.#list.key(event, ({ handle }) => begun.typed.toLowerCase() === handle.toLowerCase());
  }

  #begun() {
    const { value, selectionStart, selectionEnd } = this.#input;
    return selectionStart === selectionEnd ? callBegun(value, selectionStart) : null;
  }

  #complete(handle) {
    const { value, selectionStart } = this.#input;
    const { text, caret } = called(value, selectionStart, this.#begun(), handle);
    this.#input.value = text;
    this.#input.setSelectionRange(caret, caret);
    this.#input.dispatchEvent(new Event("input"));
    this.#input.focus();
  }
}
