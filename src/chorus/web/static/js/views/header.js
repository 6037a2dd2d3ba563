/** The bar over the timeline: which channel this is, how the connection does, and the way to the sidebar on a phone. */

import { h, icon } from "../dom.js";
import { isConversation, othersIn, signOf, titleOf } from "../state/titles.js";
import { avatar } from "./avatar.js";
import { connectionSign } from "./connection.js";

export class Header {
  element;
  #title = h("h1", { class: "channel-title" });
  #topic = h("p", { class: "channel-topic" });
  #members;
  #about;
  #leave;
  #connection = connectionSign();
  #menu;
  #badge = h("span", { class: "menu-badge", hidden: true });
  #shown = null;

  constructor({ onMenu, onLeave, onDetails, onAdd, onSearch, onPins }) {
    this.#members = h("button", {
      type: "button",
      class: "members",
      dataset: { testid: "channel-members" },
      onclick: onDetails,
    });
    this.#menu = h(
      "button",
      { type: "button", class: "icon-button", popovertarget: "channel-menu", "aria-label": "Channel menu" },
      icon("more"),
    );
    const item = (testid, sign, words, run) =>
      h(
        "button",
        { type: "button", class: "menu-item", dataset: { testid }, onclick: () => (popover.hidePopover(), run()) },
        icon(sign),
        words,
      );
    this.#about = [
      item("channel-details", "edit", "Channel details", onDetails),
      item("channel-add", "plus", "Add people", onAdd),
    ];
    this.#leave = item("leave-channel", "sign-out", "Leave channel", onLeave);
    const pins = item("channel-pins", "pin", "Pinned messages", onPins);
    const popover = h(
      "div",
      { class: "menu channel-menu", id: "channel-menu", popover: "auto" },
      this.#about,
      pins,
      this.#leave,
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

  update({ channel, state, connection, unreadElsewhere }) {
    this.#connection.update(connection);
    this.#badge.hidden = unreadElsewhere === 0;
    const title = channel && titleOf(channel, state);
    const shown = JSON.stringify([title, channel?.topic, channel?.members, channel?.member, channel?.archived]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const talk = channel !== null && isConversation(channel);
    const one = channel?.kind === "direct";
    this.#title.replaceChildren(
      ...(channel ? [one ? avatar(othersIn(channel, state)[0], "small") : icon(signOf(channel)), h("span", {}, title)] : []),
    );
    this.#topic.textContent = one ? `@${othersIn(channel, state)[0]?.handle ?? ""}` : (channel?.topic ?? "");
    this.#members.replaceChildren(...(channel ? [icon("people"), String(channel.members)] : []));
    this.#members.title = channel ? `${channel.members} ${channel.members === 1 ? "member" : "members"}` : "";
    this.#members.hidden = !channel?.member || one;
    this.#menu.hidden = !channel?.member || talk;
    this.#about[1].hidden = channel?.archived ?? false;
  }
}
