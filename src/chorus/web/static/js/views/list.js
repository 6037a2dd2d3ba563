/** A dialog with some messages, each of which can be gone to: what is pinned, what was saved. */

import { h, icon, sanitised } from "../dom.js";
import { clock, dayName } from "../text/time.js";
import { avatar } from "./avatar.js";
import { openDialog } from "./dialog.js";

/**
 * Args:
 *   messages: as the server tells them.
 *   none: what is said when there are none.
 *   onOpen: (channel, seq) goes to one.
 *   removing: {name, run(message) → whether it was done}; takes one out of the list.
 */
export function openMessages({ title, messages, none, state, onOpen, removing }) {
  const list = h("ol", { class: "search-list", dataset: { testid: "message-list" } });
  const empty = h("p", { class: "list-empty soft", hidden: messages.length > 0 }, none);
  list.append(...messages.map((message) => item(message)));
  const dialog = openDialog({ title, kind: "messages", body: h("div", { class: "search-scroll" }, list, empty) });

  function item(message) {
    const account = state.accounts[message.sender];
    const date = new Date(message.at);
    const element = h(
      "li",
      { class: "listed" },
      h(
        "a",
        {
          class: "search-hit",
          href: `#/channels/${message.channel}/${message.seq}`,
          onclick: (event) => {
            event.preventDefault();
            dialog.close();
            onOpen(message.channel, message.seq);
          },
        },
        avatar(account),
        h(
          "span",
          { class: "search-words" },
          h("span", { class: "search-where" }, h("b", {}, account?.name ?? "Someone"), h("time", { datetime: message.at }, `${dayName(date, new Date())}, ${clock(date)}`)),
          message.deleted ? h("span", { class: "soft" }, "This message was deleted") : shown(message),
        ),
      ),
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": removing.name,
          title: removing.name,
          onclick: async () => {
            if (!(await removing.run(message))) return;
            element.remove();
            empty.hidden = list.children.length > 0;
          },
        },
        icon("close"),
      ),
    );
    return element;
  }
}

/** The message's words; links in it would be links in a link, so they are only words here. */
function shown({ html, files = [] }) {
  const body = h("span", { class: "prose listed-text" }, sanitised(html));
  for (const link of body.querySelectorAll("a")) link.replaceWith(...link.childNodes);
  if (files.length > 0) body.append(h("small", { class: "soft" }, files.map(({ name }) => name).join(", ")));
  return body;
}
