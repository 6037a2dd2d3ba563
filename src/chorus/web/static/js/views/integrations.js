/** Bots, webhooks and commands, for those who run the server: what there is, making more, taking away. */

import { h, icon } from "../dom.js";
import { inOrder } from "../state/channels.js";
import { alertLine } from "./alert.js";
import { avatar } from "./avatar.js";
import { choice, line } from "./choice.js";
import { copied } from "./clipboard.js";
import { openDialog } from "./dialog.js";

const SCOPES = {
  read: "read messages and listen",
  send: "send messages",
  react: "react",
  pin: "pin messages",
  files: "upload files",
  people: "see who is here",
  converse: "begin direct messages",
  leave: "leave channels",
};
const USUAL = ["read", "send", "react", "people"];

export function integrationsDialog({ store, api }) {
  const { line: alert, attempt } = alertLine();
  const secret = h("div", { class: "secret-box", role: "status", hidden: true, dataset: { testid: "secret" } });
  const place = h("div", { class: "integrations-place" });
  let bots = [];
  const sections = { bots: botsSection, incoming: incomingSection, outgoing: outgoingSection, commands: commandsSection };
  const tabs = h(
    "div",
    { class: "segments", role: "radiogroup", "aria-label": "Kind of integration" },
    [
      ["bots", "Bots"],
      ["incoming", "Incoming"],
      ["outgoing", "Outgoing"],
      ["commands", "Commands"],
    ].map(([name, words], at) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "integration",
          class: "unseen",
          checked: at === 0,
          dataset: { testid: `integrations-${name}` },
          onchange: () => ((secret.hidden = true), show(name)),
        }),
        h("span", {}, words),
      ),
    ),
  );
  openDialog({
    title: "Integrations",
    kind: "tall wide",
    body: h("div", { class: "dialog-body integrations" }, h("div", { class: "integrations-top" }, tabs, alert, secret), place),
  });
  show("bots");

  async function show(name) {
    await attempt(async () => {
      bots = await api.bots();
      const shown = await sections[name]();
      place.replaceChildren(...shown);
    });
  }

  /** Something that is told once. */
  function tell(words, value) {
    const label = h("span", {}, "Copy");
    const copy = async () => {
      await copied(value);
      label.textContent = "Copied";
    };
    secret.replaceChildren(
      h("p", {}, words),
      h("code", { dataset: { testid: "secret-value" } }, value),
      h("button", { type: "button", class: "button small", onclick: copy }, icon("copy"), label),
    );
    secret.hidden = false;
    secret.scrollIntoView({ block: "nearest" });
  }

  // The four kinds.

  async function botsSection() {
    const name = line("Name", "bot-name", { required: true, maxlength: "64", placeholder: "Build Bot" });
    const handle = line("Handle", "bot-handle", { required: true, maxlength: "32", placeholder: "builds" });
    const make = () => api.createBot({ name: name.input.value, handle: handle.input.value });
    return [
      form("A bot is an account for a program. It sees the channels that somebody adds it to.", [name, handle], "Make a bot", make, "bots"),
      list(bots, "There is no bot yet.", botRow),
    ];
  }

  async function incomingSection() {
    const name = line("What posts there", "hook-name", { required: true, maxlength: "64", placeholder: "CI" });
    const bot = botChoice("Said by", "hook-bot");
    const channel = channelChoice("hook-channel");
    const make = async () => {
      const made = await api.createIncoming({ name: name.input.value, bot: Number(bot.input.value), channel: Number(channel.input.value) });
      tell("This address is shown once. It takes what Slack's webhooks take.", `${location.origin}${made.path}`);
    };
    const about = "A secret address by which a program says something in a channel.";
    const told = await api.incoming();
    return [
      form(about, [name, bot, channel], "Make an address", make, "incoming"),
      list(told, "There is no incoming webhook yet.", (each) =>
        row(each.name, `${botName(each.bot)} in ${channelName(each.channel)}`, () => api.deleteIncoming(each.id), "incoming"),
      ),
    ];
  }

  async function outgoingSection() {
    const name = line("Who is told", "hook-name", { required: true, maxlength: "64", placeholder: "Deployer" });
    const url = line("Address", "hook-url", { required: true, type: "url", placeholder: "https://…" });
    const bot = botChoice("Heard and answered by", "hook-bot");
    const channel = channelChoice("hook-channel", [["", "Wherever the bot is"]]);
    const words = line("When a message begins with", "hook-words", { placeholder: "deploy, build" });
    const make = async () => {
      const made = await api.createOutgoing({
        name: name.input.value,
        url: url.input.value,
        bot: Number(bot.input.value),
        channel: channel.input.value ? Number(channel.input.value) : null,
        words: words.input.value.split(",").map((word) => word.trim()).filter(Boolean),
      });
      tell("Calls are signed with this secret, which is shown once.", made.secret);
    };
    const about = "A program that is told what people say, and may answer.";
    const told = await api.outgoing();
    return [
      form(about, [name, url, bot, channel, words], "Make a webhook", make, "outgoing"),
      list(told, "There is no outgoing webhook yet.", (each) => {
        const where = each.channel === null ? "wherever the bot is" : `in ${channelName(each.channel)}`;
        const note = `${each.url} · ${where}${each.words.length ? ` · ${each.words.join(", ")}` : ""}`;
        return row(each.name, note, () => api.deleteOutgoing(each.id), "outgoing", trouble(each));
      }),
    ];
  }

  async function commandsSection() {
    const name = line("Command", "command-name", { required: true, maxlength: "33", placeholder: "/deploy" });
    const url = line("Address", "command-url", { required: true, type: "url", placeholder: "https://…" });
    const bot = botChoice("Answered by", "command-bot");
    const hint = line("What follows it", "command-hint", { maxlength: "100", placeholder: "[what]" });
    const about = line("What it does", "command-about", { maxlength: "100" });
    const make = async () => {
      const made = await api.createCommand({
        name: name.input.value,
        url: url.input.value,
        bot: Number(bot.input.value),
        hint: hint.input.value,
        description: about.input.value,
      });
      tell("Calls are signed with this secret, which is shown once.", made.secret);
    };
    const own = (await api.commands()).filter((each) => each.bot !== 0);
    return [
      form("What people type after a slash, carried out by a program.", [name, url, bot, hint, about], "Make a command", make, "commands"),
      list(own, "There is no command yet besides those that are built in.", (each) =>
        row(`/${each.name} ${each.hint}`, `${each.description} · ${botName(each.bot)}`, () => api.deleteCommand(each.name), "commands"),
      ),
    ];
  }

  // What they are made of.

  function form(about, fields, words, make, section) {
    const submit = h("button", { type: "submit", class: "button primary", dataset: { testid: "integration-submit" } }, icon("plus"), words);
    const needsBot = section !== "bots" && inUse().length === 0;
    const work = async () => {
      submit.disabled = true;
      await attempt(async () => {
        await make();
        await show(section);
      });
      submit.disabled = false;
    };
    return h(
      "form",
      { class: "invite-form", onsubmit: (event) => (event.preventDefault(), work()) },
      h("p", { class: "soft" }, needsBot ? `${about} It speaks as a bot: make one first.` : about),
      !needsBot && h("div", { class: "invite-choices" }, fields.map(({ element }) => element)),
      !needsBot && submit,
    );
  }

  function list(items, nothing, draw) {
    const rows = items.length > 0 ? items.map(draw) : [h("li", { class: "browse-none" }, nothing)];
    return h("ul", { class: "invite-list", dataset: { testid: "integrations" } }, rows);
  }

  function row(title, note, remove, section, more = null) {
    const gone = () => attempt(async () => (await remove(), await show(section)));
    return h(
      "li",
      { class: "invite-row" },
      h("strong", {}, title),
      h("div", { class: "invite-foot" }, h("span", {}, note), quiet("Remove", gone)),
      more,
    );
  }

  function botRow({ account, tokens }) {
    const fresh = h("div", {});
    const begin = () => fresh.replaceChildren(tokenForm(account));
    return h(
      "li",
      { class: `invite-row ${account.deactivated ? "gone" : ""}` },
      h("div", { class: "bot-head" }, avatar(account), h("strong", {}, account.name), h("span", { class: "soft" }, `@${account.handle}`)),
      tokens.map((token) =>
        h(
          "div",
          { class: "invite-foot" },
          h("span", {}, `${token.name} · ${token.scopes.join(", ")}`),
          quiet("Revoke", () => attempt(async () => (await api.revokeToken(account.id, token.id), await show("bots")))),
        ),
      ),
      fresh,
      !account.deactivated &&
        h(
          "div",
          { class: "invite-foot" },
          h("span", {}, tokens.length === 0 ? "No token yet" : ""),
          h("button", { type: "button", class: "button small", dataset: { testid: `token-${account.handle}` }, onclick: begin }, icon("plus"), "Token"),
        ),
    );
  }

  function tokenForm(account) {
    const name = line("Where it is used", "token-name", { required: true, maxlength: "64", placeholder: "The build server" });
    const boxes = Object.entries(SCOPES).map(([scope, words]) => {
      const input = h("input", { type: "checkbox", checked: USUAL.includes(scope), dataset: { testid: `scope-${scope}` } });
      return { scope, input, element: h("label", { class: "scope" }, input, h("strong", {}, scope), h("span", {}, words)) };
    });
    const make = () =>
      attempt(async () => {
        const scopes = boxes.filter(({ input }) => input.checked).map(({ scope }) => scope);
        const made = await api.createToken(account.id, { name: name.input.value, scopes });
        tell("This token is shown once.", made.secret);
        await show("bots");
      });
    return h(
      "form",
      { class: "invite-form", onsubmit: (event) => (event.preventDefault(), make()) },
      name.element,
      h("div", { class: "scopes" }, boxes.map(({ element }) => element)),
      h("button", { type: "submit", class: "button primary", dataset: { testid: "token-submit" } }, "Make the token"),
    );
  }

  function inUse() {
    return bots.filter(({ account }) => !account.deactivated);
  }

  function botChoice(label, testid) {
    return choice(label, testid, inUse().map(({ account }) => [account.id, account.name]), "");
  }

  function channelChoice(testid, first = []) {
    const mine = inOrder(store.state.channels).filter(({ member, archived }) => member && !archived);
    return choice("In the channel", testid, [...first, ...mine.map(({ id, name }) => [id, `#${name}`])], "");
  }

  function botName(id) {
    return bots.find(({ account }) => account.id === id)?.account.name ?? "a bot";
  }

  function channelName(id) {
    const name = store.state.channels[id]?.name;
    return name ? `#${name}` : "a channel you are not in";
  }
}

function trouble({ trouble, dropped }) {
  if (!trouble && !dropped) return null;
  const lost = dropped ? ` ${dropped} ${dropped === 1 ? "message was" : "messages were"} given up.` : "";
  return h("p", { class: "hook-trouble" }, icon("alert"), `${trouble ? `It does not answer: ${trouble}.` : ""}${lost}`);
}

function quiet(words, run) {
  return h("button", { type: "button", class: "button small quiet", onclick: run }, words);
}
