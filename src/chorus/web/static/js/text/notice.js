/** What a notification of a message says. Pure. */

import { calls } from "../state/messages.js";
import { isConversation, labelOf, nameOf } from "../state/titles.js";

const LONGEST = 200; // characters; browsers show fewer

/**
 * What to tell of an entry to whoever is not looking: {title, body, tag}; or null, where nobody is meant by it.
 *
 * Told is what calls one, and what is said in one's direct messages and groups. One `tag` a message: of several tabs
 * that tell it, the browser shows one.
 */
export function noticeOf(entry, { accounts, channels, me }) {
  const channel = channels[entry.channel];
  if (!channel?.member || entry.kind !== "posted" || entry.deleted || entry.sender === me.id) return null;
  if (!isConversation(channel) && !calls(entry.mentions, me.id)) return null;
  const name = nameOf(accounts[entry.sender], accounts);
  const alone = channel.kind === "direct";
  return {
    title: alone ? name : `${name} in ${labelOf(channel, { accounts, me })}`,
    body: bodyOf(entry),
    tag: `${entry.channel}/${entry.seq}`,
  };
}

function bodyOf({ text, files }) {
  if (text) return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
  return (files ?? []).map(({ name }) => name).join(", ");
}
