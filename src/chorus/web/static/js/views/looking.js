/** Whether somebody looks at the page, in this tab or in another one of the account's in this browser. */

import { uuid } from "../identity.js";

export class Looking {
  #of; // how the names of the account's locks begin
  #own; // held while this tab is the one that is looked at: one that ends, however it does, holds nothing
  #release = null;

  constructor(account, signal) {
    this.#of = `chorus.${account}.looking.`;
    this.#own = this.#of + uuid();
    addEventListener("focus", () => this.#changed(), { signal });
    addEventListener("blur", () => this.#changed(), { signal });
    document.addEventListener("visibilitychange", () => this.#changed(), { signal });
    signal.addEventListener("abort", () => this.#release?.());
    this.#changed();
  }

  get here() {
    return document.visibilityState === "visible" && document.hasFocus();
  }

  async anywhere() {
    if (this.here) return true;
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    return held.some(({ name }) => name.startsWith(this.#of) && name !== this.#own);
  }

  #changed() {
    if (this.here) this.#release ??= hold(this.#own);
    else {
      this.#release?.();
      this.#release = null;
    }
  }
}

/** Hold a lock where the page is secure, until what is returned is called. */
function hold(name) {
  let release;
  const over = new Promise((resolve) => (release = resolve));
  navigator.locks?.request(name, () => over);
  return release;
}
