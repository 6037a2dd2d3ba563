/** A small choice of emoji beside a button: arrows lead through it, Escape leaves. */

import { h } from "../dom.js";

const COLUMNS = 8;
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
]; // prettier-ignore

/** Open it at `button`; gives the element. `onPick(emoji)` once at most, then `onClose()`. */
export function openPicker(button, { onPick, onClose }) {
  const choices = EMOJI.map(([emoji, name], at) =>
    h(
      "button",
      {
        type: "button",
        class: "picker-emoji",
        "aria-label": name,
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
    ),
  );
  const picker = h(
    "div",
    {
      class: "menu picker",
      popover: "auto",
      role: "group",
      "aria-label": "Choose a reaction",
      onkeydown: (event) => walk(event, choices),
      ontoggle: (event) => {
        if (event.newState !== "closed") return;
        picker.remove();
        onClose();
      },
    },
    choices,
  );
  document.body.append(picker);
  picker.showPopover();
  place(picker, button.getBoundingClientRect());
  choices[0].focus();
  return picker;
}

function walk(event, choices) {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
  const next = choices[choices.indexOf(event.target) + step];
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
  picker.style.left = `${Math.max(EDGE, Math.min(at.right - width, innerWidth - width - EDGE))}px`;
}
