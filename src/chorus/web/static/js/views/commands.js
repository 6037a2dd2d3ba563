/** What can be typed after a slash, above the composer; and what a command told whoever typed it. */

import { h, icon, sanitised } from "../dom.js";
import { commandIn, completions } from "../text/commands.js";
import { change } from "./formatting.js";
import { OptionList } from "./options.js";
import { wideScrolledByKeys } from "./scrolled.js";

const MOST = 8; // that are listed at once
const LATER = 20; // answers that wait until their place is on show; the first of them gives way

export class CommandBar {
  element = h("div", { class: "command-bar" });
  #told = h("div", { class: "told", role: "status", hidden: true, dataset: { testid: "told" } });
  #list;
  #input;
  #source;
  #place = null; // that is on show
  #later = new Map(); // place → what a command told there while another one was on show
  #known = null; // what the server has; asked for when the first slash is typed

  /** `source`: {list() → commands or null, run(place, text) → {entry, told} or null}; `input`: where it is typed. */
  constructor(input, source) {
    this.#input = input;
    this.#source = source;
    this.#list = new OptionList({
      input,
      label: "Commands",
      testid: "commands",
      row: ({ name, hint, description }) => [
        h("strong", {}, `/${name}`),
        hint && h("span", { class: "command-hint" }, hint),
        h("span", { class: "option-about" }, description),
      ],
      take: (command) => this.#complete(command),
    });
    this.element.append(this.#told, this.#list.element);
  }

  /** Whether the text is a command, and not a message that begins with a slash. */
  takes(text) {
    return commandIn(text) !== null;
  }

  /** Have a command done; whether it was. */
  async run(place, text) {
    const done = await this.#source.run(place, text);
    if (done?.told && place === this.#place) this.#tell(done.told);
    else if (done?.told) this.#keep(place, done.told);
    return done !== null;
  }

  /** The text is another one. */
  async changed() {
    const text = this.#input.value;
    if (!text.startsWith("/")) return this.#list.show([]);
    this.#known ??= await this.#source.list();
    return this.#list.show(completions(this.#known ?? [], this.#input.value).slice(0, MOST));
  }

  /** Another place is on show, or none (null): what a command told is of its own. */
  turnTo(place) {
    this.#place = place;
    this.#told.hidden = true;
    this.#known = null; // others may have been made meanwhile
    this.#list.show([]);
    if (this.#later.has(place)) this.#tell(this.#later.get(place));
    this.#later.delete(place);
  }

  /** Take a key while commands are listed; whether it was taken. */
  key(event) {
    return this.#list.key(event, ({ name }) => this.#input.value.toLowerCase() === `/${name}`);
  }

  #complete({ name }) {
    const text = `/${name} `;
    change(this.#input, () => ({ text, start: text.length, end: text.length }));
  }

  #keep(place, told) {
    this.#later.set(place, told);
    if (this.#later.size > LATER) this.#later.delete(this.#later.keys().next().value);
  }

  #tell({ html }) {
    this.#told.replaceChildren(
      h(
        "div",
        { class: "told-words" },
        h("p", { class: "told-note" }, icon("eye"), "Only you see this"),
        wideScrolledByKeys(h("div", { class: "prose" }, sanitised(html))),
      ),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => (this.#told.hidden = true) },
        icon("close"),
      ),
    );
    this.#told.hidden = false;
  }
}
