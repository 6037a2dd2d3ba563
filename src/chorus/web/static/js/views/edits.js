/** What a message was before it was edited, wording after wording. */

import { h, sanitised } from "../dom.js";
import { clock, dayName } from "../text/time.js";
import { openDialog } from "./dialog.js";
import { scrolledByKeys, wideScrolledByKeys } from "./scrolled.js";

/** Show the wordings of the row's message, the newest first. */
export async function openEdits(row, actions) {
  const edits = await actions.edits(row.source.channel, row.seq);
  if (edits === null) return;
  const list = edits.toReversed().map(({ at, html }, number) => {
    const date = new Date(at);
    const words = `${dayName(date, new Date())}, ${clock(date)}`;
    return h(
      "li",
      { class: "wording" },
      h("time", { datetime: at }, number === 0 ? `${words}, as it is now` : words),
      wideScrolledByKeys(h("div", { class: "prose" }, sanitised(html))),
    );
  });
  const wordings = h("ol", { class: "wordings", dataset: { testid: "edits" } }, list);
  openDialog({ title: "History of this message", body: scrolledByKeys(wordings) });
}
