/** Put text on the clipboard; the newer way exists only where the page is secure. */
export async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea");
  box.className = "unseen";
  box.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(box); // beside an open dialog nothing can be selected
  box.select();
  document.execCommand("copy");
  box.remove();
}
