/** A channel's details: its name and topic, who is in it, and what can be done about that. */

import { h, icon } from "../dom.js";
import { mayRun, mayRunServer, mayTakePart } from "../state/rights.js";
import { byName, isConversation, labelOf, peopleMatching, signOf } from "../state/titles.js";
import { channelNameFor } from "../text/people.js";
import { alertLine } from "./alert.js";
import { openDialog } from "./dialog.js";
import { personRow, searchBox } from "./people.js";
import { addPeopleDialog } from "./personpicker.js";
import { retentionField } from "./retention.js";

const SEARCHED = 8; // members from which on there is a field to search them

export function detailsDialog({ store, actions, channel: id, onLeave, adding = false }) {
  let members = null; // ids, once they are told
  const body = h("div", { class: "dialog-body details" });
  const list = h("ul", { class: "person-list", dataset: { testid: "members" } });
  const search = searchBox("Search members", drawMembers);
  const count = h("h3", {});
  const dialog = openDialog({ title: titleNodes(), label: labelOf(of(), store.state), kind: "tall", body });
  dialog.addEventListener("close", store.watch(changed));
  let known = JSON.stringify([of()?.name, of()?.archived]);
  let counted = of().members;
  draw();
  load();
  if (adding) add();

  function of() {
    return store.state.channels[id];
  }

  function titleNodes() {
    return [icon(signOf(of())), h("span", {}, labelOf(of(), store.state).replace(/^#/, ""))];
  }

  function changed() {
    const channel = of();
    if (!channel?.member) return dialog.close();
    const shown = JSON.stringify([channel.name, channel.archived]);
    if (shown !== known) {
      known = shown;
      dialog.querySelector("h2").replaceChildren(...titleNodes());
      draw();
    }
    if (channel.members !== counted) {
      counted = channel.members;
      load();
    }
  }

  async function load() {
    members = (await actions.members(id)) ?? members;
    drawMembers();
  }

  function draw() {
    const channel = of();
    const { me } = store.state;
    body.replaceChildren(
      ...[
        channel.archived && h("p", { class: "form-note" }, icon("archive"), "This channel is archived: it can be read."),
        !isConversation(channel) && about(channel, me),
        !isConversation(channel) && mayRunServer(me) && kept(channel),
        h(
          "section",
          { class: "details-members" },
          h("div", { class: "details-head" }, count, !channel.archived && !isConversation(channel) && adder(me)),
          search.element,
          list,
        ),
        !isConversation(channel) && wayOut(channel, me),
      ].filter(Boolean),
    );
    drawMembers();
  }

  function about(channel, me) {
    const name = textField("Name", "details-name", channel.name, { maxlength: "64", disabled: !mayRun(channel, me) });
    const topic = textField("Topic", "details-topic", channel.topic, {
      maxlength: "250",
      placeholder: "What is it about?",
      disabled: !mayTakePart(me),
    });
    name.input.addEventListener("input", () => (name.input.value = channelNameFor(name.input.value)));
    const { line: alert, attempt } = alertLine();
    const save = h("button", { type: "submit", class: "button small primary", dataset: { testid: "details-save" } }, "Save");
    const foot = h("div", { class: "dialog-foot", hidden: true }, save);
    const form = h(
      "form",
      { class: "details-about", oninput: () => (foot.hidden = false), onsubmit: (event) => (event.preventDefault(), send()) },
      name.element,
      topic.element,
      alert,
      foot,
    );
    for (const input of [name.input, topic.input]) input.disabled ||= channel.archived;
    return form;

    async function send() {
      const wanted = { name: name.input.value.replace(/[-_]+$/, ""), topic: topic.input.value.trim() };
      const change = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== of()[key]));
      save.disabled = true;
      try {
        await attempt(async () => {
          if (Object.keys(change).length > 0) await actions.changeChannel(id, change);
          foot.hidden = true;
        });
      } finally {
        save.disabled = false;
      }
    }
  }

  function kept({ retention }) {
    const save = (days) => actions.keepFor(id, days);
    return retentionField({ testid: "retention-channel", days: retention ?? null, inherits: true, save });
  }

  function adder(me) {
    if (!mayTakePart(me)) return null;
    return h(
      "button",
      { type: "button", class: "button small", dataset: { testid: "add-people" }, onclick: add },
      icon("plus"),
      "Add people",
    );
  }

  function add() {
    addPeopleDialog({ store, actions, channel: id, members: members ?? [] });
  }

  function drawMembers() {
    const { accounts, me } = store.state;
    const channel = of();
    if (!channel) return;
    const inside = byName(Object.fromEntries((members ?? []).map((each) => [each, accounts[each]]).filter(([, a]) => a)), me);
    count.textContent = `${channel.members} ${channel.members === 1 ? "member" : "members"}`;
    search.element.hidden = inside.length < SEARCHED;
    const found = peopleMatching(inside, search.input.value);
    list.replaceChildren(...found.map((account) => personRow(account, { note: noteOn(account, channel, me), end: remover(account, channel, me) })));
    if (members === null) list.append(h("li", { class: "browse-none" }, "…"));
  }

  function remover(account, channel, me) {
    if (account.id === me.id || isConversation(channel) || !mayRun(channel, me)) return null;
    return h(
      "button",
      {
        type: "button",
        class: "button small quiet",
        "aria-label": `Remove ${account.name} from the channel`,
        dataset: { testid: `remove-${account.handle}` },
        onclick: async (event) => {
          event.target.disabled = true;
          if (await actions.removeMember(id, account.id)) members = members.filter((each) => each !== account.id);
          drawMembers();
        },
      },
      "Remove",
    );
  }

  function wayOut(channel, me) {
    const archived = channel.archived;
    return h(
      "div",
      { class: "details-foot" },
      h(
        "button",
        { type: "button", class: "button small", dataset: { testid: "details-leave" }, onclick: () => (dialog.close(), onLeave(id)) },
        icon("sign-out"),
        "Leave",
      ),
      mayRun(channel, me) &&
        channel.creator !== 0 &&
        h(
          "button",
          {
            type: "button",
            class: `button small ${archived ? "" : "danger"}`,
            dataset: { testid: "archive-channel" },
            onclick: () => actions.archive(id, !archived),
          },
          icon("archive"),
          archived ? "Use it again" : "Archive",
        ),
    );
  }
}

function textField(label, testid, value, attributes) {
  const input = h("input", { id: testid, autocomplete: "off", value, dataset: { testid }, ...attributes });
  return {
    input,
    element: h("div", { class: "field" }, h("label", { for: testid }, label), h("div", { class: "field-box" }, input)),
  };
}

function noteOn(account, channel, me) {
  const notes = [account.id === me.id && "you", account.id === channel.creator && "made it"];
  if (account.deactivated) notes.push("deactivated");
  else if (account.role !== "member") notes.push(account.role);
  return notes.filter(Boolean).join(", ");
}
