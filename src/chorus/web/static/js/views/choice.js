/** A labelled choice of a few, and a labelled line of text, as dialogs have them. */

import { h } from "../dom.js";

/** `options`: [[value, words]]; gives {input, element}. */
export function choice(label, testid, options, chosen) {
  const input = h(
    "select",
    { id: testid, dataset: { testid } },
    options.map(([value, words]) => h("option", { value, selected: String(value) === String(chosen) }, words)),
  );
  return { input, element: field(label, testid, input) };
}

/** `about`: further attributes of the input; gives {input, element}. */
export function line(label, testid, about = {}) {
  const input = h("input", { type: "text", id: testid, autocomplete: "off", dataset: { testid }, ...about });
  return { input, element: field(label, testid, input) };
}

function field(label, id, input) {
  return h("div", { class: "field" }, h("label", { for: id }, label), h("div", { class: "field-box" }, input));
}
