/** Invite links: making one, copying it, and what became of those there are. */

import { h, icon } from "../dom.js";
import { inOrder } from "../state/channels.js";
import { inFull } from "../text/time.js";
import { alertLine } from "./alert.js";
import { choice } from "./choice.js";
import { copied } from "./clipboard.js";
import { openDialog } from "./dialog.js";

const DAY = 24 * 60 * 60; // seconds
const LASTS = [
  [DAY, "1 day"],
  [7 * DAY, "7 days"],
  [30 * DAY, "30 days"],
];
const TIMES = [
  ["", "No limit"],
  ["1", "Once"],
  ["10", "10 times"],
  ["50", "50 times"],
];
const ROLES = {
  owner: ["admin", "member", "guest"],
  admin: ["member", "guest"],
};

export function invitesDialog({ store, api }) {
  const { me, channels } = store.state;
  const mine = inOrder(channels).filter(({ member, archived }) => member && !archived);
  const role = choice("Joins as", "invite-role", ROLES[me.role].map((each) => [each, capital(each)]), "member");
  const lasts = choice("Works for", "invite-lasts", LASTS, String(7 * DAY));
  const most = choice("Used at most", "invite-most", TIMES, "");
  const channel = choice("In the channel", "invite-channel", mine.map(({ id, name }) => [id, `#${name}`]), "");
  const list = h("ul", { class: "invite-list", dataset: { testid: "invites" } });
  const { line: alert, attempt } = alertLine();
  const submit = h(
    "button",
    { type: "submit", class: "button primary", dataset: { testid: "invite-submit" } },
    icon("link"),
    "Make a link",
  );
  const about = () => (channel.element.hidden = role.input.value !== "guest");
  role.input.addEventListener("change", about);
  about();
  openDialog({
    title: "Invite people",
    kind: "tall",
    body: h(
      "div",
      { class: "dialog-body details" },
      h(
        "form",
        { class: "invite-form", onsubmit: (event) => (event.preventDefault(), make()) },
        h("p", { class: "soft" }, "Whoever opens the link makes an account here. Guests see only the channels they are added to."),
        h("div", { class: "invite-choices" }, role.element, lasts.element, most.element, channel.element),
        alert,
        submit,
      ),
      list,
    ),
  });
  load();

  async function make() {
    await attempt(async () => {
      submit.disabled = true;
      const guest = role.input.value === "guest";
      const made = await api.createInvite({
        role: role.input.value,
        expires_in: Number(lasts.input.value),
        most: most.input.value ? Number(most.input.value) : null,
        channels: guest && channel.input.value ? [Number(channel.input.value)] : [],
      });
      await load();
      list.querySelector(`[data-invite="${CSS.escape(made.invite.id)}"] button`)?.focus();
    });
    submit.disabled = false;
  }

  async function load() {
    await attempt(async () => {
      const told = await api.invites();
      list.replaceChildren(...told.map(row));
      if (told.length === 0) list.append(h("li", { class: "browse-none" }, "There is no link yet."));
    });
  }

  function row({ invite, token, stands }) {
    const address = token && `${location.origin}/#/invite/${token}`; // null: it is not ours to give
    const words = h("span", {}, "Copy");
    const copy = async () => {
      await copied(address);
      words.textContent = "Copied";
    };
    return h(
      "li",
      { class: `invite-row ${stands ? "" : "gone"}`, dataset: { invite: invite.id } },
      address && h("code", { title: address, dataset: { testid: "invite-link" } }, address),
      h(
        "div",
        { class: "invite-foot" },
        h("span", {}, status(invite, stands, store.state.accounts)),
        stands && address && h("button", { type: "button", class: "button small", onclick: copy }, icon("copy"), words),
        h(
          "button",
          {
            type: "button",
            class: "button small quiet",
            dataset: { testid: "invite-revoke" },
            onclick: () => attempt(async () => (await api.revokeInvite(invite.id), await load())),
          },
          stands ? "Revoke" : "Remove",
        ),
      ),
    );
  }
}

function status(invite, stands, accounts) {
  const used = invite.most === null ? `used ${invite.used} ×` : `used ${invite.used} of ${invite.most}`;
  const until = inFull(new Date(invite.expires_at));
  const by = accounts[invite.creator]?.name ?? "Someone";
  return `${capital(invite.role)} · ${used} · ${stands ? `until ${until}` : "over"} · by ${by}`;
}

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
