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
