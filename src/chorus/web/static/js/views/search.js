/** Looking for messages: a box that understands filters, what was found with its hits marked, and the way to each. */

import { ApiError } from "../api.js";
import { h, icon } from "../dom.js";
import { labelOf, nameOf } from "../state/titles.js";
import { composes } from "../text/keys.js";
import { dayName, clock } from "../text/time.js";
import { avatar } from "./avatar.js";
import { openDialog } from "./dialog.js";

const PAUSE = 250; // milliseconds after the last key
const FILTERS = [
  ["from:", "a person, or me"],
  ["in:", "a channel"],
  ["before:", "a day, 2026-11-25"],
  ["after:", "a day"],
  ["has:", "link, file, image or code"],
  ["mentions:me", "that call you"],
];

export class SearchDialog {
  #store;
  #actions;
  #onOpen;
  #query = ""; // as it was looked for last
  #hits = [];
  #next = null;
  #asked = 0; // answers of earlier questions are not shown
  #timer = null;
  #dialog = null;
  #input;
  #list;
  #note;

  /** `onOpen(channel, seq)` goes to a message. */
  constructor({ store, actions, onOpen }) {
    this.#store = store;
    this.#actions = actions;
    this.#onOpen = onOpen;
  }

  /** Show it, with what was found last. */
  open() {
    this.#input = h("input", {
      class: "switcher-input",
      type: "search",
      "aria-label": "Search messages",
      placeholder: "Search messages",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: 500,
      dataset: { testid: "search" },
      oninput: () => this.#soon(),
      onkeydown: (event) => this.#key(event),
    });
    this.#input.value = this.#query;
    this.#list = h("ol", { class: "search-list", "aria-label": "Messages found", dataset: { testid: "search-results" } });
    this.#note = h("div", { class: "search-note", role: "status" });
    this.#dialog = openDialog({
      label: "Search messages",
      kind: "search",
      body: h(
        "div",
        { class: "search-body" },
        h("div", { class: "switcher-box" }, icon("search"), this.#input),
        h("div", { class: "search-scroll" }, this.#list, this.#note),
      ),
    });
    this.#dialog.addEventListener("close", () => clearTimeout(this.#timer));
    this.#draw();
    this.#input.focus();
    this.#input.select();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  async #look() {
    clearTimeout(this.#timer);
    this.#query = this.#input.value.trim();
    this.#hits = [];
    this.#next = null;
    if (this.#query === "") {
      this.#asked++;
      return this.#draw();
    }
    return this.#ask();
  }

  async #ask(after = null) {
    const number = ++this.#asked;
    this.#dialog.classList.add("busy");
    try {
      const { hits, next } = await this.#actions.search(this.#query, after);
      if (number !== this.#asked) return;
      this.#hits = after ? [...this.#hits, ...hits] : hits;
      this.#next = next;
      this.#draw();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (number === this.#asked) this.#draw(error.message.replace(/^q: /, ""));
    } finally {
      if (number === this.#asked) this.#dialog.classList.remove("busy");
    }
  }

  #draw(trouble = null) {
    this.#list.replaceChildren(...this.#hits.map((hit) => this.#hit(hit)));
    if (trouble) this.#note.replaceChildren(h("p", {}, capitalised(trouble)));
    else if (this.#query === "") this.#note.replaceChildren(this.#help());
    else if (this.#hits.length === 0) this.#note.replaceChildren(h("p", {}, "Nothing was found."));
    else if (this.#next) this.#note.replaceChildren(this.#more());
    else this.#note.replaceChildren();
  }

  #hit({ entry, excerpt }) {
    const { accounts, channels } = this.#store.state;
    const account = accounts[entry.sender];
    const date = new Date(entry.at);
    return h(
      "li",
      {},
      h(
        "a",
        {
          class: "search-hit",
          href: `#/channels/${entry.channel}/${entry.seq}`,
          dataset: { testid: "search-hit", seq: entry.seq },
          onclick: (event) => {
            event.preventDefault();
            this.#dialog.close();
            this.#onOpen(entry.channel, entry.seq);
          },
        },
        avatar(account),
        h(
          "span",
          { class: "search-words" },
          h(
            "span",
            { class: "search-where" },
            h("b", {}, nameOf(account, accounts)),
            h("span", {}, ` in ${channels[entry.channel] ? labelOf(channels[entry.channel], this.#store.state) : "…"}${entry.thread ? ", in a thread" : ""}`),
            h("time", { datetime: entry.at }, `${dayName(date, new Date())}, ${clock(date)}`),
          ),
          h(
            "span",
            { class: "search-excerpt" },
            excerpt.map((part, at) => (at % 2 ? h("mark", {}, part) : part)),
          ),
        ),
      ),
    );
  }

  #help() {
    return h(
      "div",
      { class: "search-help" },
      h("p", {}, "Words, ", h("q", {}, "phrases in quotes"), ", the beginnings of words with a *, and:"),
      h(
        "div",
        { class: "search-filters" },
        FILTERS.map(([filter, what]) =>
          h(
            "button",
            { type: "button", class: "search-filter", onclick: () => this.#insert(filter) },
            h("code", {}, filter),
            h("span", {}, what),
          ),
        ),
      ),
    );
  }

  #more() {
    const more = () => this.#ask(this.#next);
    return h("button", { type: "button", class: "button", dataset: { testid: "search-more" }, onclick: more }, "Show more");
  }

  #insert(filter) {
    this.#input.value = `${this.#input.value.trim()} ${filter}`.trim();
    this.#input.focus();
    if (filter === "mentions:me") this.#look();
  }

  #key(event) {
    if (composes(event)) return;
    const first = this.#list.querySelector("a");
    if (event.key === "Enter") this.#look();
    else if (event.key === "Escape") this.#dialog.close(); // some browsers would only empty the field
    else if (event.key === "ArrowDown" && first) first.focus();
    else return;
    event.preventDefault();
  }
}

function capitalised(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
