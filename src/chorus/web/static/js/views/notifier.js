/** Tells on the desktop what calls the reader while they are not looking at the page; if they want it, in this browser. */

import { h } from "../dom.js";
import { noticeOf } from "../text/notice.js";

const KEPT = "notifications";

export class Notifier {
  /** What stands in the menu. */
  words = h("span", {});
  #kept;
  #state;
  #onOpen;
  #toasts;

  /** `state()`: the page's; `onOpen(channel, seq)`: a notification was clicked; seq is null but of a reply. */
  constructor({ kept, state, onOpen, toasts }) {
    this.#kept = kept;
    this.#state = state;
    this.#onOpen = onOpen;
    this.#toasts = toasts;
    this.#show();
  }

  /** Turn it on, for which the browser asks whoever reads; or off. */
  async toggle() {
    if (this.#on) this.#kept.write(KEPT, false);
    else if (!globalThis.Notification || !isSecureContext) {
      this.#toasts.error("This browser shows notifications only of pages with https.");
    } else if ((await Notification.requestPermission()) === "granted") {
      this.#kept.write(KEPT, true);
      this.#toasts.notice("You will be notified of mentions and direct messages while you are not looking.");
    } else this.#toasts.error("The browser does not allow this page to notify you. You can change that in its settings for this page.");
    this.#show();
  }

  /** An entry that was written just now. */
  heard(entry) {
    if (!this.#on || (document.visibilityState === "visible" && document.hasFocus())) return;
    const notice = noticeOf(entry, this.#state());
    if (!notice) return;
    const { title, body, tag } = notice;
    try {
      const shown = new Notification(title, { body, tag, icon: "/icons/chorus.svg" });
      shown.onclick = () => {
        shown.close();
        focus();
        this.#onOpen(entry.channel, entry.thread ? entry.seq : null); // of a channel, its first new message
      };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // a phone's browser lets no page do it by itself
    }
  }

  get #on() {
    return this.#kept.read(KEPT, false) && globalThis.Notification?.permission === "granted";
  }

  #show() {
    this.words.textContent = this.#on ? "Turn off notifications" : "Turn on notifications";
  }
}
