/** How the connection does, said quietly and only when it has lasted a moment. */

import { h } from "../dom.js";

const HUSH = 1_000; // milliseconds a break may last unmentioned
const LONG = 10_000; // milliseconds after which it says what that means

export function connectionSign() {
  const words = h("span", {});
  const element = h(
    "div",
    { class: "connection", role: "status", hidden: true },
    h("span", { class: "spinner", "aria-hidden": "true" }),
    words,
  );
  let timers = null;
  let before = false; // whether there has been a connection

  function say(text) {
    element.hidden = false;
    words.textContent = text;
  }

  return {
    element,
    update(connection) {
      if (connection === "online") {
        timers?.forEach(clearTimeout);
        timers = null;
        before = true;
        element.hidden = true;
      } else {
        timers ??= [
          setTimeout(() => say(before ? "Reconnecting…" : "Connecting…"), HUSH),
          setTimeout(() => say("Offline. Messages go out when you are back."), LONG),
        ];
      }
    },
  };
}
