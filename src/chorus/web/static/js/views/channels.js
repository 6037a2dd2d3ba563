/** The dialogs around channels: make one, look at what there is. */

import { h, icon } from "../dom.js";
import { inOrder, matching } from "../state/channels.js";
import { signOf } from "../state/titles.js";
import { channelNameFor } from "../text/people.js";
import { alertLine } from "./alert.js";
import { openDialog } from "./dialog.js";

/** Ask for a name, a topic and a kind; `create({name, topic, kind})` makes the channel and `onMade` opens it. */
export function createChannelDialog({ create, onMade, name: suggested = "" }) {
  const name = h("input", {
    id: "new-name",
    name: "name",
    required: true,
    maxlength: "64",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "design",
    value: channelNameFor(suggested),
    dataset: { testid: "new-channel-name" },
    oninput: () => (name.value = channelNameFor(name.value)),
  });
  const topic = h("input", {
    id: "new-topic",
    name: "topic",
    maxlength: "250",
    autocomplete: "off",
    placeholder: "What is it about?",
    dataset: { testid: "new-channel-topic" },
  });
  const choice = (kind, sign, words, explained) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "kind", value: kind, checked: kind === "public", dataset: { testid: `kind-${kind}` } }),
      icon(sign),
      h("span", {}, h("strong", {}, words), h("small", {}, explained)),
    );
  const kinds = h(
    "div",
    { class: "choices", role: "radiogroup", "aria-label": "Who can find it" },
    choice("public", "hash", "Public", "Everybody finds it and can join."),
    choice("private", "lock", "Private", "Only those who are added see it."),
  );
  const { line: alert, attempt } = alertLine();
  const submit = h(
    "button",
    { type: "submit", class: "button primary", dataset: { testid: "new-channel-submit" } },
    "Create channel",
  );

  async function send() {
    submit.disabled = true;
    try {
      const refused = await attempt(async () => {
        const channel = await create({
          name: name.value.replace(/-+$/, ""),
          topic: topic.value.trim(),
          kind: kinds.querySelector(":checked").value,
        });
        dialog.close();
        onMade(channel);
      });
      if (refused) name.focus();
    } finally {
      submit.disabled = false;
    }
  }

  const dialog = openDialog({
    title: "Create a channel",
    body: h(
      "form",
      { class: "dialog-body", onsubmit: (event) => (event.preventDefault(), send()) },
      h("p", { class: "soft" }, "A channel is a place for one subject."),
      h(
        "div",
        { class: "field" },
        h("label", { for: "new-name" }, "Name"),
        h("div", { class: "field-box" }, h("span", { class: "field-prefix", "aria-hidden": "true" }, "#"), name),
      ),
      h(
        "div",
        { class: "field" },
        h("label", { for: "new-topic" }, "Topic ", h("span", { class: "soft" }, "(optional)")),
        h("div", { class: "field-box" }, topic),
      ),
      kinds,
      alert,
      h(
        "div",
        { class: "dialog-foot" },
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
        submit,
      ),
    ),
  });
  name.focus();
}

/** List every channel with a way into it. */
export function browseChannelsDialog({ store, join, onOpen, onCreate }) {
  const list = h("ul", { class: "browse-list" });
  const search = h("input", {
    type: "search",
    placeholder: "Search channels",
    "aria-label": "Search channels",
    autocomplete: "off",
    oninput: draw,
  });
  const dialog = openDialog({
    title: "Channels",
    kind: "tall",
    body: h(
      "div",
      { class: "dialog-body" },
      h(
        "div",
        { class: "browse-bar" },
        h("div", { class: "field-box" }, icon("search"), search),
        h(
          "button",
          { type: "button", class: "button", onclick: () => (dialog.close(), onCreate()) },
          icon("plus"),
          "Create",
        ),
      ),
      list,
    ),
  });
  const unwatch = store.watch(draw);
  dialog.addEventListener("close", unwatch);
  draw();

  function draw() {
    const all = inOrder(store.state.channels).sort((one, other) => Number(one.archived) - Number(other.archived));
    const found = search.value.trim() ? matching(all, search.value) : all;
    list.replaceChildren(...found.map(row));
    if (found.length === 0) list.append(h("li", { class: "browse-none" }, "No channel has that name yet."));
  }

  function row(channel) {
    const go = () => (dialog.close(), onOpen(channel.id));
    return h(
      "li",
      { class: "browse-row" },
      h(
        "div",
        {},
        h("strong", {}, icon(signOf(channel)), h("span", {}, channel.name), channel.archived && h("em", {}, "archived")),
        h(
          "p",
          {},
          `${channel.members} ${channel.members === 1 ? "member" : "members"}`,
          channel.topic ? ` · ${channel.topic}` : "",
        ),
      ),
      channel.member || channel.archived
        ? h(
            "button",
            { type: "button", class: "button small", "aria-label": `Open ${channel.name}`, onclick: go },
            "Open",
          )
        : h(
            "button",
            {
              type: "button",
              class: "button small primary",
              "aria-label": `Join ${channel.name}`,
              dataset: { testid: `join-${channel.name}` },
              onclick: async () => (await join(channel.id)) && go(),
            },
            "Join",
          ),
    );
  }
}
