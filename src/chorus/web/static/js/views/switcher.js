/** Ctrl+K: type a few letters, go to a channel or a person. A combobox over a list, as WAI-ARIA describes it. */

import { h, icon } from "../dom.js";
import { conversations, inOrder, matching, unread } from "../state/channels.js";
import { mayTakePart } from "../state/rights.js";
import { byName, nameOf, othersIn, signOf, titleOf } from "../state/titles.js";
import { composes } from "../text/keys.js";
import { openDialog } from "./dialog.js";

const MOST = 8;

export function openSwitcher({ state, onOpen, onTalk, onCreate }) {
  const candidates = candidatesOf(state, { onOpen, onTalk });
  const creates = mayTakePart(state.me);
  const list = h("ul", { class: "switcher-list", role: "listbox", id: "switcher-list", "aria-label": "Channels" });
  const input = h("input", {
    class: "switcher-input",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "switcher-list",
    "aria-label": "Find a channel or a person",
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
    label: "Find a channel or a person",
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
    options = found.map((place) => ({ place, run: place.run }));
    if (creates && typed && !found.some(({ name }) => name === typed)) options.push({ create: typed, run: () => onCreate(typed) });
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
          option.place
            ? [
                icon(option.place.sign),
                h("span", { class: `switcher-name ${option.place.unread ? "unread" : ""}` }, option.place.name),
                h("small", {}, option.place.note),
                option.place.unread > 0 && h("span", { class: "count" }, String(option.place.unread)),
              ]
            : [icon("plus"), h("span", {}, `Create “${option.create}”`)],
        ),
      ),
    );
    input.setAttribute("aria-activedescendant", options.length ? `switcher-${index}` : "");
  }

  function key(event) {
    if (composes(event)) return;
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

/** Channels, conversations, and the people one has no conversation with yet. */
function candidatesOf(state, { onOpen, onTalk }) {
  const talks = conversations(state);
  const known = new Set(talks.filter(({ kind }) => kind === "direct").flatMap(({ people }) => people));
  const others = byName(state.accounts).filter(({ id, deactivated }) => id !== state.me.id && !known.has(id) && !deactivated);
  return [
    ...[...inOrder(state.channels).filter(({ archived }) => !archived), ...talks].map((channel) => ({
      name: titleOf(channel, state),
      sign: signOf(channel),
      handle: channel.kind === "direct" ? othersIn(channel, state)[0]?.handle : null,
      note: channel.member ? (channel.topic ?? "") : "not joined",
      unread: unread(channel),
      run: () => onOpen(channel.id),
    })),
    ...others.map((account) => ({
      name: nameOf(account, state.accounts),
      handle: account.handle,
      sign: "at",
      note: `@${account.handle}`,
      unread: 0,
      run: () => onTalk([account.id]),
    })),
  ];
}
