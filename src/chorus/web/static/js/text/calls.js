/** Calling people as one types: an @ before the caret and what follows it. Pure. */

import { plain } from "../state/titles.js";

const BEGUN = /(?<![\w@/.+-])@([\p{L}\p{N}._-]{0,32})$/u;
const MOST = 8; // that are offered at once

/** What calls everybody in a channel. */
const GROUPS = [
  { handle: "channel", name: "Everybody in the channel" },
  { handle: "here", name: "Everybody in the channel" },
];

/** Where a call stands that is being typed, and what there is of it: {start, typed}; or null. */
export function callBegun(text, caret) {
  const found = BEGUN.exec(text.slice(0, caret));
  return found ? { start: found.index, typed: found[1] } : null;
}

/** Those whose handle, or a word of whose name, begins with what was typed; handles first, then by name. */
export function callable({ accounts, me }, typed) {
  const wanted = plain(typed);
  const order = new Intl.Collator();
  const people = Object.values(accounts)
    .filter((account) => account.id !== me.id && !account.deactivated)
    .map((account) => ({ account, rank: rankOf(account, wanted) }))
    .filter(({ rank }) => rank !== null)
    .sort((one, other) => one.rank - other.rank || order.compare(one.account.name, other.account.name))
    .map(({ account }) => account);
  const groups = GROUPS.filter(({ handle }) => handle.startsWith(wanted));
  return [...people.slice(0, MOST - groups.length), ...groups];
}

function rankOf({ handle, name }, wanted) {
  if (handle.toLocaleLowerCase().startsWith(wanted)) return 0;
  const words = plain(name).split(/[\s.-]+/);
  return words.some((word) => word.startsWith(wanted)) ? 1 : null;
}
