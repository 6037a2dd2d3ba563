/** What can be done with a message: a small toolbar that comes to the one pointed at or focused. */

import { h, icon } from "../dom.js";
import { openDialog } from "./dialog.js";
import { openPicker } from "./picker.js";
import { scrolledByKeys } from "./scrolled.js";

export class MessageTools {
  #actions;
  #onEdit;
  #onQuote;
  #inThread;
  #element = h("div", { class: "message-tools", role: "toolbar", "aria-label": "Message actions" });
  #row = null;
  #closed = false;
  #picker = null;

  constructor(actions, { inThread, onEdit, onQuote }) {
    this.#actions = actions;
    this.#inThread = inThread;
    this.#onEdit = onEdit;
    this.#onQuote = onQuote;
  }

  /** Stand at the row's element; `closed`: it is in an archived channel, to which nothing is added and where nothing changes. */
  show(element, row, me, closed) {
    const known = this.#element.parentNode === element && this.#row?.source === row.source && this.#closed === closed;
    if (this.#picker || known) return;
    this.#row = row;
    this.#closed = closed;
    const mine = !closed && row.sender === me.id;
    const mayDelete = mine || (!closed && (me.role === "owner" || me.role === "admin"));
    const adding = [
      this.#tool("Reply in thread", "reply", "reply", () => this.#actions.openThread(row.source.channel, row.seq)),
      this.#tool("Quote", "quote", "quote", () => this.#onQuote(row)),
      this.#tool(row.pinned ? "Unpin" : "Pin to channel", "pin", "pin", () => this.#actions.togglePin(row.source)),
    ];
    this.#element.replaceChildren(
      ...(closed ? [] : [this.#tool("React", "smile", "react", (button) => this.#react(button))]),
      ...(this.#inThread
        ? []
        : [
            ...(closed ? [] : adding),
            this.#tool("Save for later", "bookmark", "save", () => this.#actions.save(row.source.channel, row.seq)),
            this.#tool("Copy link", "link", "copy-link", () => this.#actions.copyLink(row.source.channel, row.seq)),
            this.#tool("Mark unread from here", "unread", "mark-unread", () =>
              this.#actions.markUnread(row.source.channel, row.seq),
            ),
          ]),
      ...(mine ? [this.#tool("Edit", "edit", "edit", () => this.#onEdit(row))] : []),
      ...(mayDelete ? [this.#tool("Delete", "trash", "delete", () => this.#delete(row))] : []),
    );
    if (this.#element.childElementCount > 0) element.append(this.#element);
    else this.#element.remove();
  }

  /** The pointer went away; a focused toolbar stays. */
  leave() {
    if (!this.#picker && !this.#element.parentNode?.matches(":focus-within")) this.hide();
  }

  hide() {
    this.#element.remove();
    this.#row = null;
  }

  /** Rows were drawn anew: the one it stood at may be another element. */
  refresh() {
    if (this.#row && !this.#element.isConnected) this.#row = null;
  }

  #tool(name, sign, testid, run) {
    const button = h(
      "button",
      {
        type: "button",
        class: `icon-button ${testid === "delete" ? "danger" : ""}`,
        "aria-label": name,
        title: name,
        dataset: { testid: `message-${testid}` },
        onclick: () => run(button),
      },
      icon(sign),
    );
    return button;
  }

  #react(button) {
    const { source } = this.#row;
    this.#picker = openPicker(button, {
      label: "Choose a reaction",
      named: () => this.#actions.emoji(),
      onPick: (emoji) => this.#actions.toggleReaction(source, emoji),
      onClose: () => (this.#picker = null),
    });
  }

  #delete(row) {
    const dialog = openDialog({
      title: "Delete this message?",
      body: h(
        "div",
        { class: "dialog-body" },
        scrolledByKeys(h("blockquote", { class: "deleted-words" }, row.text)),
        h("p", { class: "soft" }, "Its text will be gone for everybody. That cannot be undone."),
        h(
          "div",
          { class: "dialog-foot" },
          h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Keep it"),
          h(
            "button",
            {
              type: "button",
              class: "button danger",
              dataset: { testid: "confirm-delete" },
              onclick: () => (dialog.close(), this.#actions.delete(row.source.channel, row.seq)),
            },
            "Delete",
          ),
        ),
      ),
    });
    dialog.querySelector(".danger").focus();
  }
}
