/** How long messages are kept: a choice of days, for the server or for a channel. */

import { ApiError, complaint } from "../api.js";
import { h } from "../dom.js";
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
  const alert = h("p", { class: "form-alert", role: "alert", hidden: true });
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
    alert.hidden = true;
    try {
      await save(wanted === AS_THE_SERVER ? null : Number(wanted));
      held = wanted;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      field.input.value = held;
      alert.textContent = complaint(error).words;
      alert.hidden = false;
    }
  }
}
