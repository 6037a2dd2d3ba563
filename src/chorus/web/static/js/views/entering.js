/** What Enter does in a field that takes several lines: where fingers type there is no Shift + Enter for the next one. */

const touch = matchMedia("(pointer: coarse) and (hover: none)");

/** Whether there is a touch screen and no mouse, and so no keyboard with Shift + Enter. */
export function fingersType() {
  return touch.matches;
}

/** Whether a key press ends the writing: Enter, or where fingers type a keyboard's Enter with Ctrl or Cmd. */
export function ends(event) {
  const plain = event.key === "Enter" && !event.shiftKey && !event.altKey;
  return plain && (!fingersType() || event.ctrlKey || event.metaKey);
}
