/** How long messages are kept: a choice of days, for the server or for a channel. */

import { h } from "../dom.js";
import { alertLine } from "./alert.js";
import { choice } from "./choice.js";

const FOR_EVER = 0;
const DAYS = [
  [7, "7 days"],
  [30, "30 days"],
  [90, "90 days"],
  [365, "1 year"],
  [FOR_EVER, "For ever"],
];
const AS_THE_SERVER = "";

/**
 * `days`: what holds, null for a channel that says nothing; `inherits`: whether it may; `save(days)` stores it.
 *
 * What is shorter takes messages away for good, so it is asked about first.
 */
export function retentionField({ testid, days, inherits = false, save }) {
  const chosen = days === null ? AS_THE_SERVER : days;
  const known = DAYS.some(([each]) => each === chosen) || chosen === AS_THE_SERVER;
  const options = [
    ...(inherits ? [[AS_THE_SERVER, "As the server says"]] : []),
    ...(known ? [] : [[chosen, `${chosen} days`]]),
    ...DAYS,
  ];
  const field = choice("Messages are kept", testid, options, chosen);
  const { line: alert, attempt } = alertLine();
  let held = field.input.value;
  field.input.addEventListener("change", change);
  return h("div", { class: "retention" }, field.element, alert);

  async function change() {
    const wanted = field.input.value;
    const words = `Messages older than ${wanted} days will be deleted for good within minutes, with their files. Continue?`;
    if (wanted !== AS_THE_SERVER && Number(wanted) !== FOR_EVER && !confirm(words)) {
      field.input.value = held;
      return;
    }
    const refused = await attempt(() => save(wanted === AS_THE_SERVER ? null : Number(wanted)));
    if (refused) field.input.value = held;
    else held = wanted;
  }
}
