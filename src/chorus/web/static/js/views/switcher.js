/** Ctrl+K: type a few letters, go to a channel. A combobox over a list, as WAI-ARIA describes it. */

import { h, icon } from "../dom.js";
import { inOrder, matching, unread } from "../state/channels.js";
import { openDialog } from "./dialog.js";

const MOST = 8;

export function openSwitcher({ channels, onOpen, onCreate }) {
  const candidates = inOrder(channels).map((channel) => ({ ...channel, unread: unread(channel) }));
  const list = h("ul", { class: "switcher-list", role: "listbox", id: "switcher-list", "aria-label": "Channels" });
  const input = h("input", {
    class: "switcher-input",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "switcher-list",
    "aria-label": "Find a channel",
    placeholder: "Where to?",
    autocomplete: "off",
    spellcheck: "false",
    dataset: { testid: "switcher" },
    oninput: () => draw(0),
    onkeydown: key,
  });
  let options = [];
  let chosen = 0;
  const dialog = openDialog({
    label: "Find a channel",
    kind: "switcher",
    body: h(
      "div",
      {},
      h("div", { class: "switcher-box" }, icon("search"), input),
      list,
      h(
        "footer",
        { class: "switcher-foot", "aria-hidden": "true" },
        h("kbd", {}, "↑"),
        h("kbd", {}, "↓"),
        " to choose ",
        h("kbd", {}, "Enter"),
        " to open ",
        h("kbd", {}, "Esc"),
        " to close",
      ),
    ),
  });
  draw(0);
  input.focus();

  function draw(index) {
    const typed = input.value.trim();
    const found = matching(candidates, typed).slice(0, MOST);
    options = found.map((channel) => ({ channel, run: () => onOpen(channel.id) }));
    if (typed && !found.some(({ name }) => name === typed)) options.push({ create: typed, run: () => onCreate(typed) });
    choose(Math.max(0, Math.min(index, options.length - 1)));
  }

  function choose(index) {
    chosen = index;
    list.replaceChildren(
      ...options.map((option, at) =>
        h(
          "li",
          {
            role: "option",
            id: `switcher-${at}`,
            "aria-selected": String(at === index),
            class: "switcher-option",
            onmousemove: () => at !== chosen && choose(at),
            onclick: () => pick(option),
          },
          option.channel
            ? [
                icon("hash"),
                h("span", { class: option.channel.unread ? "unread" : "" }, option.channel.name),
                h("small", {}, option.channel.member ? (option.channel.topic ?? "") : "not joined"),
                option.channel.unread > 0 && h("span", { class: "count" }, String(option.channel.unread)),
              ]
            : [icon("plus"), h("span", {}, `Create “${option.create}”`)],
        ),
      ),
    );
    input.setAttribute("aria-activedescendant", options.length ? `switcher-${index}` : "");
  }

  function key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) choose((chosen + step + options.length) % options.length);
    else if (event.key === "Enter" && options[chosen]) pick(options[chosen]);
    else return;
    event.preventDefault();
  }

  function pick(option) {
    dialog.close();
    option.run();
  }
}
