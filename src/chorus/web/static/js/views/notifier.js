/** Tells on the desktop what calls the reader while they are not looking at the page; if they want it, in this browser. */

import { h } from "../dom.js";
import { noticeOf } from "../text/notice.js";

const KEPT = "notifications";
const NOT_HERE = "No notifications in this browser";

export class Notifier {
  /** What stands in the menu. */
  words = h("span", {});
  /** Why there is nothing to be turned on, in words; or null. */
  hindrance = hindrance();
  #kept;
  #looking;
  #state;
  #onOpen;
  #toasts;

  /** `looking`: a Looking; `state()`: the page's; `onOpen(channel, seq)`: a notification was clicked; seq is null but of a reply. */
  constructor({ kept, looking, state, onOpen, toasts }) {
    this.#kept = kept;
    this.#looking = looking;
    this.#state = state;
    this.#onOpen = onOpen;
    this.#toasts = toasts;
    this.#show();
  }

  /** Turn it on, for which the browser asks whoever reads; or off. */
  async toggle() {
    if (this.hindrance) this.#toasts.error(`${this.hindrance}.`);
    else if (this.#on) this.#kept.write(KEPT, false);
    else if ((await Notification.requestPermission()) === "granted") {
      this.#kept.write(KEPT, true);
      this.#toasts.notice("You will be notified of mentions and direct messages while you are not looking.");
    } else this.#toasts.error("The browser does not allow this page to notify you. You can change that in its settings for this page.");
    this.#show();
  }

  /** An entry that was written just now. */
  async heard(entry) {
    const notice = this.#on && !this.#looking.here ? noticeOf(entry, this.#state()) : null;
    if (!notice || (await this.#looking.anywhere())) return;
    const { title, body, tag } = notice;
    try {
      const shown = new Notification(title, { body, tag, icon: "/icons/chorus.svg" });
      shown.onclick = () => {
        shown.close();
        focus();
        this.#onOpen(entry.channel, entry.thread ? entry.seq : null); // of a channel, its first new message
      };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.hindrance = NOT_HERE; // it was turned on by a page that did not know
      this.#show();
    }
  }

  get #on() {
    return this.hindrance === null && this.#kept.read(KEPT, false) && globalThis.Notification?.permission === "granted";
  }

  #show() {
    this.words.textContent = this.hindrance ?? (this.#on ? "Turn off notifications" : "Turn on notifications");
  }
}

/** Browsers of phones have the constructor, and throw; what is not allowed yet is made and not shown. */
function hindrance() {
  if (!isSecureContext) return "Notifications need https";
  if (!globalThis.Notification) return NOT_HERE;
  if (Notification.permission === "granted") return null; // it would be shown
  try {
    return new Notification("") && null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return NOT_HERE;
  }
}
