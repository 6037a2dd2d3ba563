/** The bar over the timeline: which channel this is, how the connection does, and the way to the sidebar on a phone. */

import { h, icon } from "../dom.js";
import { connectionSign } from "./connection.js";

export class Header {
  element;
  #title = h("h1", { class: "channel-title" });
  #topic = h("p", { class: "channel-topic" });
  #members = h("span", { class: "members" });
  #connection = connectionSign();
  #menu;
  #badge = h("span", { class: "menu-badge", hidden: true });
  #shown = null;

  constructor({ onMenu, onLeave, onSearch }) {
    this.#menu = h(
      "button",
      { type: "button", class: "icon-button", popovertarget: "channel-menu", "aria-label": "Channel menu" },
      icon("more"),
    );
    const popover = h(
      "div",
      { class: "menu channel-menu", id: "channel-menu", popover: "auto" },
      h(
        "button",
        {
          type: "button",
          class: "menu-item",
          dataset: { testid: "leave-channel" },
          onclick: () => (popover.hidePopover(), onLeave()),
        },
        icon("sign-out"),
        "Leave channel",
      ),
    );
    this.element = h(
      "header",
      { class: "main-head" },
      h(
        "button",
        {
          type: "button",
          class: "icon-button opener",
          "aria-label": "Open channel list",
          "aria-controls": "sidebar",
          dataset: { testid: "open-sidebar" },
          onclick: onMenu,
        },
        icon("menu"),
        this.#badge,
      ),
      h("div", { class: "channel-words" }, this.#title, this.#topic),
      this.#connection.element,
      this.#members,
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": "Search messages",
          title: "Search messages (Ctrl Shift F)",
          "aria-keyshortcuts": "Control+Shift+F Meta+Shift+F",
          dataset: { testid: "open-search" },
          onclick: onSearch,
        },
        icon("search"),
      ),
      this.#menu,
      popover,
    );
  }

  update({ channel, connection, unreadElsewhere }) {
    this.#connection.update(connection);
    this.#badge.hidden = unreadElsewhere === 0;
    const shown = JSON.stringify([channel?.id, channel?.name, channel?.topic, channel?.members, channel?.member]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#title.replaceChildren(...(channel ? [icon("hash"), channel.name] : []));
    this.#topic.textContent = channel?.topic ?? "";
    this.#members.replaceChildren(...(channel ? [icon("people"), String(channel.members)] : []));
    this.#members.title = channel ? `${channel.members} ${channel.members === 1 ? "member" : "members"}` : "";
    this.#menu.hidden = !channel?.member;
  }
}
