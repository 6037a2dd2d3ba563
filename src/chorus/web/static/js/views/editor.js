/** A message's text being edited in its place: Enter saves (not where fingers type), Escape leaves it as it was. */

import { h } from "../dom.js";
import { composes } from "../text/keys.js";
import { Completions } from "./completions.js";
import { ends } from "./entering.js";
import { change, editOf } from "./formatting.js";
import { Room } from "./room.js";

export class Editor {
  element;
  #before;
  #input;
  #save;
  #room = new Room();
  #completions;

  #changed;

  /**
   * Args:
   *   row: the message's.
   *   begun: what stood in it when the page was left, or null.
   *   names: as a composer's.
   *   save, cancel: (text) and () when the person asks for it; `changed`: () after each key.
   */
  constructor(row, { begun = null, names, save, cancel, changed }) {
    this.#changed = changed;
    this.#input = h("textarea", {
      class: "editor-input",
      rows: "1",
      "aria-label": "Edit message",
      dataset: { testid: "editor" },
      oninput: () => (this.#completions.changed(), this.#grow(), this.release(), this.#changed()),
      onkeydown: (event) => this.#key(event, cancel),
    });
    this.#before = row.text;
    this.#input.value = begun ?? row.text;
    this.#completions = new Completions(this.#input, names);
    this.#save = h("button", { type: "submit", class: "button small primary", dataset: { testid: "save-edit" } }, "Save");
    this.element = h(
      "form",
      {
        class: "editor",
        onsubmit: (event) => {
          event.preventDefault();
          if (this.#save.disabled) return;
          this.#save.disabled = true;
          save(this.#text);
        },
      },
      this.#input,
      this.#completions.element,
      h(
        "div",
        { class: "editor-bar" },
        this.#room.elements,
        h("button", { type: "button", class: "button small", onclick: cancel }, "Cancel"),
        this.#save,
      ),
    );
    this.release();
    requestAnimationFrame(() => this.#grow()); // one that was begun before takes no focus
  }

  focus() {
    this.#grow();
    this.#input.focus({ preventScroll: true });
    this.#input.setSelectionRange(this.#input.value.length, this.#input.value.length);
  }

  /** It was changed, or not saved: the person may save it, if anything stands in it. */
  release() {
    const fits = this.#room.update(this.#input.value);
    this.#save.disabled = !fits || !this.#text;
  }

  /** Whether something else stands in it than at first. */
  get changed() {
    return this.#input.value !== this.#before;
  }

  get value() {
    return this.#input.value;
  }

  get #text() {
    return this.#input.value.replace(/^\n+|\s+$/g, "");
  }

  #key(event, cancel) {
    if (composes(event) || this.#completions.key(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      cancel();
    } else if (ends(event)) {
      event.preventDefault();
      this.element.requestSubmit();
    } else if (editOf(event)) {
      event.preventDefault();
      change(this.#input, editOf(event));
    }
  }

  #grow() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight + 2}px`;
  }
}
