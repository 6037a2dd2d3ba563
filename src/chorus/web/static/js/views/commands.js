/** What can be typed after a slash, above the composer; and what a command told whoever typed it. */

import { h, icon, sanitised } from "../dom.js";
import { commandIn, completions } from "../text/commands.js";

const MOST = 8; // that are listed at once

export class CommandBar {
  element = h("div", { class: "command-bar" });
  #told = h("div", { class: "told", role: "status", hidden: true, dataset: { testid: "told" } });
  #list = h("ul", { class: "command-list", role: "listbox", "aria-label": "Commands", hidden: true, dataset: { testid: "commands" } });
  #input;
  #source;
  #known = null; // what the server has; asked for when the first slash is typed
  #found = [];
  #chosen = 0;

  /** `source`: {list() → commands or null, run(place, text) → {entry, told} or null}; `input`: where it is typed. */
  constructor(input, source) {
    this.#input = input;
    this.#source = source;
    this.element.append(this.#told, this.#list);
  }

  /** Whether the text is a command, and not a message that begins with a slash. */
  takes(text) {
    return commandIn(text) !== null;
  }

  /** Have a command done; whether it was. */
  async run(place, text) {
    const done = await this.#source.run(place, text);
    if (done?.told) this.#tell(done.told);
    return done !== null;
  }

  /** The text is another one. */
  async changed() {
    const text = this.#input.value;
    if (!text.startsWith("/")) return this.#show([]);
    this.#known ??= await this.#source.list();
    return this.#show(completions(this.#known ?? [], this.#input.value).slice(0, MOST));
  }

  /** What a command told is of another place. */
  clear() {
    this.#told.hidden = true;
    this.#known = null; // others may have been made meanwhile
    this.#show([]);
  }

  /** Take a key while commands are listed; whether it was taken. */
  key(event) {
    if (this.#list.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const whole = this.#input.value.toLowerCase() === `/${this.#found[this.#chosen].name}`;
    if (step) this.#choose((this.#chosen + step + this.#found.length) % this.#found.length);
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !whole)) this.#complete(this.#found[this.#chosen]);
    else if (event.key === "Escape") this.#show([]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #show(found) {
    this.#found = found;
    this.#list.hidden = found.length === 0;
    if (found.length > 0) this.#choose(0);
  }

  #choose(index) {
    this.#chosen = index;
    this.#list.replaceChildren(
      ...this.#found.map((command, at) =>
        h(
          "li",
          {
            role: "option",
            class: "command-option",
            "aria-selected": String(at === index),
            onmousedown: (event) => (event.preventDefault(), this.#complete(command)),
          },
          h("strong", {}, `/${command.name}`),
          command.hint && h("span", { class: "command-hint" }, command.hint),
          h("span", { class: "command-about" }, command.description),
        ),
      ),
    );
  }

  #complete({ name }) {
    this.#input.value = `/${name} `;
    this.#input.dispatchEvent(new Event("input"));
    this.#input.focus();
  }

  #tell({ html }) {
    this.#told.replaceChildren(
      h("div", { class: "told-words" }, h("p", { class: "told-note" }, icon("eye"), "Only you see this"), h("div", { class: "prose" }, sanitised(html))),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => (this.#told.hidden = true) },
        icon("close"),
      ),
    );
    this.#told.hidden = false;
  }
}
