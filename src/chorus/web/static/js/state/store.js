/** Holds the state; tells those who watch, once for all the facts of one turn. */

export class Store {
  #state;
  #after;
  #schedule;
  #watchers = new Set();
  #told = true;

  /**
   * Args:
   *   state: to start from.
   *   after: (state, fact) → state.
   *   schedule: runs a function soon; decides how often watchers hear.
   */
  constructor(state, after, schedule = queueMicrotask) {
    this.#state = state;
    this.#after = after;
    this.#schedule = schedule;
  }

  get state() {
    return this.#state;
  }

  /** Apply a fact at once; watchers hear of it soon. */
  apply(fact) {
    const next = this.#after(this.#state, fact);
    if (next === this.#state) return;
    this.#state = next;
    if (!this.#told) return;
    this.#told = false;
    this.#schedule(() => this.flush());
  }

  /** Tell the watchers now, when there is something to tell. */
  flush() {
    if (this.#told) return;
    this.#told = true;
    for (const watcher of [...this.#watchers]) watcher(this.#state);
  }

  /** Call `watcher(state)` after changes; returns what ends it. */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
