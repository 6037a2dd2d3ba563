/** Where messages are written: grows with them, keeps drafts, sends on Enter. */

import { h, icon } from "../dom.js";
import { hasRoomFor } from "../kept.js";
import { composes, letterOf } from "../text/keys.js";
import { filesPasted } from "./attaching.js";
import { CommandBar } from "./commands.js";
import { Completions } from "./completions.js";
import { ends, fingersType } from "./entering.js";
import { change, editOf } from "./formatting.js";
import { Room } from "./room.js";
import { toolbar } from "./toolbar.js";
import { Tray } from "./tray.js";

export class Composer {
  element;
  #input;
  #send;
  #room = new Room();
  #channel = null;
  #drafts;
  #onSend;
  #attaching;
  #trays = new Map(); // channel → its tray, as long as something is in it
  #place = h("div", {});
  #picker;
  #width = 0; // for which the field has its height
  #onTyping;
  #label;
  #commands;
  #completions;

  /**
   * Args:
   *   drafts: {read(channel) → text, write(channel, text)}.
   *   onSend: (channel, text, files) → whether it was taken.
   *   attaching: {limit(), upload(channel, file, onProgress), withdraw(id), complain(words)}.
   *   commands: {list() → commands or null, run(channel, text) → {entry, told} or null}.
   *   names: {people(typed), places(typed), emoji(typed), named()} → what an @, a # or a colon may become, and all emoji.
   *   onTyping: (channel, whether there is text) after each change.
   *   onPage: (-1 | 1) pages the timeline.
   *   onEditLast: Up in an empty composer: edits one's last message.
   *   label: channel → what the composer is called.
   *   testid: what tests find it by.
   */
  constructor({
    drafts,
    onSend,
    attaching,
    commands,
    names,
    onTyping,
    onPage,
    onEditLast,
    label = ({ label }) => `Message ${label}`,
    testid = "composer",
  }) {
    this.#drafts = drafts;
    this.#label = label;
    this.#onSend = onSend;
    this.#attaching = attaching;
    this.#onTyping = onTyping;
    this.#input = h("textarea", {
      class: "composer-input",
      rows: "1",
      dataset: { testid },
      autocomplete: "off",
      oninput: () => (this.#changed(), this.#onTyping(this.#channel, this.#input.value.trim() !== "")),
      onkeydown: (event) => this.#key(event, onPage, onEditLast),
      onpaste: (event) => this.#paste(event),
    });
    this.#commands = new CommandBar(this.#input, commands);
    this.#completions = new Completions(this.#input, names);
    this.#picker = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      dataset: { testid: `${testid}-files` },
      onchange: () => {
        this.attach([...this.#picker.files]);
        this.#picker.value = "";
      },
    });
    this.#send = h(
      "button",
      {
        type: "submit",
        class: "send",
        "aria-label": "Send message",
        title: "Send",
        dataset: { testid: testid === "composer" ? "send" : `${testid}-send` },
        disabled: true,
      },
      icon("send"),
    );
    this.element = h(
      "form",
      { class: "composer", onsubmit: (event) => (event.preventDefault(), this.#submit()) },
      h(
        "div",
        { class: "composer-box" },
        this.#commands.element,
        this.#completions.element,
        this.#place,
        this.#picker,
        this.#input,
        h(
          "div",
          { class: "composer-bar" },
          toolbar({
            input: this.#input,
            onAttach: () => this.#picker.click(),
            named: names.named,
            testid: `${testid}-emoji`,
          }),
          h(
            "span",
            { class: "composer-hint", "aria-hidden": "true" },
            h("kbd", {}, "Shift"),
            " + ",
            h("kbd", {}, "Enter"),
            " for a new line",
          ),
          this.#room.elements,
          this.#send,
        ),
      ),
    );
    const soon = () => requestAnimationFrame(() => this.#grow()); // at once would be a loop: what changes size is measured anew
    const resized = () => this.#width !== this.element.clientWidth && soon();
    new ResizeObserver(resized).observe(this.element);
  }

  /** Attach files to the next message of the channel that is on show. */
  attach(files) {
    if (files.length === 0 || this.#channel === null) return;
    this.#tray().add(files);
    this.focus();
  }

  /** Put words before what is written. */
  insert(words) {
    change(this.#input, ({ text }) => {
      const end = words.length + text.length;
      return { text: words + text, start: end, end };
    });
  }

  /** What is kept of this place has changed elsewhere. */
  draftChanged(place) {
    if (place !== String(this.#channel)) return;
    this.#input.value = this.#drafts.read(this.#channel);
    this.#refresh();
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** Show the composer for a channel, with what was left in it; null hides it. */
  turnTo(channel) {
    const place = channel?.id ?? null;
    this.element.hidden = place === null;
    if (place === this.#channel) return;
    this.#channel = place;
    this.#commands.turnTo(place);
    if (place === null) return;
    this.#input.value = this.#drafts.read(channel.id);
    this.#input.placeholder = this.#label(channel);
    this.#input.setAttribute("aria-label", this.#label(channel));
    this.#showTray();
    this.#completions.clear();
    this.#refresh();
    if (!fingersType()) this.focus();
  }

  /** A key pressed where nothing takes it is meant for the message, and so is what is pasted there. */
  takesTyping(event) {
    const command = event.ctrlKey || event.metaKey;
    const pastes = command && !event.altKey && letterOf(event) === "v";
    const plain = (!command && !event.altKey) || event.getModifierState("AltGraph");
    if ((pastes || (plain && event.key.length === 1)) && !this.element.hidden) this.focus();
  }

  #submit() {
    const text = this.#input.value.replace(/^\n+|\s+$/g, ""); // a first line's indentation may be code
    const tray = this.#trays.get(this.#channel);
    const files = tray?.ready ? tray.files : [];
    if (files.length === 0 && !this.#send.disabled && this.#commands.takes(text)) return void this.#run(text);
    if (tray?.trouble) return void this.#attaching.complain(tray.trouble);
    if (this.#send.disabled || !this.#onSend(this.#channel, text, files)) return;
    this.#input.value = "";
    tray?.clear();
    this.#changed();
    this.focus();
  }

  /** Have a command done; what was typed comes back when it was not. */
  async #run(text) {
    const channel = this.#channel;
    this.#input.value = "";
    this.#changed();
    const done = await this.#commands.run(channel, text);
    const shown = channel === this.#channel;
    if (done || (shown ? this.#input.value : this.#drafts.read(channel))) return;
    if (!shown) return this.#drafts.write(channel, text);
    this.#input.value = text;
    this.#changed();
  }

  #key(event, onPage, onEditLast) {
    if (composes(event)) return;
    if (this.#commands.key(event) || this.#completions.key(event)) return;
    if (ends(event)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" && !this.#input.value && !event.altKey && !event.shiftKey) {
      if (onEditLast()) event.preventDefault();
    } else if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      onPage(event.key === "PageUp" ? -1 : 1);
    } else if (editOf(event)) {
      event.preventDefault();
      change(this.#input, editOf(event));
    }
  }

  #paste(event) {
    const files = event.clipboardData ? filesPasted(event.clipboardData) : [];
    if (files.length === 0) return;
    event.preventDefault();
    this.attach(files);
  }

  #tray() {
    const channel = this.#channel;
    const known = this.#trays.get(channel);
    if (known) return known;
    const { limit, upload, withdraw, complain } = this.#attaching;
    const tray = new Tray({
      limit: limit(),
      upload: (file, onProgress) => upload(channel, file, onProgress),
      withdraw,
      onTrouble: complain,
      onChange: () => {
        if (tray.empty) this.#trays.delete(channel);
        if (channel === this.#channel) this.#refresh();
      },
    });
    this.#trays.set(channel, tray);
    this.#showTray();
    return tray;
  }

  #showTray() {
    const tray = this.#trays.get(this.#channel);
    this.#place.replaceChildren(...(tray ? [tray.element] : []));
  }

  #changed() {
    this.#drafts.write(this.#channel, this.#input.value);
    this.#commands.changed();
    this.#completions.changed();
    this.#refresh();
  }

  #refresh() {
    const text = this.#input.value;
    const fits = this.#room.update(text, hasRoomFor(text));
    const tray = this.#trays.get(this.#channel);
    const something = text.trim() !== "" || (tray && !tray.empty);
    this.#send.disabled = !fits || !something || (tray && !tray.ready) || false;
    this.#grow();
  }

  /** As tall as what is written; the style sheet says how tall at most. */
  #grow() {
    this.#width = this.element.clientWidth;
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }
}
