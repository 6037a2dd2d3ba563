/** What is larger than its place takes the focus, so that keys scroll it: browsers differ in doing that by themselves. */

const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex='0']";

let sizes = null;

/** The same element, looked at whenever its size changes or what it holds; something in it that takes the focus scrolls it. */
export function scrolledByKeys(element) {
  new MutationObserver(() => fit(element)).observe(element, { childList: true });
  return whenResized(element);
}

/** The same prose, whose code and tables may be wider than it is. */
export function wideScrolledByKeys(prose) {
  for (const wide of prose.querySelectorAll("pre, table")) whenResized(wide);
  return prose;
}

function whenResized(element) {
  sizes ??= new ResizeObserver((changed) => changed.forEach(({ target }) => fit(target)));
  sizes.observe(element);
  return element;
}

function fit(element) {
  const scrolls = element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
  if (scrolls && element.querySelector(FOCUSABLE) === null) element.tabIndex = 0;
  else if (element !== document.activeElement) element.removeAttribute("tabindex"); // the focus would fall to the page
}
