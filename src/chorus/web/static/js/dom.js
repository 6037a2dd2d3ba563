/** Elements from data. Text is always text; only `sanitised` takes markup, and only the server's. */

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = new URL("../icons/sprite.svg", import.meta.url).pathname; // beside this file, so that it is kept as long

/**
 * Make an element: h("button", { class: "quiet", onclick: run, "aria-label": "Close" }, icon("close")).
 *
 * `dataset` takes an object; functions become listeners; true and false add and leave out an attribute; null children
 * are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "dataset") Object.assign(element.dataset, value);
    else if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of icons/sprite.svg, hidden from screen readers: whatever carries it has a name of its own. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/** The server's sanitised HTML of a message, as nodes. */
export function sanitised(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/**
 * Make `parent` hold exactly `children`. What stays is moved only where its order changes: what is moved loses the focus, and a
 * film in it stops. So what goes is taken out first.
 */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let at = parent.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
}
