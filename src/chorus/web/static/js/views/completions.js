/** What an @, a # or a colon may become while it is typed: one for each field in which messages are written. */

import { h } from "../dom.js";
import { callable, callBegun } from "../text/calls.js";
import { completed } from "../text/completing.js";
import { emojiBegun, emojiCalled } from "../text/emoji.js";
import { placeBegun, placesOffered } from "../text/places.js";
import { change } from "./formatting.js";
import { OptionList } from "./options.js";

export class Completions {
  element = h("div", { class: "completions" });
  #input;
  #kinds;

  /** `input`: where it is typed; `among`: {people(typed), places(typed), emoji(typed)} → what that may be, now or as a promise. */
  constructor(input, { people, places, emoji }) {
    this.#input = input;
    this.#kinds = [
      {
        begun: callBegun,
        offered: people,
        complete: ({ handle }) => `@${handle}`,
        whole: ({ handle }, typed) => handle.toLowerCase() === typed.toLowerCase(),
        list: this.#list("People", "calls", ({ handle, name }) => [h("strong", {}, `@${handle}`), about(name)]),
      },
      {
        begun: placeBegun,
        offered: places,
        complete: ({ name }) => `#${name}`,
        whole: ({ name }, typed) => name === typed.toLowerCase(),
        list: this.#list("Channels", "places", ({ name, topic }) => [h("strong", {}, `#${name}`), about(topic)]),
      },
      {
        begun: emojiBegun,
        offered: emoji,
        complete: (option) => option.emoji,
        whole: () => false,
        list: this.#list("Emoji", "emoji-names", (option) => [
          h("span", { class: "option-emoji" }, option.emoji),
          h("strong", {}, `:${option.name}:`),
        ]),
      },
    ];
    this.element.append(...this.#kinds.map(({ list }) => list.element));
    input.addEventListener("blur", () => this.clear());
  }

  /** The text is another one. */
  async changed() {
    const begun = this.#begun();
    for (const kind of this.#kinds) if (kind !== begun?.kind) kind.list.show([]);
    if (!begun) return;
    const options = await begun.kind.offered(begun.typed);
    const now = this.#begun(); // whoever types may have gone on meanwhile
    if (now?.kind === begun.kind && now.typed === begun.typed) begun.kind.list.show(options);
  }

  clear() {
    for (const { list } of this.#kinds) list.show([]);
  }

  /** Take a key while something is listed; whether it was taken. */
  key(event) {
    const begun = this.#begun();
    if (!begun) {
      this.clear(); // the caret went elsewhere
      return false;
    }
    const { kind, typed } = begun;
    return kind.list.key(event, (option) => kind.whole(option, typed));
  }

  #list(label, testid, row) {
    return new OptionList({ input: this.#input, label, testid, row, take: (option) => this.#complete(option) });
  }

  #begun() {
    const { value, selectionStart, selectionEnd } = this.#input;
    if (selectionStart !== selectionEnd || document.activeElement !== this.#input) return null;
    for (const kind of this.#kinds) {
      const begun = kind.begun(value, selectionStart);
      if (begun) return { ...begun, kind };
    }
    return null;
  }

  #complete(option) {
    const begun = this.#begun();
    if (!begun) return;
    const { text, caret } = completed(this.#input.value, this.#input.selectionStart, begun, begun.kind.complete(option));
    change(this.#input, () => ({ text, start: caret, end: caret }));
    this.changed();
  }
}

/** What there is to complete: people and channels that `state()` knows, and the emoji that the server has names for; all of the latter. */
export function namesIn(state, actions) {
  return {
    people: (typed) => callable(state(), typed),
    places: (typed) => placesOffered(state(), typed),
    emoji: async (typed) => emojiCalled(await actions.emoji(), typed),
    named: () => actions.emoji(),
  };
}

function about(words) {
  return h("span", { class: "option-about" }, words);
}
