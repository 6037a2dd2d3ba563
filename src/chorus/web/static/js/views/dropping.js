/** Files dragged over the channel: a frame that says where they will go, and what is dropped. */

import { h, icon } from "../dom.js";

/** Watch `place`; `onFiles(files)` when some are dropped, `accepts()` says whether they may be. Returns the frame. */
export function dropZone(place, { accepts, words, onFiles }) {
  const said = h("span", {});
  const frame = h("div", { class: "drop-frame", hidden: true }, icon("clip"), said);
  const carries = (event) => event.dataTransfer?.types.includes("Files") && accepts();
  place.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    said.textContent = words();
    frame.hidden = false;
  });
  place.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  place.addEventListener("dragleave", (event) => {
    if (!place.contains(event.relatedTarget)) frame.hidden = true;
  });
  place.addEventListener("drop", (event) => {
    frame.hidden = true;
    if (!carries(event)) return;
    event.preventDefault();
    onFiles([...event.dataTransfer.files]);
  });
  return frame;
}

/** Files that are dropped where nothing takes them are let go, until the signal: the browser would leave the page to show one. */
export function nothingOpens(signal) {
  const refuse = (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  };
  for (const type of ["dragover", "drop"]) addEventListener(type, refuse, { signal });
}
