/**
 * The open channel's messages: kept at the end while the reader is there, kept in place while they read what is older.
 *
 * An update may add and remove rows at both ends. So that nothing jumps, the first row in view is measured before and
 * after, and the difference is scrolled; a reader at the end stays at the end, whatever grows there.
 */

import { h, icon } from "../dom.js";
import { unread } from "../state/channels.js";
import { rowsOf } from "../state/rows.js";
import { isAttached, isComplete } from "../state/timeline.js";
import { titleOf } from "../state/titles.js";
import { channelIntro } from "./intro.js";
import { Rows } from "./rows.js";

const AT_END = 48; // pixels from the end that still count as the end
const FAR = 40; // new messages from which on the first of them is sought, as the newest page may not have it
const NEAR = 600; // pixels from an edge at which the next page is asked for

export class TimelineView {
  element;
  #actions;
  #scroller;
  #rows;
  #jump;
  #jumpWords = h("span", {});
  #channel = null;
  #placed = false; // the first page of this channel was shown and the reader put somewhere in it
  #parted = false; // put at the first new message by the update that runs; the state says so with the next one
  #state = null;
  #sought = null; // the target that was gone to
  #ended = ""; // sizes with which the reader was put at the end
  #soughtNew = false; // the first new message was asked for

  #onInvite;

  /** `begun`: edits of before; `onInvite()` leads to invite links; `onQuote(row)` begins a message that quotes the row's. */
  constructor(actions, { begun, onInvite, onQuote }) {
    this.#actions = actions;
    this.#onInvite = onInvite;
    this.#rows = new Rows(actions, { begun, onQuote });
    this.#jump = h(
      "button",
      {
        type: "button",
        class: "jump",
        hidden: true,
        dataset: { testid: "jump-to-latest" },
        onclick: () => actions.returnToEnd(this.#channel),
      },
      icon("arrow-down"),
      this.#jumpWords,
    );
    this.#scroller = h(
      "div",
      { class: "timeline", role: "log", "aria-live": "off", tabindex: "0", dataset: { testid: "timeline" } },
      this.#rows.element,
    );
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const sizes = new ResizeObserver(() => this.#following && this.#toEnd());
    sizes.observe(this.#scroller);
    sizes.observe(this.#rows.element);
    this.element = h("div", { class: "timeline-frame" }, this.#scroller, this.#jump);
  }

  /** Whether the end of the channel is before the reader's eyes. */
  get atEnd() {
    return this.#following && this.#distance() <= AT_END;
  }

  page(direction) {
    this.#scroller.scrollBy({ top: direction * this.#scroller.clientHeight * 0.85 });
  }

  update(state) {
    const channel = state.channels[state.open];
    if (state.open !== this.#channel) this.#turnTo(state.open, channel, state);
    this.#state = state;
    this.#parted = false;
    const timeline = state.timelines[state.open];
    if (!timeline) return this.#rows.clear();

    const anchor = this.#anchor();
    this.#draw(state, channel, timeline);
    if (!this.#toTarget(state)) this.#hold(anchor, timeline, channel);
    this.#showJump(channel, timeline);
    this.#fill(timeline);
    this.#stopSeeking(timeline);
  }

  get #timeline() {
    return this.#state?.timelines[this.#channel];
  }

  get #following() {
    return !this.#parted && (this.#timeline?.following ?? true);
  }

  #turnTo(id, channel, state) {
    this.#channel = id;
    this.#placed = false;
    this.#soughtNew = false;
    this.#rows.clear();
    this.#scroller.setAttribute("aria-label", channel ? `Messages in ${titleOf(channel, state)}` : "Messages");
  }

  /** Edit the reader's last message; whether there is one in the window. */
  editLast() {
    return this.#rows.editLast();
  }

  #draw(state, channel, timeline) {
    const rows = rowsOf({
      entries: timeline.entries,
      unsent: isAttached(timeline) ? state.outbox.filter((item) => item.channel === channel.id && !item.thread) : [],
      me: state.me.id,
      divider: state.divider,
    });
    this.#rows.show(state, rows, this.#top(state, channel, timeline), this.#bottom(state, channel, timeline));
  }

  #top(state, channel, timeline) {
    const alone = Object.keys(state.accounts).length === 1;
    const what = isComplete(timeline) ? "intro" : (state.loading[channel.id] ?? "more");
    const signature = [what, what === "intro" ? `${titleOf(channel, state)}|${channel.topic}|${alone}` : ""].join("|");
    const make = () => {
      if (what === "intro") return channelIntro(channel, state, { alone, onInvite: this.#onInvite });
      if (what === "failed") return failure("Older", () => this.#actions.loadOlder(channel.id));
      return h("div", { class: "older", "aria-hidden": "true" }, skeleton(), skeleton("short"), skeleton());
    };
    return { key: "top", signature, make };
  }

  #bottom(state, channel, timeline) {
    if (isAttached(timeline) || state.loading[channel.id] !== "failed") return null;
    return { key: "bottom", signature: "", make: () => failure("Newer", () => this.#actions.loadNewer(channel.id)) };
  }

  /** The first row in view and where it stands, to be found there again after the update. */
  #anchor() {
    const top = this.#scroller.scrollTop;
    for (const [key, { element }] of this.#rows.drawn) {
      if (key !== "top" && key !== "bottom" && element.offsetTop + element.offsetHeight > top)
        return { key, from: element.offsetTop - top };
    }
    return null;
  }

  #hold(anchor, timeline, channel) {
    if (!this.#placed) {
      if (this.#state.loading[this.#channel] === "around") return undefined;
      if (this.#seeksNew(timeline, channel)) return undefined;
      if (timeline.entries.length === 0 && !isComplete(timeline)) return this.#toEnd();
      this.#placed = true;
      return this.#toFirstNew();
    }
    if (timeline.following) return this.#toEnd();
    const element = anchor && this.#rows.drawn.get(anchor.key)?.element;
    if (element) this.#scroller.scrollTop = element.offsetTop - anchor.from;
  }

  /** Ask for the place of the first new message, once, where the window is far from it; whether that was now. */
  #seeksNew({ floor }, channel) {
    const { divider, target } = this.#state;
    if (this.#soughtNew || target || divider === null || divider >= floor || unread(channel) < FAR) return false;
    this.#soughtNew = true;
    this.#actions.loadAround(channel.id, divider + 1);
    return true;
  }

  /** Go to the message that a permalink named, once, as soon as it is drawn; whether that was now. */
  #toTarget({ target }) {
    if (target === null || target === this.#sought || target.channel !== this.#channel) return false;
    if (!this.#rows.seek(target.seq)) return false;
    this.#sought = target;
    this.#placed = true;
    this.#parted = true;
    return true;
  }

  /** Whoever was led to a message and stands at the end with it is a reader at the end: there is nothing to jump to. */
  #stopSeeking(timeline) {
    if (timeline.following || !this.#placed || !isAttached(timeline) || this.#state.loading[this.#channel]) return;
    if (this.#distance() <= AT_END) this.#actions.scrolled(this.#channel, true);
  }

  #toFirstNew() {
    const divider = this.#rows.drawn.get("new")?.element;
    this.#toEnd();
    if (!divider) return;
    const wanted = divider.offsetTop - this.#scroller.clientHeight * 0.2;
    if (wanted + AT_END >= this.#scroller.scrollTop) return;
    this.#scroller.scrollTop = Math.max(0, wanted);
    // Now, not with the scroll event: what resizes before it must not jump to the end.
    this.#parted = true;
    this.#actions.scrolled(this.#channel, false);
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#ended = this.#sizes();
  }

  #sizes() {
    return `${this.#scroller.scrollHeight}/${this.#scroller.clientHeight}`;
  }

  #distance() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  #scrolled() {
    const timeline = this.#timeline;
    if (!timeline || !this.#placed || this.#state.loading[this.#channel] === "around") return undefined;
    if (this.#following && this.#sizes() !== this.#ended) return this.#toEnd(); // it became another size, as a phone that is turned
    const following = isAttached(timeline) && this.#distance() <= AT_END;
    if (following !== this.#following) this.#actions.scrolled(this.#channel, following);
    return this.#fill(timeline);
  }

  /** Ask for the next page where the reader comes near an edge, or where a page does not fill the view. */
  #fill(timeline) {
    if (this.#state.loading[this.#channel]) return;
    if (!isComplete(timeline) && (!this.#placed || this.#scroller.scrollTop < NEAR))
      this.#actions.loadOlder(this.#channel);
    else if (!isAttached(timeline) && this.#distance() < NEAR) this.#actions.loadNewer(this.#channel);
  }

  #showJump(channel, timeline) {
    const count = unread(channel);
    this.#jump.hidden = timeline.following || !this.#placed;
    this.#jump.classList.toggle("fresh", count > 0);
    this.#jumpWords.textContent =
      count === 0 ? "Jump to latest" : `${count} new ${count === 1 ? "message" : "messages"}`;
  }
}

function failure(which, again) {
  return h(
    "div",
    { class: "older" },
    `${which} messages could not be loaded. `,
    h("button", { type: "button", class: "link", onclick: again }, "Try again"),
  );
}

function skeleton(length = "") {
  return h("div", { class: `skeleton ${length}` }, h("i", {}), h("div", {}, h("i", {}), h("i", {})));
}
