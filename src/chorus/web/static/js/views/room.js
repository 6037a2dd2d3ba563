/** How much may still be written in a field, shown beside it and read out when it matters. */

import { h } from "../dom.js";
import { LONGEST, roomWords } from "../text/room.js";

export class Room {
  #shown = h("span", { class: "composer-room", "aria-hidden": "true", hidden: true });
  #said = h("span", { class: "unseen", role: "status" });
  elements = [this.#shown, this.#said];

  /** Whether a text has room; `kept`: whether it is kept when one leaves. */
  update(text, kept = true) {
    const over = text.length > LONGEST;
    const { shown, said } = roomWords(text.length, kept);
    this.#shown.hidden = shown === "";
    this.#shown.classList.toggle("over", over);
    this.#shown.textContent = shown;
    if (this.#said.textContent !== said) this.#said.textContent = said;
    return !over;
  }
}
