/** Put text on the clipboard; the newer way exists only where the page is secure. Rejects with a DOMException where it is not allowed. */
export async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const focused = document.activeElement;
  const box = document.createElement("textarea");
  box.className = "unseen";
  box.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(box); // beside an open dialog nothing can be selected
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  focused?.focus({ preventScroll: true });
  if (!done) throw new DOMException("nothing was copied", "NotAllowedError");
  return undefined;
}
