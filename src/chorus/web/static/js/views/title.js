/** The tab: how much is unread, where one is, and a dot on the picture. */

import { unreadInAll } from "../state/channels.js";
import { titleOf } from "../state/titles.js";

export function tabTitle(state, server) {
  const channel = state.channels[state.open];
  const count = unreadInAll(state.channels);
  const place = channel ? `${titleOf(channel, state)} · ${server.name}` : server.name;
  return count > 0 ? `(${count}) ${place}` : place;
}

export function showTitle(state, server) {
  const title = tabTitle(state, server);
  if (document.title === title) return;
  document.title = title;
  const picture = title.startsWith("(") ? "/icons/chorus-unread.svg" : "/icons/chorus.svg";
  const link = document.querySelector("link[rel=icon]");
  if (link.getAttribute("href") !== picture) link.setAttribute("href", picture);
}
