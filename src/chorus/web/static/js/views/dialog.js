/** A modal dialog: the browser's own, which keeps the focus in and gives it back. */

import { h, icon } from "../dom.js";

/**
 * Show a dialog over the page and return it; dialog.close() ends it.
 *
 * Args:
 *   title: its heading, or null for a dialog that names itself (then give `label`).
 *   body: nodes.
 */
export function openDialog({ title = null, label = title, kind = "", body }) {
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { class: `dialog ${kind}`, "aria-label": label, tabindex: "-1", onclose: () => (held.disconnect(), dialog.remove()) },
    h(
      "div",
      { class: "dialog-card" },
      title &&
        h(
          "header",
          { class: "dialog-head" },
          h("h2", {}, title),
          h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: close }, icon("close")),
        ),
      body,
    ),
  );
  dialog.addEventListener("mousedown", (event) => {
    if (event.target === dialog) close(); // beside the card
  });
  document.body.append(dialog);
  dialog.showModal();
  const held = holdFocus(dialog);
  return dialog;
}

/** Whoever takes something out of a list by its button keeps the focus in the dialog, and not on the page under it. */
function holdFocus(dialog) {
  const lost = () => document.activeElement === document.body && [...document.querySelectorAll("dialog[open]")].at(-1) === dialog;
  const observer = new MutationObserver(() => lost() && dialog.focus());
  observer.observe(dialog, { childList: true, subtree: true });
  return observer;
}

/** Close what is open: the page under it is another one. */
export function closeAll() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const menu of document.querySelectorAll('[popover="auto"]:popover-open')) menu.hidePopover();
}

/** The menu or dialog over the page, which Escape closes first, or null; notices are over it too, but Escape leaves them. */
export function overPage() {
  return document.querySelector('[popover="auto"]:popover-open, dialog[open]');
}
