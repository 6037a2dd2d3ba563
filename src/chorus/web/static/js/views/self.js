/** The foot of the sidebar: who one is, the theme, and the way out. */

import { h, icon } from "../dom.js";
import { THEMES, chooseTheme, chosenTheme } from "../theme.js";
import { avatar } from "./avatar.js";

const SIGNS = { system: "monitor", light: "sun", dark: "moon" };
const LABELS = { system: "System", light: "Light", dark: "Dark" };

/**
 * {elements, update(me)}: the foot's button and its menu, and what draws them for oneself as one is called now.
 *
 * `more`: [{testid, sign, words, run, off}] that stand before the way out; off: it is there to say why it cannot be used.
 */
export function selfMenu({ more = [], onSignOut }) {
  const person = h("div", { class: "menu-person" });
  const choices = h(
    "div",
    { class: "segments", role: "radiogroup", "aria-label": "Theme" },
    THEMES.map((theme) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "theme",
          value: theme,
          checked: chosenTheme() === theme,
          class: "unseen",
          dataset: { testid: `theme-${theme}` },
          onchange: () => chooseTheme(theme),
        }),
        icon(SIGNS[theme]),
        h("span", {}, LABELS[theme]),
      ),
    ),
  );
  const menu = h(
    "div",
    { class: "menu self-menu", id: "self-menu", popover: "auto" },
    person,
    h("p", { class: "menu-label" }, "Theme"),
    choices,
    h("hr", {}),
    [...more, { testid: "sign-out", sign: "sign-out", words: "Sign out", run: onSignOut }].map(
      ({ testid, sign, words, run, off = false }) =>
        h(
          "button",
          { type: "button", class: "menu-item", disabled: off, dataset: { testid }, onclick: () => (menu.hidePopover(), run()) },
          icon(sign),
          words,
        ),
    ),
  );
  const button = h("button", {
    type: "button",
    class: "self-button",
    popovertarget: "self-menu",
    dataset: { testid: "self" },
  });
  const update = (me) => {
    person.replaceChildren(avatar(me), h("div", {}, h("strong", {}, me.name), h("span", {}, `@${me.handle}`)));
    button.replaceChildren(
      avatar(me, "small"),
      h("span", { class: "nav-name" }, me.name),
      icon("more"),
      h("span", { class: "unseen" }, "Account and theme"),
    );
  };
  return { elements: [button, menu], update };
}
