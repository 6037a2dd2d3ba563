/** What is attached to a message: pictures, sound and film to be seen in place, cards for everything else. */

import { h, icon } from "../dom.js";
import { sizeWords } from "../text/size.js";
import { openLightbox } from "./lightbox.js";

const WIDEST = 420; // pixels of a picture alone
const TALLEST = 320;

/** The files of one message, an element; `files` as the server tells them. */
export function filesView(files) {
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  return h(
    "div",
    { class: "files", dataset: { testid: "files" } },
    pictures.length > 0 &&
      h(
        "div",
        { class: `pictures ${pictures.length === 1 ? "alone" : ""}` },
        pictures.map((file, at) => picture(file, pictures.length === 1, () => openLightbox(pictures, at))),
      ),
    others.map((file) => player(file) ?? card(file)),
  );
}

/** Where its bytes are. */
export function addressOf({ id }) {
  return `/api/v1/files/${id}`;
}

function isPicture(file) {
  return Boolean(file.width) && file.type.startsWith("image/");
}

function picture(file, alone, open) {
  const scale = Math.min(1, WIDEST / file.width, TALLEST / file.height);
  const size = alone ? { width: Math.max(24, Math.round(file.width * scale)), height: Math.max(24, Math.round(file.height * scale)) } : {};
  return h(
    "button",
    {
      type: "button",
      class: "picture",
      "aria-label": `Show ${file.name}`,
      title: `${file.name}, ${sizeWords(file.size)}`,
      dataset: { testid: "picture" },
      onclick: open,
    },
    h("img", {
      src: file.preview ? `${addressOf(file)}/preview` : addressOf(file),
      alt: file.name,
      loading: "lazy",
      decoding: "async",
      ...size,
    }),
  );
}

function player(file) {
  const kind = file.type.split("/")[0];
  if (kind !== "audio" && kind !== "video") return null;
  return h(
    "figure",
    { class: `player ${kind}` },
    h(kind, { src: addressOf(file), controls: true, preload: "metadata" }),
    h("figcaption", {}, file.name),
  );
}

function card(file) {
  return h(
    "a",
    {
      class: "file-card",
      href: addressOf(file),
      download: file.name,
      title: `Save ${file.name}`,
      dataset: { testid: "file" },
    },
    h("span", { class: "file-sign" }, icon("file")),
    h("span", { class: "file-words" }, h("b", {}, file.name), h("small", {}, `${kindWords(file)} · ${sizeWords(file.size)}`)),
    icon("download"),
  );
}

function kindWords({ name, type }) {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1];
  return ending ? ending.toUpperCase() : (type.split("/")[1] ?? "file");
}
