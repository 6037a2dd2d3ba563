/** What is larger than its place takes the focus, so that keys scroll it: browsers differ in doing that by themselves. */

const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex='0']";

let sizes = null;

/** The same element, looked at whenever its size changes; one in which something takes the focus is scrolled by that. */
export function scrolledByKeys(element) {
  sizes ??= new ResizeObserver((changed) => changed.forEach(({ target }) => fit(target)));
  sizes.observe(element);
  return element;
}

/** The same prose, whose code and tables may be wider than it is. */
export function wideScrolledByKeys(prose) {
  for (const wide of prose.querySelectorAll("pre, table")) scrolledByKeys(wide);
  return prose;
}

function fit(element) {
  const scrolls = element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
  if (scrolls && element.querySelector(FOCUSABLE) === null) element.tabIndex = 0;
  else element.removeAttribute("tabindex");
}
