/** A picture in full over the page; arrows lead through those of its message. */

import { h, icon } from "../dom.js";
import { openDialog } from "./dialog.js";

/** Show `pictures`, as the server tells them, beginning with number `at`. */
export function openLightbox(pictures, at) {
  let shown = at;
  const image = h("img", { class: "lightbox-picture", dataset: { testid: "lightbox" } });
  const name = h("span", { class: "lightbox-name" });
  const save = h("a", { class: "icon-button", "aria-label": "Save", title: "Save" }, icon("download"));
  const several = pictures.length > 1;
  const dialog = openDialog({
    label: "Picture",
    kind: "lightbox",
    body: h(
      "div",
      { class: "lightbox-body" },
      h(
        "header",
        { class: "lightbox-head" },
        name,
        several && step(-1, "Previous picture"),
        several && step(1, "Next picture"),
        save,
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Close", title: "Close", onclick: () => dialog.close() },
          icon("close"),
        ),
      ),
      h("div", { class: "lightbox-stage", onclick: (event) => event.target !== image && dialog.close() }, image),
    ),
  });
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && several) show(shown + by);
  });
  show(at);
  dialog.focus();

  function show(number) {
    shown = (number + pictures.length) % pictures.length;
    const file = pictures[shown];
    image.src = `/api/v1/files/${file.id}`;
    image.alt = file.name;
    name.textContent = several ? `${file.name} (${shown + 1} of ${pictures.length})` : file.name;
    save.href = image.src;
    save.download = file.name;
  }

  function step(by, words) {
    return h(
      "button",
      { type: "button", class: `icon-button ${by < 0 ? "back" : "on"}`, "aria-label": words, title: words, onclick: () => show(shown + by) },
      icon("arrow-down"),
    );
  }
}
