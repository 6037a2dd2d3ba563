/** The left side: the server, the channels one is in, the people, and oneself. */

import { arrange, h, icon } from "../dom.js";
import { joined, mentioned, unread } from "../state/channels.js";
import { avatar } from "./avatar.js";
import { withPresence } from "./presence.js";
import { selfMenu } from "./self.js";

const MOST = 99; // a larger count says "99+"

export class Sidebar {
  element;
  #channels = h("ul", { class: "nav-list" });
  #people = h("ul", { class: "nav-list" });
  #self = h("div", { class: "self" });
  #items = new Map(); // key → {element, signature}
  #shown = {}; // the parts of the state that are on show

  constructor({ server, onCreate, onBrowse, onSwitch, onSignOut, onPick }) {
    const adder = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Create a channel",
        title: "Create a channel",
        dataset: { testid: "create-channel" },
        onclick: onCreate,
      },
      icon("plus"),
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
      h(
        "div",
        { class: "sidebar-scroll" },
        h(
          "section",
          { "aria-labelledby": "channels-title" },
          h("div", { class: "nav-head" }, h("h2", { id: "channels-title" }, "Channels"), adder),
          this.#channels,
          h(
            "button",
            { type: "button", class: "nav-item quiet", dataset: { testid: "browse-channels" }, onclick: onBrowse },
            icon("compass"),
            h("span", { class: "nav-name" }, "Browse channels"),
          ),
        ),
        h(
          "section",
          { "aria-labelledby": "people-title" },
          h("div", { class: "nav-head" }, h("h2", { id: "people-title" }, "People")),
          this.#people,
        ),
      ),
      this.#self,
    );
    this.#channels.addEventListener("click", (event) => event.target.closest("a") && onPick());
    this.#onSignOut = onSignOut;
  }

  #onSignOut;

  update({ channels, accounts, me, open, presence }) {
    if (channels !== this.#shown.channels || open !== this.#shown.open) {
      arrange(
        this.#channels,
        joined(channels).map((channel) => this.#channel(channel, channel.id === open)),
      );
    }
    if (accounts !== this.#shown.accounts || presence !== this.#shown.presence) {
      arrange(
        this.#people,
        oneselfFirst(accounts, me).map((account) => this.#person(account, account.id === me.id, presence[account.id])),
      );
    }
    if (!this.#self.hasChildNodes()) this.#self.append(...selfMenu(me, this.#onSignOut));
    this.#shown = { channels, accounts, open, presence };
  }

  #channel(channel, isOpen) {
    const count = unread(channel);
    const calls = mentioned(channel);
    return this.#kept(`channel:${channel.id}`, [channel.name, count, calls, isOpen], () =>
      h(
        "li",
        {},
        h(
          "a",
          {
            href: `#/channels/${channel.id}`,
            class: `nav-item ${count || calls ? "unread" : ""}`,
            "aria-current": isOpen && "page",
            dataset: { testid: `channel-${channel.name}` },
          },
          icon("hash"),
          h("span", { class: "nav-name" }, channel.name),
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

  #person(account, isMe, present) {
    return this.#kept(`person:${account.id}`, [account.name, account.handle, account.role, present], () =>
      h(
        "li",
        { class: "nav-item person", title: `@${account.handle}` },
        withPresence(avatar(account, "small"), present),
        h("span", { class: "nav-name" }, account.name),
        isMe && h("span", { class: "nav-note" }, "you"),
        !isMe && account.role === "owner" && h("span", { class: "nav-note" }, "owner"),
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

function oneselfFirst(accounts, me) {
  const byName = new Intl.Collator();
  return Object.values(accounts).sort(
    (one, other) => Number(other.id === me.id) - Number(one.id === me.id) || byName.compare(one.name, other.name),
  );
}

function isApple() {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}
