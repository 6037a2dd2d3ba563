/** Everybody on the server, and how a person looks in a list. */

import { h, icon } from "../dom.js";
import { assignable, mayChange, mayRunServer } from "../state/rights.js";
import { byName, peopleMatching } from "../state/titles.js";
import { avatar, badge } from "./avatar.js";
import { openDialog } from "./dialog.js";
import { withPresence } from "./presence.js";

export const SHOWN = 200; // rows drawn at once; typing finds the others

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

function noteOn(account, me) {
  if (account.id === me.id) return "you";
  if (account.deactivated) return "deactivated";
  return account.role === "member" ? null : account.role;
}
