/** The elements of a list of rows, kept as long as what they show is the same: of the channel, and of a thread. */

import { MOST_EDITS } from "../begun.js";
import { arrange, h } from "../dom.js";
import { dayName } from "../text/time.js";
import { namesIn } from "./completions.js";
import { openEdits } from "./edits.js";
import { Editor } from "./editor.js";
import { isClosed, messageSignature, messageView, redressed } from "./message.js";
import { MessageTools } from "./tools.js";

export class Rows {
  element = h("div", { class: "rows" });
  drawn = new Map(); // key → {element, signature, row}
  #actions;
  #on;
  #tools;
  #begun;
  #editors = new Map(); // "channel/seq" → the editor of that message, also while another channel is on show
  #state = null;

  /** `begun`: edits of before the page was loaded; `inThread`: the rows are a thread's, from which no further thread leads. */
  constructor(actions, { begun, inThread = false, onQuote = null }) {
    this.#actions = actions;
    this.#begun = begun;
    this.#on = {
      retry: (clientId) => actions.retry(clientId),
      discard: (clientId) => actions.discard(clientId),
      copy: (row) => actions.copyText(row.text),
      showEdits: (row) => openEdits(row, actions),
      react: (row, emoji) => actions.toggleReaction(row.source, emoji),
      openThread: inThread ? null : (row) => actions.openThread(row.source.channel, row.seq),
    };
    this.#tools = new MessageTools(actions, { inThread, onEdit: (row) => this.edit(row), onQuote });
    this.element.addEventListener("mouseover", (event) => this.#reach(event.target));
    this.element.addEventListener("focusin", (event) => this.#reach(event.target));
    this.element.addEventListener("mouseleave", () => this.#tools.leave());
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Forget everything drawn: other rows come. An edit that was begun is found again where it was. */
  clear() {
    this.#tools.hide();
    this.#tidy();
    this.drawn.clear();
    this.element.replaceChildren();
  }

  /** Show these rows between `top` and `bottom`: {key, signature, make} or null. */
  show(state, rows, top = null, bottom = null) {
    this.#state = state;
    const focused = this.#focused();
    const drawn = new Map();
    const elements = top ? [this.#kept(drawn, top.key, top.signature, top.make)] : [];
    for (const row of rows) {
      if (row.deleted) this.#forget(keyOf(row));
      elements.push(this.#kept(drawn, row.key, this.#signature(row, state), (known) => this.#element(row, state, known), row));
    }
    if (bottom) elements.push(this.#kept(drawn, bottom.key, bottom.signature, bottom.make));
    this.drawn = drawn;
    arrange(this.element, elements);
    this.#walkable();
    this.#tools.refresh();
    this.#refocus(focused);
  }

  /** Edit a message in its place; an edit that was begun goes on. */
  edit(row) {
    this.#tools.hide();
    const editor = this.#editorOf(row) ?? this.#begin(row);
    this.#tidy(editor);
    this.#redraw();
    editor.focus();
    editor.element.scrollIntoView({ block: "nearest" });
  }

  /** Bring a message into the middle of the view and mark it for a moment; whether it is drawn. */
  seek(seq) {
    const row = this.element.querySelector(`.message[data-seq="${seq}"]`);
    if (!row) return false;
    row.scrollIntoView({ block: "center" });
    for (const before of this.element.querySelectorAll(".sought")) before.classList.remove("sought");
    row.classList.add("sought");
    row.focus({ preventScroll: true });
    row.addEventListener("animationend", () => row.classList.remove("sought"), { once: true });
    return true;
  }

  /** Edit the reader's last message that is shown; whether there is one. */
  editLast() {
    const mine = ({ row }) => row?.type === "message" && row.seq !== null && !row.deleted && row.sender === this.#state.me.id;
    const last = [...this.drawn.values()].filter(mine).at(-1);
    if (last) this.edit(last.row);
    return Boolean(last);
  }

  #begin(row, begun = null) {
    const key = keyOf(row);
    const editor = new Editor(row, {
      begun,
      names: namesIn(() => this.#state, this.#actions),
      save: async (text) => {
        const known = this.#textOf(row);
        if (text === known || (await this.#actions.edit(row.source.channel, row.seq, text))) this.#endEdit(row, editor);
        else editor.release();
      },
      cancel: () => this.#endEdit(row, editor),
      changed: () => (editor.changed ? this.#begun.write(key, editor.value) : this.#begun.end(key)),
    });
    this.#editors.set(key, editor);
    if (begun !== null) this.#begun.write(key, begun);
    if (this.#editors.size > MOST_EDITS) this.#forget(this.#editors.keys().next().value);
    return editor;
  }

  /** It is over; another one, of this message or of others, is not. */
  #endEdit(row, editor) {
    if (this.#editorOf(row) !== editor) return;
    const focused = editor.element.contains(document.activeElement);
    this.#forget(keyOf(row));
    this.#redraw();
    if (focused) this.element.querySelector(`.message[data-seq="${row.seq}"]`)?.focus({ preventScroll: true });
  }

  /** Editors in which nothing was changed are no edits, but for the one that was just asked for. */
  #tidy(asked = null) {
    for (const [key, editor] of this.#editors) if (editor !== asked && !editor.changed) this.#forget(key);
  }

  #forget(key) {
    this.#editors.delete(key);
    this.#begun.end(key);
  }

  /** What the message says by now: another device may have edited it since. */
  #textOf({ source, seq }) {
    const now = [...this.drawn.values()].find(({ row }) => row?.source?.channel === source.channel && row.seq === seq);
    return now?.row.text;
  }

  /** The editor of a row, or null; one that was begun before the page was loaded is made when its message is seen. */
  #editorOf(row) {
    if (row.seq === null) return null;
    const editor = this.#editors.get(keyOf(row));
    if (editor) return editor;
    const begun = this.#begun.read(keyOf(row));
    const { me, channels } = this.#state;
    if (begun === null || begun === row.text || row.deleted || row.sender !== me.id || isClosed(row, channels)) return null;
    return this.#begin(row, begun);
  }

  /** Draw again what is shown: something outside of the state changed. */
  #redraw() {
    for (const [key, { row, signature }] of this.drawn) {
      if (row?.type !== "message") continue;
      const wanted = this.#signature(row, this.#state);
      if (wanted === signature) continue;
      const known = this.drawn.get(key).element;
      const element = this.#element(row, this.#state, known);
      if (element !== known) known.replaceWith(element);
      this.drawn.set(key, { element, signature: wanted, row });
    }
    this.#walkable();
  }

  /** Where the focus is among the messages: {key, at, thing}, or null. */
  #focused() {
    const at = document.activeElement;
    const message = at?.closest(".message");
    if (!message || !this.element.contains(message)) return null;
    const [key] = [...this.drawn].find(([, { element }]) => element === message) ?? [];
    return { key, at, thing: thingOf(at) };
  }

  /** Its message was drawn anew: the focus goes to the same thing in it, or to the message, and not to the page. */
  #refocus(focused) {
    const message = focused && document.activeElement === document.body && this.drawn.get(focused.key)?.element;
    if (!message) return;
    const quietly = { preventScroll: true };
    message.focus(quietly); // has its tools there
    const same = [...message.querySelectorAll("[data-testid]")].find((each) => thingOf(each) === focused.thing);
    (message.contains(focused.at) ? focused.at : same)?.focus(quietly);
  }

  #signature(row, state) {
    if (row.type === "message") return messageSignature(row, state, this.#editorOf(row) !== null);
    return row.type === "day" ? new Date().toDateString() : "";
  }

  /** `known`: the element that shows this row until now, or null. */
  #element(row, state, known = null) {
    if (row.type === "day") {
      const words = dayName(new Date(row.at), new Date());
      return h("div", { class: "day", role: "separator", "aria-label": words }, h("span", {}, words));
    }
    if (row.type === "new")
      return h("div", { class: "new", role: "separator", "aria-label": "New messages" }, h("span", {}, "New"));
    const editor = this.#editorOf(row)?.element ?? null;
    if (editor && known?.contains(editor)) return redressed(known, row, state, this.#on, editor);
    return messageView(row, state, this.#on, editor);
  }

  #kept(drawn, key, signature, make, row = null) {
    const known = this.drawn.get(key);
    const kept = known?.signature === signature ? { ...known, row } : { signature, element: make(known?.element), row };
    drawn.set(key, kept);
    return kept.element;
  }

  /** The tools come to the message that is pointed at or focused. */
  #reach(target) {
    const element = target.closest?.(".message");
    const row = element && [...this.drawn.values()].find((each) => each.element === element)?.row;
    if (row && row.seq !== null && !row.deleted && !this.#editorOf(row)) {
      const { me, channels } = this.#state;
      this.#tools.show(element, row, me, isClosed(row, channels));
    } else if (element) this.#tools.hide();
  }

  /** One stop for Tab, at the last message; arrows lead from one to the next. */
  #walkable() {
    const all = this.element.querySelectorAll(".message");
    const focused = document.activeElement?.closest?.(".message");
    for (const each of all) each.tabIndex = -1;
    const stop = focused && this.element.contains(focused) ? focused : all[all.length - 1];
    if (stop) stop.tabIndex = 0;
  }

  #key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.altKey || !event.target.matches(".message")) return;
    const all = [...this.element.querySelectorAll(".message")];
    const next = all[all.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}

/** What a button in a message is, so that it can be found in the message as it is drawn next. */
function thingOf({ dataset: { testid, emoji = "" } }) {
  return `${testid} ${emoji}`;
}

function keyOf(row) {
  return `${row.source.channel}/${row.seq}`;
}
