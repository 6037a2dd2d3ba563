/** Lists of people: everybody on the server, and a picker for some of them. */

import { h, icon } from "../dom.js";
import { assignable, mayChange, mayRunServer } from "../state/rights.js";
import { byName, peopleMatching } from "../state/titles.js";
import { avatar, badge } from "./avatar.js";
import { openDialog } from "./dialog.js";
import { withPresence } from "./presence.js";

const MOST = 9; // people of one conversation, oneself included
const SHOWN = 200; // rows drawn at once; typing finds the others

/** A person's row: picture, name, handle, what they are, and what stands at its end; `present` as in presence.js. */
export function personRow(account, { note = null, end = null, present = null, ...attributes } = {}) {
  return h(
    "li",
    { class: `person-row ${account.deactivated ? "gone" : ""}`, ...attributes },
    present === null ? avatar(account) : withPresence(avatar(account), present),
    h(
      "div",
      { class: "person-words" },
      h("strong", {}, account.name, " ", badge(account)),
      h("span", {}, `@${account.handle}`, note && ` · ${note}`),
    ),
    end,
  );
}

export function searchBox(label, oninput) {
  const input = h("input", { type: "search", placeholder: label, "aria-label": label, autocomplete: "off", oninput });
  return { input, element: h("div", { class: "field-box" }, icon("search"), input) };
}

/** Everybody on the server; a click begins a conversation. Owners and admins can change what people are. */
export function peopleDialog({ store, actions, onTalk, onInvite }) {
  const runs = mayRunServer(store.state.me);
  let managing = false;
  const list = h("ul", { class: "person-list", dataset: { testid: "people" } });
  const search = searchBox("Search people", draw);
  const dialog = openDialog({
    title: "People",
    kind: "tall",
    body: h("div", { class: "dialog-body" }, h("div", { class: "browse-bar" }, search.element, runs && buttons()), list),
  });
  dialog.addEventListener("close", store.watch(draw));
  draw();

  function draw() {
    const { accounts, me, presence } = store.state;
    const found = peopleMatching(byName(accounts, me), search.input.value).slice(0, SHOWN);
    list.replaceChildren(
      ...found.map((account) =>
        personRow(account, {
          note: noteOn(account, me),
          present: presence[account.id] ?? "offline",
          end: managing ? controls(account, me, actions) : !account.deactivated && h(
              "button",
              {
                type: "button",
                class: "button small",
                "aria-label": `Message ${account.name}`,
                dataset: { testid: `talk-${account.handle}` },
                onclick: () => (dialog.close(), onTalk([account.id])),
              },
              "Message",
            ),
        }),
      ),
    );
    if (found.length === 0) list.append(h("li", { class: "browse-none" }, "Nobody of that name is here."));
  }

  function buttons() {
    const manage = h(
      "button",
      {
        type: "button",
        class: "button",
        "aria-pressed": "false",
        dataset: { testid: "manage-people" },
        onclick: () => {
          managing = !managing;
          manage.setAttribute("aria-pressed", String(managing));
          manage.textContent = managing ? "Done" : "Manage";
          draw();
        },
      },
      "Manage",
    );
    const invite = h(
      "button",
      { type: "button", class: "button primary", onclick: () => (dialog.close(), onInvite()) },
      icon("plus"),
      "Invite",
    );
    return [manage, invite];
  }
}

/** A person's role and whether their account is in use, where one may change them. */
function controls(account, me, actions) {
  if (!mayChange(account, me)) return h("span", { class: "nav-note" }, account.id === me.id ? "" : account.role);
  if (account.deactivated) {
    const back = () => actions.changeAccount(account.id, { deactivated: false });
    return h("button", { type: "button", class: "button small", dataset: { testid: `reactivate-${account.handle}` }, onclick: back }, "Bring back");
  }
  const role = h(
    "select",
    {
      class: "role-choice",
      "aria-label": `Role of ${account.name}`,
      disabled: account.role === "bot",
      dataset: { testid: `role-${account.handle}` },
      onchange: () => actions.changeAccount(account.id, { role: role.value }),
    },
    [...new Set([...assignable(me), account.role])].map((each) =>
      h("option", { value: each, selected: each === account.role }, each),
    ),
  );
  const sure = `Deactivate ${account.name} (@${account.handle})? They are signed out everywhere at once. What they said stays.`;
  const off = () => confirm(sure) && actions.changeAccount(account.id, { deactivated: true });
  return [
    role,
    h(
      "button",
      { type: "button", class: "button small quiet", dataset: { testid: `deactivate-${account.handle}` }, onclick: off },
      "Deactivate",
    ),
  ];
}

/** Pick one or a few people to talk to. */
export function newConversationDialog({ store, onTalk }) {
  const picker = peoplePicker({ store, most: MOST - 1, without: [store.state.me.id], onChange: show });
  const submit = h(
    "button",
    { type: "submit", class: "button primary", disabled: true, dataset: { testid: "conversation-submit" } },
    "Start",
  );
  const dialog = openDialog({
    title: "New message",
    kind: "tall",
    body: h(
      "form",
      { class: "dialog-body picking", onsubmit: (event) => (event.preventDefault(), talk()) },
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

  function talk() {
    if (submit.disabled) return;
    dialog.close();
    onTalk(picker.picked);
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
export function peoplePicker({ store, without, most = Infinity, onChange }) {
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
    leaveOut(id) {
      left.add(id);
      picked.delete(id);
      draw();
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

function noteOn(account, me) {
  if (account.id === me.id) return "you";
  if (account.deactivated) return "deactivated";
  return account.role === "member" ? null : account.role;
}
