/** What a key press means, whatever the keyboard and the browser. Pure. */

/**
 * Whether an input method has the key, as the Enter that ends a word of it. Safari tells so with the old key code alone, as that
 * Enter comes after the end of the composition there (https://bugs.webkit.org/show_bug.cgi?id=165004).
 */
export function composes({ isComposing, keyCode }) {
  return isComposing || keyCode === 229;
}

/**
 * The Latin letter that a shortcut means, in small; "" for other keys. Where a layout writes other letters (Russian, Greek, Hebrew …)
 * it is the one that the place of the key has elsewhere; where it writes Latin ones it is what is written.
 */
export function letterOf({ key, code = "" }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  const ofPlace = /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() ?? "";
  return /^\p{L}$/u.test(key) ? ofPlace : "";
}
