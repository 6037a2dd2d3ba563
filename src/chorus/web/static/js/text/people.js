/** What a person looks like before there are pictures: initials and a colour. Pure. */

/** Colours there are for avatars; css/avatar.css has one rule for each. */
export const COLOURS = 10;

/** One or two letters: of the first and the last word of a name. */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0].toLocaleUpperCase()).join("") || "?";
}

/** A number in [0, COLOURS) that stays with an account for ever; neighbours' ids look different. */
export function colourOf(id) {
  return (Math.imul(id, 7) >>> 0) % COLOURS;
}

/** A handle to suggest for a name: its letters and digits in lower case, words joined by dots. */
export function handleFor(name) {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ".")
    .replace(/^\.+|\.+$/g, "")
    .slice(0, 32);
}

/** A name a channel may have, made from what is being typed: letters of any script, digits, dashes, underscores. */
export function channelNameFor(typed) {
  return typed
    .toLocaleLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-")
    .replace(/^[-_]+/, "")
    .slice(0, 64);
}
