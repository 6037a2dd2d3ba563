/** Completing what is typed before the caret. Pure. */

/** The text with what begins at `start` made whole, and where the caret is then: {text, caret}. */
export function completed(text, caret, { start }, whole) {
  const rest = text.slice(caret).replace(/^ /, "");
  return { text: `${text.slice(0, start)}${whole} ${rest}`, caret: start + whole.length + 1 };
}
