/** Who is typing where: [{channel, thread, account, until}]. It ends by itself when nobody says that it goes on. Pure. */

/** Milliseconds for which it is shown after it was said. */
export const LASTS = 6_000;

/** Kept at most; a server tells of a few in each channel. */
const MOST = 50;

/** What the server tells, at `now`: {channel, thread, account, active}. */
export function typed(typing, { channel, thread, account, active }, now) {
  const others = typing.filter((each) => each.channel !== channel || each.account !== account);
  return active ? [...others, { channel, thread, account, until: now + LASTS }].slice(-MOST) : others;
}

/** The account's message is there: it does not type it any more. */
export function fallenSilent(typing, channel, account) {
  const is = (each) => each.channel === channel && each.account === account;
  return typing.some(is) ? typing.filter((each) => !is(each)) : typing;
}

/** Without those of whom nothing was heard for too long. */
export function expired(typing, now) {
  return typing.some(({ until }) => until <= now) ? typing.filter(({ until }) => until > now) : typing;
}

/** The names of those who type in one place, as a sentence; "" when nobody does. */
export function typingWords(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing`;
  if (names.length === 3) return `${names[0]}, ${names[1]} and ${names[2]} are typing`;
  return "Several people are typing";
}
