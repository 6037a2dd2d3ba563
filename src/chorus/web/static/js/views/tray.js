/** What is to go with the next message: files on their way up, those that are there, and those that are to be sent again. */

import { ApiError, mayYetBeTaken } from "../api.js";
import { arrange, h, icon } from "../dom.js";
import { sizeWords } from "../text/size.js";

const MOST = 10; // files the server takes with one message

export class Tray {
  element = h("ul", { class: "tray", "aria-label": "Attachments", hidden: true, dataset: { testid: "tray" } });
  #items = new Map(); // a number → {file, told, failed, element, bar, under}
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

  /** Why it cannot be sent, in words; null when it can. */
  get trouble() {
    if (this.ready) return null;
    const failed = [...this.#items.values()].some((item) => item.failed);
    return failed
      ? "A file did not reach the server. Try again, or remove it."
      : "Files are still on their way up. Send when they have arrived.";
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

  #begin(file) {
    const number = this.#next++;
    const bar = h("i", { class: "tray-bar" });
    this.#items.set(number, { file, told: null, failed: false, element: this.#card(number, file, bar), bar, under: null });
    this.#send(number);
  }

  async #send(number) {
    const item = this.#items.get(number);
    const { file, element, bar } = item;
    item.failed = false;
    element.classList.remove("failed");
    this.#draw();
    item.under = this.#upload(file, (part) => (bar.style.width = `${Math.round(part * 100)}%`));
    try {
      item.told = await item.under.done;
      element.classList.add("done");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#items.has(number)) this.#fail(number, error);
    }
    this.#draw();
  }

  /** A file that may yet be taken stays, to be sent again: who picked it on a train need not pick it once more. */
  #fail(number, error) {
    const item = this.#items.get(number);
    item.failed = mayYetBeTaken(error.status);
    item.element.classList.toggle("failed", item.failed);
    item.bar.style.width = "0";
    if (!item.failed) this.#items.delete(number);
    this.#onTrouble(`“${item.file.name}” was not attached. ${error.message}`);
  }

  #card(number, file, bar) {
    const picture = file.type.startsWith("image/") && file.type !== "image/svg+xml";
    return h(
      "li",
      { class: "tray-item", dataset: { testid: "attachment" } },
      picture ? thumbnail(file) : h("span", { class: "tray-sign" }, icon("file")),
      h(
        "span",
        { class: "tray-words" },
        h("b", {}, file.name),
        h("small", {}, sizeWords(file.size)),
        h(
          "button",
          { type: "button", class: "link", "aria-label": `Try again to attach ${file.name}`, onclick: () => this.#send(number) },
          "Try again",
        ),
      ),
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
    arrange(
      this.element,
      [...this.#items.values()].map(({ element }) => element),
    );
    this.element.hidden = this.empty;
    this.#onChange();
  }
}

function thumbnail(file) {
  const address = URL.createObjectURL(file);
  const release = () => URL.revokeObjectURL(address);
  return h("img", { class: "tray-picture", src: address, alt: "", onload: release, onerror: release });
}
