/** Markdown by a button or a key, in whatever field messages are written. */

import { letterOf } from "../text/keys.js";
import { fenced, linked, prefixed, replaced, surrounded } from "../text/markup.js";

const MOST_LINES = 100; // that are put in as if typed: browsers do each with two events of its own

/** Each: what it is called, its icon, its key with Ctrl or Cmd, and what it makes of a text with a selection. */
export const FORMATS = [
  { name: "Bold", sign: "bold", key: "b", edit: (at) => surrounded(at, "**") },
  { name: "Italic", sign: "italic", key: "i", edit: (at) => surrounded(at, "*") },
  { name: "Strikethrough", sign: "strike", edit: (at) => surrounded(at, "~~") },
  { name: "Link", sign: "link", edit: linked },
  { name: "Code", sign: "code", key: "e", edit: (at) => surrounded(at, "`") },
  { name: "Code block", sign: "code-block", edit: fenced },
  { name: "Quote", sign: "quote", edit: (at) => prefixed(at, "> ") },
  { name: "List", sign: "list", edit: (at) => prefixed(at, "- ") },
];

/** What a key press asks for, as an edit; or null. */
export function editOf(event) {
  const command = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  return (command && FORMATS.find(({ key }) => key && key === letterOf(event))?.edit) || null;
}

/** Change a field's text and selection as if that had been typed: the field is told, and can undo it. */
export function change(field, edit) {
  const { value: text, selectionStart: start, selectionEnd: end } = field;
  const next = edit({ text, start, end });
  field.focus({ preventScroll: true });
  type(field, replaced(text, next.text));
  field.setSelectionRange(next.start, next.end);
}

/** Browsers undo what is done by this command, and nothing that is done to `value`. */
function type(field, { from, to, words }) {
  if (from === to && !words) return;
  field.setSelectionRange(from, to);
  const done = words.split("\n").length <= MOST_LINES && typed(words);
  if (done) return;
  field.setRangeText(words, from, to, "end");
  field.dispatchEvent(new Event("input"));
}

function typed(words) {
  return words ? document.execCommand("insertText", false, words) : document.execCommand("delete");
}
