/** Picking some of the people: for a channel, or for a conversation. */

import { h, icon } from "../dom.js";
import { byName, labelOf, peopleMatching } from "../state/titles.js";
import { openDialog } from "./dialog.js";
import { SHOWN, personRow, searchBox } from "./people.js";

const MOST = 9; // people of one conversation, oneself included

/** Pick people who are not in the channel yet, and add them. */
export function addPeopleDialog({ store, actions, channel, members }) {
  pickingDialog({
    store,
    title: `Add people to ${labelOf(store.state.channels[channel], store.state)}`,
    without: members,
    submit: "Add",
    testid: "add-submit",
    async onPicked(picked) {
      const done = await Promise.all(picked.map((account) => actions.addMember(channel, account)));
      return done.every(Boolean);
    },
  });
}

/** Pick one or a few people to talk to. */
export function newConversationDialog({ store, onTalk }) {
  pickingDialog({
    store,
    title: "New message",
    without: [store.state.me.id],
    most: MOST - 1,
    submit: "Start",
    testid: "conversation-submit",
    onPicked(picked) {
      onTalk(picked);
      return true;
    },
  });
}

/**
 * A dialog that stays until what was picked is taken.
 *
 * Args:
 *   onPicked: gets the ids; whether that went well, or a promise of it.
 */
function pickingDialog({ store, title, without, most, submit: label, testid, onPicked }) {
  const picker = peoplePicker({ store, most, without, onChange: show });
  const submit = h("button", { type: "submit", class: "button primary", disabled: true, dataset: { testid } }, label);
  const dialog = openDialog({
    title,
    kind: "tall",
    body: h(
      "form",
      { class: "dialog-body picking", onsubmit: (event) => (event.preventDefault(), send()) },
      picker.element,
      h(
        "div",
        { class: "dialog-foot" },
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
        submit,
      ),
    ),
  });
  picker.focus();

  function show() {
    submit.disabled = picker.picked.length === 0;
  }

  async function send() {
    if (submit.disabled) return;
    submit.disabled = true;
    if (await onPicked(picker.picked)) dialog.close();
    else show();
  }
}

/**
 * A search field over a list of people with boxes to tick.
 *
 * Args:
 *   without: ids that are not offered.
 *   most: how many may be picked.
 *   onChange: called when `picked` is another.
 */
function peoplePicker({ store, without, most = Infinity, onChange }) {
  const picked = new Set();
  const left = new Set(without);
  const chips = h("div", { class: "chips", "aria-label": "Picked" });
  const list = h("ul", { class: "person-list" });
  const search = searchBox("Search by name or handle", draw);
  draw();
  return {
    element: h("div", { class: "picker-people" }, search.element, chips, list),
    focus: () => search.input.focus(),
    get picked() {
      return [...picked];
    },
  };

  function draw() {
    const { accounts } = store.state;
    const offered = byName(accounts).filter((account) => !left.has(account.id) && !account.deactivated);
    const found = peopleMatching(offered, search.input.value).slice(0, SHOWN);
    list.replaceChildren(...found.map(row));
    if (found.length === 0) list.append(h("li", { class: "browse-none" }, "Nobody else of that name is here."));
    chips.replaceChildren(...[...picked].map((id) => chip(accounts[id])));
    chips.hidden = picked.size === 0;
  }

  function row(account) {
    const box = h("input", {
      type: "checkbox",
      checked: picked.has(account.id),
      disabled: !picked.has(account.id) && picked.size >= most,
      "aria-label": `${account.name}, @${account.handle}`,
      dataset: { testid: `pick-${account.handle}` },
      onchange: () => toggle(account.id),
    });
    const item = personRow(account, { end: box, class: "person-row pickable" });
    item.addEventListener("click", (event) => event.target !== box && !box.disabled && toggle(account.id));
    return item;
  }

  function chip(account) {
    return h(
      "button",
      { type: "button", class: "chip", "aria-label": `Leave out ${account.name}`, onclick: () => toggle(account.id) },
      account.name,
      icon("close"),
    );
  }

  function toggle(id) {
    if (!picked.delete(id)) picked.add(id);
    draw();
    onChange();
  }
}
