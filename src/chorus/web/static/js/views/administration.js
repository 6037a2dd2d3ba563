/** For those who run the server: how long messages are kept, taking data out, and what was done by whom. */

import { h } from "../dom.js";
import { deed, who } from "../text/audit.js";
import { inFull } from "../text/time.js";
import { alertLine } from "./alert.js";
import { choice } from "./choice.js";
import { openDialog } from "./dialog.js";
import { exportButton } from "./export.js";
import { retentionField } from "./retention.js";
import { scrolledByKeys } from "./scrolled.js";

const KINDS = [
  ["", "Everything"],
  ["account.", "People"],
  ["invite.", "Invites"],
  ["channel.", "Channels"],
  ["message.", "Messages"],
  ["retention.", "Retention"],
  ["export.", "Exports"],
];

export function administrationDialog({ store, api }) {
  const kind = choice("Show", "audit-kind", KINDS, "");
  const { line: alert, attempt } = alertLine();
  const list = scrolledByKeys(h("ul", { class: "audit-list", dataset: { testid: "audit" } }));
  const more = h("button", { type: "button", class: "button small", hidden: true, onclick: () => load(next) }, "Show older");
  const kept = h("section", {});
  const taken = exporting({ store, api });
  let next = null;
  kind.input.addEventListener("change", () => load(null));
  openDialog({
    title: "Administration",
    kind: "tall wide",
    body: h(
      "div",
      { class: "dialog-body administration" },
      kept,
      taken,
      h("div", { class: "audit-head" }, h("h3", {}, "What was done"), kind.element),
      alert,
      list,
      more,
    ),
  });
  load(null);
  attempt(async () => {
    const { days } = await api.retention();
    kept.replaceChildren(
      retentionField({ testid: "retention-server", days, save: (wanted) => api.setRetention(wanted) }),
      h("p", { class: "soft" }, "A channel may say something else in its details."),
    );
  });

  async function load(before) {
    await attempt(async () => {
      const page = await api.audit({ act: kind.input.value, before });
      if (before === null) list.replaceChildren();
      list.append(...page.lines.map(row));
      if (list.childElementCount === 0) list.append(h("li", { class: "browse-none" }, "Nothing yet."));
      next = page.next;
      more.hidden = next === null;
    });
  }

  function row(line) {
    const { accounts } = store.state;
    return h(
      "li",
      { class: "audit-row", dataset: { act: line.act } },
      h("span", {}, h("strong", {}, who(line.actor, accounts)), " ", deed(line, store.state)),
      h("small", {}, [inFull(new Date(line.at)), line.address].filter(Boolean).join(" · ")),
    );
  }
}

/** The server, or one channel: what one who runs the server may read as well. */
function exporting({ store, api }) {
  const { channels } = store.state;
  const readable = Object.values(channels)
    .filter(({ name, kind, member }) => name && (kind === "public" || member))
    .sort((one, other) => one.name.localeCompare(other.name));
  const options = [["/export", "All channels that you may read"]].concat(
    readable.map(({ id, name }) => [`/channels/${id}/export`, `#${name}`]),
  );
  const what = choice("Export", "export-what", options, "/export");
  const { button, alert } = exportButton({ api, words: "Export", testid: "export", from: () => what.input.value });
  return h("section", { class: "exporting" }, h("div", { class: "exporting-what" }, what.element, button), alert);
}
