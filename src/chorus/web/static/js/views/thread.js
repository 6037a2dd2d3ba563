/** A thread beside the channel, or over it on a phone: the message, what was replied, and a composer of its own. */

import { h, icon } from "../dom.js";
import { rowsOf } from "../state/rows.js";
import { labelOf } from "../state/titles.js";
import { attachingTo } from "./attaching.js";
import { namesIn } from "./completions.js";
import { Composer } from "./composer.js";
import { overPage } from "./dialog.js";
import { dropZone } from "./dropping.js";
import { archivedBar } from "./intro.js";
import { Rows } from "./rows.js";
import { TypingLine } from "./typing.js";

const AT_END = 48; // pixels from the end that still count as the end
const MOST_TOLD = 1000; // replies the server tells of one thread

export class ThreadPanel {
  element;
  #actions;
  #rows;
  #scroller;
  #composer;
  #typing = new TypingLine();
  #archived = archivedBar();
  #where = h("span", { class: "soft" });
  #note = h("div", { class: "thread-note", role: "status", hidden: true });
  #shown = null; // channel/seq of the thread on show
  #opener = null; // what had the focus before
  #sought = null; // the target that was gone to

  constructor({ store, actions, drafts, begun }) {
    this.#actions = actions;
    this.#rows = new Rows(actions, { begun, inThread: true });
    this.#scroller = h(
      "div",
      { class: "thread-scroll", role: "log", "aria-live": "off", "aria-label": "Thread", tabindex: "0" },
      this.#rows.element,
      this.#note,
    );
    this.#composer = new Composer({
      drafts,
      testid: "thread-composer",
      label: () => "Reply in thread",
      onSend: (_key, text, files) => this.#send(text, files),
      attaching: attachingTo(store, actions, (key) => Number(key.split("/")[0])),
      commands: { list: actions.commands, run: (key, text) => runIn(actions, key, text) },
      names: namesIn(() => store.state, actions),
      onTyping: (key, active) => actions.typing(...key.split("/").map(Number), active),
      onPage: (direction) => this.#scroller.scrollBy({ top: direction * this.#scroller.clientHeight * 0.85 }),
      onEditLast: () => this.#editLast(),
    });
    this.element = h(
      "aside",
      {
        class: "thread",
        "aria-label": "Thread",
        hidden: true,
        dataset: { testid: "thread" },
        onkeydown: (event) => {
          if (event.key !== "Escape" || overPage()) return;
          event.stopPropagation();
          actions.closeThread();
        },
      },
      h(
        "header",
        { class: "main-head thread-head" },
        h("div", { class: "channel-words" }, h("h2", { class: "channel-title" }, "Thread"), this.#where),
        h(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": "Close thread",
            title: "Close",
            dataset: { testid: "close-thread" },
            onclick: () => actions.closeThread(),
          },
          icon("close"),
        ),
      ),
      this.#scroller,
      this.#composer.element,
      this.#archived,
      this.#typing.element,
    );
    this.element.append(
      dropZone(this.element, {
        accepts: () => !this.#composer.element.hidden,
        words: () => "Drop files to attach them to your reply",
        onFiles: (files) => this.#composer.attach(files),
      }),
    );
  }

  update(state) {
    const { thread } = state;
    const key = thread && `${thread.channel}/${thread.seq}`;
    if (key !== this.#shown) this.#turnTo(key, state.open);
    if (!thread) return;
    const channel = state.channels[thread.channel];
    const archived = channel?.archived ?? false;
    this.#archived.hidden = !archived;
    this.#composer.turnTo(archived ? null : { id: key });
    this.#where.textContent = channel ? labelOf(channel, state) : "";
    const ended = this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight <= AT_END;
    this.#draw(state, thread);
    this.#typing.update(state, thread.channel, thread.seq);
    if (!this.#toTarget(state) && ended) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** A key pressed among the replies is meant for the next one. */
  takesTyping(event) {
    this.#composer.takesTyping(event);
  }

  /** What was begun here was written on elsewhere. */
  draftChanged(place) {
    this.#composer.draftChanged(place);
  }

  #turnTo(key, open) {
    if (this.#shown === null) this.#opener = document.activeElement;
    const [channel, root] = this.#shown?.split("/").map(Number) ?? [];
    const held = document.activeElement === document.body || this.element.contains(document.activeElement);
    this.#shown = key;
    this.#rows.clear();
    this.element.hidden = key === null;
    if (key === null) this.#composer.turnTo(null);
    if (key === null && held && channel === open) this.#giveBack(root);
  }

  /** The focus of the thread goes to what had it before or, where that was drawn anew, to the thread's message. */
  #giveBack(root) {
    const message = () => document.querySelector(`.main .message[data-seq="${root}"]`);
    (this.#opener?.isConnected ? this.#opener : message())?.focus({ preventScroll: true });
  }

  /** Go to the reply that a permalink named, once, as soon as it is drawn; whether that was now. */
  #toTarget({ target, thread }) {
    if (target === null || target === this.#sought || target.channel !== thread.channel) return false;
    if (target.seq === thread.seq || !this.#rows.seek(target.seq)) return false;
    this.#sought = target;
    return true;
  }

  #draw(state, thread) {
    const loaded = thread.state === "ready";
    const unsent = state.outbox.filter((item) => item.channel === thread.channel && item.thread === thread.seq);
    const rows = rowsOf({
      entries: [...(thread.root ? [thread.root] : []), ...thread.replies],
      unsent: loaded ? unsent : [],
      me: state.me.id,
      shown: () => true,
    });
    this.#rows.show(state, rows);
    const cut = loaded && thread.replies.length >= MOST_TOLD && "Only the newest replies are shown.";
    const none = loaded && thread.replies.length + unsent.length === 0 && "No replies yet. Yours is the first.";
    this.#note.hidden = loaded && !cut && !none;
    if (thread.state === "failed") {
      const again = () => this.#actions.openThread(thread.channel, thread.seq);
      this.#note.replaceChildren(
        "The thread could not be loaded. ",
        h("button", { type: "button", class: "link", onclick: again }, "Try again"),
      );
    } else this.#note.textContent = loaded ? cut || none || "" : "Loading replies …";
  }

  #send(text, files) {
    const [channel, seq] = this.#shown.split("/").map(Number);
    const taken = this.#actions.send(channel, text, seq, files);
    if (taken) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    return taken;
  }

  #editLast() {
    return this.#rows.editLast();
  }
}

/** A command that was typed in a thread: `key` is "channel/seq". */
function runIn(actions, key, text) {
  const [channel, thread] = key.split("/").map(Number);
  return actions.runCommand(channel, text, thread);
}
