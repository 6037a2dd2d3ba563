/** The channels that a message names become ways to them: those that the reader sees, which is nobody else's to know. */

import { h } from "../dom.js";
import { placesIn } from "../text/places.js";

const NOT_WITHIN = "a, code, pre"; // what leads elsewhere already, and what is as it was typed

/** Make the names in the text of `element` links, but for what stands in code and in links. */
export function linkPlaces(element, channels) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.includes("#")) texts.push(walker.currentNode);
  for (const text of texts) if (!text.parentElement.closest(NOT_WITHIN)) text.replaceWith(...linked(text.data, channels));
}

function linked(text, channels) {
  const parts = [];
  let done = 0;
  for (const { start, end, channel } of placesIn(text, channels)) {
    const words = text.slice(start, end);
    parts.push(text.slice(done, start), h("a", { class: "place", href: `#/channels/${channel.id}` }, words));
    done = end;
  }
  return [...parts, text.slice(done)];
}
