/** Taking data out: the server makes an archive, and the browser saves it as it comes. */

import { complaint } from "../api.js";
import { h } from "../dom.js";
import { alertLine } from "./alert.js";

/**
 * `from`: () → what to take out, a path of the API. The server is asked first whether it may begin: a download that
 * is refused would say nothing to anybody.
 *
 * Gives {button, alert}.
 */
export function exportButton({ api, words, testid, from }) {
  const { line: alert, attempt } = alertLine((error) => (error.status === 429 ? tooMany(error) : complaint(error).words));
  const button = h("button", { type: "button", class: "button small", dataset: { testid }, onclick: take }, words);
  return { button, alert };

  async function take() {
    button.disabled = true;
    try {
      await attempt(async () => {
        const address = await api.exportFrom(from());
        h("a", { href: address, download: "" }).click();
      });
    } finally {
      button.disabled = false;
    }
  }
}

/** Without a body, the answer says only when to ask again. */
function tooMany({ retryAfter }) {
  const wait = retryAfter > 90 ? `${Math.ceil(retryAfter / 60)} minutes` : `${retryAfter ?? 30} seconds`;
  return `An export is on its way, or there were many. Try again in ${wait}.`;
}
