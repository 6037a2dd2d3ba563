/** What is to go with the next message: files on their way up, and those that are there. */

import { ApiError } from "../api.js";
import { h, icon } from "../dom.js";
import { sizeWords } from "../text/size.js";

const MOST = 10; // files the server takes with one message

export class Tray {
  element = h("ul", { class: "tray", "aria-label": "Attachments", hidden: true, dataset: { testid: "tray" } });
  #items = new Map(); // a number → {file, told, state, element, under}
  #next = 0;
  #limit;
  #upload;
  #withdraw;
  #onChange;
  #onTrouble;

  /**
   * Args:
   *   limit: bytes one file may have.
   *   upload: (file, onProgress) → {done, abort}.
   *   withdraw: (file id) gives an upload up.
   *   onChange: called when the tray is another one.
   *   onTrouble: (words) when a file cannot be taken.
   */
  constructor({ limit, upload, withdraw, onChange, onTrouble }) {
    this.#limit = limit;
    this.#upload = upload;
    this.#withdraw = withdraw;
    this.#onChange = onChange;
    this.#onTrouble = onTrouble;
  }

  get empty() {
    return this.#items.size === 0;
  }

  /** Whether everything in it has arrived. */
  get ready() {
    return [...this.#items.values()].every(({ told }) => told !== null);
  }

  /** What the server told of the files, in the order they were added. */
  get files() {
    return [...this.#items.values()].map(({ told }) => told);
  }

  /** Begin to upload these. */
  add(files) {
    for (const file of files) {
      if (this.#items.size >= MOST) return this.#onTrouble(`A message takes at most ${MOST} files.`);
      if (file.size > this.#limit) {
        this.#onTrouble(`“${file.name}” has ${sizeWords(file.size)}; files may have ${sizeWords(this.#limit)}.`);
      } else if (file.size === 0) this.#onTrouble(`“${file.name}” is empty.`);
      else this.#begin(file);
    }
    return undefined;
  }

  /** It was sent: the tray is empty again. */
  clear() {
    this.#items.clear();
    this.#draw();
  }

  async #begin(file) {
    const number = this.#next++;
    const bar = h("i", { class: "tray-bar" });
    const element = this.#card(number, file, bar);
    const item = { file, told: null, element, under: null };
    this.#items.set(number, item);
    this.#draw();
    item.under = this.#upload(file, (part) => (bar.style.width = `${Math.round(part * 100)}%`));
    try {
      item.told = await item.under.done;
      element.classList.add("done");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#items.delete(number)) this.#onTrouble(`“${file.name}” was not attached. ${error.message}`);
    }
    this.#draw();
  }

  #card(number, file, bar) {
    const picture = file.type.startsWith("image/") && file.type !== "image/svg+xml";
    return h(
      "li",
      { class: "tray-item", dataset: { testid: "attachment" } },
      picture ? thumbnail(file) : h("span", { class: "tray-sign" }, icon("file")),
      h("span", { class: "tray-words" }, h("b", {}, file.name), h("small", {}, sizeWords(file.size))),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": `Remove ${file.name}`, onclick: () => this.#remove(number) },
        icon("close"),
      ),
      bar,
    );
  }

  #remove(number) {
    const item = this.#items.get(number);
    this.#items.delete(number);
    this.#draw();
    if (item?.told) this.#withdraw(item.told.id);
    else item?.under?.abort();
  }

  #draw() {
    this.element.replaceChildren(...[...this.#items.values()].map(({ element }) => element));
    this.element.hidden = this.empty;
    this.#onChange();
  }
}

function thumbnail(file) {
  const address = URL.createObjectURL(file);
  const release = () => URL.revokeObjectURL(address);
  return h("img", { class: "tray-picture", src: address, alt: "", onload: release, onerror: release });
}
