/** How much may still be written, in words. Pure. */

/** Characters the server takes. */
export const LONGEST = 16_000;

const WARNED = 1_000; // characters before the end from which on it is said how many are left

/**
 * {shown, said} of a text of this length; both "" while there is room enough. What is said changes once at each border, for a
 * screen reader would read out every number. `kept`: whether it is kept when one leaves.
 */
export function roomWords(length, kept = true) {
  const left = LONGEST - length;
  if (left > WARNED) return { shown: "", said: "" };
  if (left >= 0) return { shown: `${characters(left)} left`, said: `${WARNED} characters left` };
  if (kept) return { shown: `${characters(-left)} too many`, said: "Too long to be sent" };
  return { shown: `${characters(-left)} too many; not kept when you leave`, said: "Too long to be sent, or to be kept when you leave" };
}

function characters(count) {
  return `${count} ${count === 1 ? "character" : "characters"}`;
}
