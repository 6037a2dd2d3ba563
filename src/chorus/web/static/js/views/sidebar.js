/** The left side: the server, the channels one is in, the conversations, and oneself. */

import { arrange, h, icon } from "../dom.js";
import { conversations, joined, mentioned, unread } from "../state/channels.js";
import { channelsWithFailed } from "../state/outbox.js";
import { mayTakePart } from "../state/rights.js";
import { othersIn, signOf, titleOf } from "../state/titles.js";
import { avatar } from "./avatar.js";
import { withPresence } from "./presence.js";
import { selfMenu } from "./self.js";

const MOST = 99; // a larger count says "99+"

export class Sidebar {
  element;
  #channels = h("ul", { class: "nav-list" });
  #conversations = h("ul", { class: "nav-list" });
  #scroller;
  #self;
  #forMembers; // buttons that guests have no use for
  #items = new Map(); // key → {element, signature}
  #me = null; // oneself, as the foot shows it
  #refused = new Set(); // channels in which a message of one's own was refused
  #shown = {}; // the parts of the state that are on show

  constructor({ server, onCreate, onBrowse, onTalk, onPeople, onSwitch, onPick, self }) {
    this.#self = selfMenu(self);
    const adder = (words, testid, onclick) =>
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": words, title: words, dataset: { testid }, onclick },
        icon("plus"),
      );
    const more = (sign, words, testid, onclick) =>
      h(
        "button",
        { type: "button", class: "nav-item quiet", dataset: { testid }, onclick },
        icon(sign),
        h("span", { class: "nav-name" }, words),
      );
    const creating = adder("Create a channel", "create-channel", onCreate);
    const browsing = more("compass", "Browse channels", "browse-channels", onBrowse);
    const talking = adder("New message", "new-conversation", onTalk);
    this.#forMembers = [creating, browsing, talking];
    this.#scroller = h(
      "div",
      { class: "sidebar-scroll" },
      h(
        "section",
        { "aria-labelledby": "channels-title" },
        h("div", { class: "nav-head" }, h("h2", { id: "channels-title" }, "Channels"), creating),
        this.#channels,
        browsing,
      ),
      h(
        "section",
        { "aria-labelledby": "conversations-title" },
        h("div", { class: "nav-head" }, h("h2", { id: "conversations-title" }, "Direct messages"), talking),
        this.#conversations,
        more("people", "People", "browse-people", onPeople),
      ),
    );
    this.element = h(
      "nav",
      { class: "sidebar", id: "sidebar", "aria-label": "Channels and people" },
      h(
        "header",
        { class: "sidebar-head" },
        h("img", { src: "/icons/chorus.svg", alt: "", width: 28, height: 28 }),
        h("span", { class: "server-name" }, server.name),
      ),
      h(
        "button",
        { type: "button", class: "switch-box", onclick: onSwitch, "aria-keyshortcuts": "Control+K Meta+K" },
        icon("search"),
        h("span", {}, "Find a channel"),
        h("kbd", {}, isApple() ? "⌘K" : "Ctrl K"),
      ),
      this.#scroller,
      h("div", { class: "self" }, this.#self.elements),
    );
    for (const list of [this.#channels, this.#conversations]) {
      list.addEventListener("click", (event) => event.target.closest("a") && onPick());
    }
  }

  update(state) {
    const { channels, accounts, open, presence, outbox, me } = state;
    if (me !== this.#me) this.#turnInto(me);
    const parts = { channels, accounts, open, presence, outbox };
    if (Object.keys(parts).every((part) => parts[part] === this.#shown[part])) return;
    this.#refused = channelsWithFailed(outbox);
    arrange(
      this.#channels,
      joined(channels).map((channel) => this.#channel(channel, state)),
    );
    arrange(
      this.#conversations,
      conversations(state).map((channel) => this.#channel(channel, state)),
    );
    if (open !== this.#shown.open) this.#reveal(this.#scroller.querySelector("[aria-current]"));
    this.#shown = parts;
  }

  /** Scroll the list alone: the sidebar of a phone is out of view as a whole. */
  #reveal(link) {
    if (!link) return;
    const [at, view] = [link, this.#scroller].map((element) => element.getBoundingClientRect());
    this.#scroller.scrollTop += Math.min(0, at.top - view.top) + Math.max(0, at.bottom - view.bottom);
  }

  #turnInto(me) {
    this.#me = me;
    this.#self.update(me);
    for (const button of this.#forMembers) button.hidden = !mayTakePart(me);
  }

  #channel(channel, state) {
    const isOpen = channel.id === state.open;
    const count = unread(channel);
    const calls = channel.kind === "direct" ? 0 : mentioned(channel); // there, all of it is for the reader
    const title = titleOf(channel, state);
    const other = channel.kind === "direct" ? othersIn(channel, state)[0] : null;
    const present = other && state.presence[other.id];
    const ambiguous = other && other.id !== state.me.id && title !== other.name;
    const refused = this.#refused.has(channel.id);
    return this.#kept(`channel:${channel.id}`, [title, channel.kind, count, calls, isOpen, present, refused], () =>
      h(
        "li",
        {},
        h(
          "a",
          {
            href: `#/channels/${channel.id}`,
            class: `nav-item ${count || calls ? "unread" : ""}`,
            "aria-current": isOpen && "page",
            title: title.length > 24 ? title : null,
            dataset: { testid: other ? `talk-with-${other.handle}` : `channel-${channel.name || channel.id}` },
          },
          other ? withPresence(avatar(other, "small"), present) : icon(signOf(channel)),
          h("span", { class: "nav-name" }, ambiguous ? other.name : title),
          ambiguous && h("span", { class: "nav-note" }, `@${other.handle}`),
          refused && h("span", { class: "nav-refused" }, icon("alert"), h("span", { class: "unseen" }, " a message was not sent")),
          calls > 0 &&
            h(
              "span",
              { class: "count calls", dataset: { testid: "mentions" } },
              `@${calls > MOST ? `${MOST}+` : calls}`,
              h("span", { class: "unseen" }, calls === 1 ? " mention of you" : " mentions of you"),
            ),
          count > 0 &&
            h(
              "span",
              { class: "count", dataset: { testid: "unread" } },
              count > MOST ? `${MOST}+` : String(count),
              h("span", { class: "unseen" }, " unread"),
            ),
        ),
      ),
    );
  }

  /** The element made for `key`, made again only when what it shows has changed; focus stays where it was. */
  #kept(key, shown, make) {
    const signature = JSON.stringify(shown);
    const known = this.#items.get(key);
    if (known?.signature === signature) return known.element;
    const element = make();
    const focused = known?.element.contains(document.activeElement);
    known?.element.replaceWith(element);
    if (focused) element.querySelector("a")?.focus();
    this.#items.set(key, { element, signature });
    return element;
  }
}

function isApple() {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}
