/** The tools of a composer: attach a file, pick an emoji, format what is written. */

import { h, icon } from "../dom.js";
import { inserted } from "../text/markup.js";
import { FORMATS, change } from "./formatting.js";
import { openPicker } from "./picker.js";

/**
 * Args:
 *   input: the text field that the tools change.
 *   onAttach: a file is to be picked.
 *   named: () → all emoji that have names.
 *   testid: what tests find the emoji button by.
 */
export function toolbar({ input, onAttach, named, testid }) {
  return h(
    "div",
    { class: "tools", role: "toolbar", "aria-label": "Formatting" },
    attachTool(onAttach),
    emojiTool(input, named, testid),
    FORMATS.map((format) => formatTool(input, format)),
  );
}

function attachTool(onclick) {
  return h(
    "button",
    {
      type: "button",
      class: "icon-button attach",
      "aria-label": "Attach files",
      title: "Attach files",
      dataset: { testid: "attach" },
      onclick,
    },
    icon("clip"),
  );
}

function emojiTool(input, named, testid) {
  const onPick = (emoji) => change(input, inserted(emoji));
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "Emoji",
      title: "Emoji",
      dataset: { testid },
      onclick: () => openPicker(button, { label: "Choose an emoji", named, onPick }),
    },
    icon("smile"),
  );
  return button;
}

/** A press on it leaves the text field focused, and so its selection as it is. */
function formatTool(input, { name, sign, key, edit }) {
  return h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": name,
      title: key ? `${name} (Ctrl ${key.toUpperCase()})` : name,
      tabindex: "-1",
      onmousedown: (event) => event.preventDefault(),
      onclick: () => change(input, edit),
    },
    icon(sign),
  );
}
