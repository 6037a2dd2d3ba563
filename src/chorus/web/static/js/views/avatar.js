/** A person's square: initials on a colour that stays theirs. */

import { h } from "../dom.js";
import { colourOf, initials } from "../text/people.js";

export function avatar(account, size = "") {
  const name = account?.name ?? "?";
  return h(
    "span",
    { class: `avatar avatar-${colourOf(account?.id ?? 0)} ${size}`, "aria-hidden": "true" },
    initials(name),
  );
}

/** What stands beside the name of a program's account; null beside a person's. */
export function badge(account) {
  return account?.role === "bot" ? h("span", { class: "bot-badge", dataset: { testid: "bot-badge" } }, "Bot") : null;
}
