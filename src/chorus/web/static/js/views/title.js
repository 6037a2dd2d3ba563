/** The tab: how much is unread, where one is, and a dot on the picture. */

import { unreadInAll } from "../state/channels.js";

export function titleOf({ channels, open }, server) {
  const count = unreadInAll(channels);
  const place = channels[open] ? `${channels[open].name} · ${server.name}` : server.name;
  return count > 0 ? `(${count}) ${place}` : place;
}

export function showTitle(state, server) {
  const title = titleOf(state, server);
  if (document.title === title) return;
  document.title = title;
  const picture = title.startsWith("(") ? "/icons/chorus-unread.svg" : "/icons/chorus.svg";
  const link = document.querySelector("link[rel=icon]");
  if (link.getAttribute("href") !== picture) link.setAttribute("href", picture);
}
