/** The line of a form that says what the server refused; everything else is a fault, and is thrown on. */

import { ApiError, complaint } from "../api.js";
import { h } from "../dom.js";

/**
 * `words`: what an ApiError is told as, when not in the server's own words.
 *
 * Gives {line, attempt}: `attempt(work)` shows in the line why the work was refused, and gives that ApiError; null when
 * it went well.
 */
export function alertLine(words = (error) => complaint(error).words) {
  const line = h("p", { class: "form-alert", role: "alert", hidden: true });

  async function attempt(work) {
    line.hidden = true;
    try {
      await work();
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      line.textContent = words(error);
      line.hidden = false;
      return error;
    }
  }

  return { line, attempt };
}
