/** The line that says who is typing here. */

import { h } from "../dom.js";
import { nameOf } from "../state/titles.js";
import { typingWords } from "../state/typing.js";

export class TypingLine {
  #words = h("span", {});
  #shown = "";
  element = h(
    "div",
    { class: "typing-line", dataset: { testid: "typing" } },
    h("span", { class: "typing-dots", "aria-hidden": "true" }, h("i", {}), h("i", {}), h("i", {})),
    this.#words,
  );

  /** `thread` is the seq of a thread's root, or 0 for the channel itself. */
  update({ typing, accounts, me }, channel, thread = 0) {
    const here = typing.filter((each) => each.channel === channel && each.thread === thread && each.account !== me.id);
    const words = typingWords(here.map(({ account }) => nameOf(accounts[account], accounts)));
    if (words === this.#shown) return;
    this.#shown = words;
    this.#words.textContent = words;
    this.element.classList.toggle("active", words !== "");
  }
}
