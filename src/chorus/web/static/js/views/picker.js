/** Emoji beside a button: those that teams use most, and all by name; arrows lead through them, Escape leaves. */

import { h } from "../dom.js";
import { emojiCalled } from "../text/emoji.js";
import { composes } from "../text/keys.js";

const COLUMNS = 8;
const MOST = 32; // that are shown at once
const EDGE = 8; // pixels to the window's edges

/** What teams use most; each with its name for screen readers. */
const EMOJI = [
  ["👍", "thumbs up"], ["👎", "thumbs down"], ["❤️", "heart"], ["😂", "tears of joy"],
  ["😄", "smile"], ["😍", "heart eyes"], ["🤔", "thinking"], ["😮", "surprised"],
  ["😢", "sad"], ["😅", "phew"], ["😎", "cool"], ["🙃", "upside down"],
  ["🎉", "party"], ["🙌", "raised hands"], ["👏", "applause"], ["🙏", "thank you"],
  ["💪", "strong"], ["👀", "looking"], ["👋", "hello"], ["🤝", "deal"],
  ["✅", "done"], ["❌", "no"], ["❓", "question"], ["💡", "idea"],
  ["🔥", "fire"], ["🚀", "rocket"], ["⭐", "star"], ["💯", "hundred"],
  ["🐛", "bug"], ["☕", "coffee"], ["⏳", "waiting"], ["🎯", "on target"],
].map(([emoji, name]) => ({ emoji, name })); // prettier-ignore

/**
 * Open it at `button`; gives the element.
 *
 * Args:
 *   label: what is chosen.
 *   named: () → a promise of all emoji, [{name, emoji}], for whoever seeks one by its name.
 *   onPick: (emoji), once at most; then onClose: ().
 */
export function openPicker(button, { label, named, onPick, onClose }) {
  const grid = h("div", { class: "picker-grid", role: "group", "aria-label": label, onkeydown: (event) => walk(event, grid, sought) });
  const sought = h("input", {
    type: "search",
    class: "picker-search",
    placeholder: "Search emoji",
    "aria-label": "Search emoji by name",
    autocomplete: "off",
    dataset: { testid: "emoji-search" },
    oninput: () => seek(),
    onkeydown: (event) => enter(event, grid),
  });
  const picker = h(
    "div",
    {
      class: "menu picker",
      popover: "auto",
      role: "dialog",
      "aria-label": label,
      ontoggle: (event) => {
        if (event.newState !== "closed") return;
        picker.remove();
        onClose?.();
      },
    },
    sought,
    grid,
  );
  show(EMOJI);
  document.body.append(picker);
  picker.showPopover();
  place(picker, button.getBoundingClientRect());
  (matchMedia("(pointer: coarse)").matches ? grid.firstElementChild : sought).focus(); // no keyboard over it on a phone
  return picker;

  async function seek() {
    const typed = sought.value;
    const name = typed.trim().replace(/^:|:$/g, "").replace(/\s+/g, "_");
    const found = name ? emojiCalled(await named(), name, MOST) : EMOJI;
    if (typed === sought.value) show(found); // whoever types may have gone on meanwhile
  }

  function show(found) {
    grid.replaceChildren(...found.map(choice));
    if (found.length === 0) grid.append(h("p", { class: "soft", role: "status" }, "No emoji of this name"));
  }

  function choice({ emoji, name }, at) {
    return h(
      "button",
      {
        type: "button",
        class: "picker-emoji",
        "aria-label": name.replaceAll("_", " "),
        title: name,
        tabindex: at === 0 ? "0" : "-1",
        dataset: { testid: "emoji", emoji },
        onclick: () => {
          picker.hidePopover();
          button.focus();
          onPick(emoji);
        },
      },
      emoji,
    );
  }
}

/** Keys where one seeks: down into what was found, Enter for the first of it. */
function enter(event, grid) {
  const first = grid.querySelector("button");
  if (!first || composes(event) || (event.key !== "ArrowDown" && event.key !== "Enter")) return;
  event.preventDefault();
  if (event.key === "Enter") first.click();
  else first.focus();
}

/** Arrows through the grid, and up out of it. */
function walk(event, grid, sought) {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
  if (!step) return;
  const choices = [...grid.querySelectorAll("button")];
  const next = choices[choices.indexOf(event.target) + step] ?? (event.key === "ArrowUp" ? sought : null);
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
}

/** Over the button where there is room, else under it; always within the window. */
function place(picker, at) {
  const { offsetWidth: width, offsetHeight: height } = picker;
  const top = at.top - height - EDGE >= EDGE ? at.top - height - EDGE : Math.min(at.bottom + EDGE, innerHeight - height - EDGE);
  picker.style.top = `${Math.max(EDGE, top)}px`;
  const left = at.left < innerWidth / 2 ? at.left : at.right - width; // towards the middle
  picker.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
}
