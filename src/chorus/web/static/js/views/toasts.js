/** Short notices at the edge of the page: what went wrong and what to do, gone by themselves while nobody is at them. */

import { h, icon } from "../dom.js";

const STAYS = 8_000; // milliseconds
const AT_ONCE = 3;

export class Toasts {
  element = h("div", { class: "toasts", role: "status", "aria-live": "polite", popover: "manual" });

  /** `action` is {label, run} or null. */
  error(text, action = null) {
    this.#show("alert", text, action);
  }

  notice(text, action = null) {
    this.#show("check", text, action);
  }

  #show(sign, text, action) {
    const same = [...this.element.children].find((toast) => toast.dataset.text === text);
    same?.remove();
    const toast = h(
      "div",
      { class: `toast toast-${sign}`, dataset: { text } },
      icon(sign),
      h("p", {}, text),
      action &&
        h(
          "button",
          { type: "button", class: "toast-action", onclick: () => (toast.remove(), action.run()) },
          action.label,
        ),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => toast.remove() },
        icon("close"),
      ),
    );
    while (this.element.children.length >= AT_ONCE) this.element.firstElementChild.remove();
    this.#raise();
    this.element.append(toast); // into what is shown already: else it would not be read out
    leaveLater(toast);
  }

  /** A popover shown last stands over the dialogs that were shown before it. */
  #raise() {
    if (this.element.matches(":popover-open")) this.element.hidePopover();
    this.element.showPopover();
  }
}

/** Whoever points at it, or has the focus in it, is on the way to its buttons, or reads. */
function leaveLater(toast) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? leaveLater(toast) : toast.remove()), STAYS);
}
