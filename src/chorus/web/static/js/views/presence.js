/** The dot at somebody's picture: green when they sit there, a ring when they are away, nothing when they are gone. */

import { h } from "../dom.js";

const WORDS = { active: "active", away: "away" };

/** `present` is "active", "away" or undefined; the picture is what `avatar` made. */
export function withPresence(picture, present) {
  const words = WORDS[present] ?? "offline";
  return h(
    "span",
    { class: "with-presence", dataset: { presence: words } },
    picture,
    WORDS[present] && h("i", { class: `presence ${words}` }, h("span", { class: "unseen" }, words)),
  );
}
