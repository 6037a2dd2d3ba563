/** Dates in words, in the reader's language. Pure but for the language. */

const formats = new Map(); // making one costs more than using it a hundred times
const DAY = 24 * 60 * 60 * 1000;

/** 16:04 or 4:04 PM. */
export function clock(date, locale) {
  return formatted(date, locale, { hour: "numeric", minute: "2-digit" });
}

/** The whole of it, for a tooltip. */
export function inFull(date, locale) {
  return formatted(date, locale, { dateStyle: "full", timeStyle: "medium" });
}

/** Today, Yesterday, a weekday with its date, and the year when it is another. */
export function dayName(date, now, locale) {
  const days = Math.round((midnight(now) - midnight(date)) / DAY);
  if (days === 0 || days === 1) {
    return capitalised(new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day"), locale);
  }
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  return formatted(date, locale, { weekday: "long", day: "numeric", month: "long", ...year });
}

function formatted(date, locale, options) {
  const key = JSON.stringify([locale, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key).format(date);
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function capitalised(word, locale) {
  return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
}
