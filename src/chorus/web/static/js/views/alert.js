/** The line of a dialog that says what the server refused; everything else is a fault, and is thrown on. */

import { ApiError, complaint } from "../api.js";
import { h } from "../dom.js";

/** Gives {line, attempt}: `attempt(work)` shows in the line why the work was refused, if it was. */
export function alertLine() {
  const line = h("p", { class: "form-alert", role: "alert", hidden: true });

  async function attempt(work) {
    line.hidden = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      line.textContent = complaint(error).words;
      line.hidden = false;
    }
  }

  return { line, attempt };
}
