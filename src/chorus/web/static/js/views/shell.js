/** The page of somebody signed in: sidebar, bar, timeline and composer, and the keys that reach all of it. */

import { h, icon } from "../dom.js";
import { neighbour, unread, unreadInAll } from "../state/channels.js";
import { mayRunServer } from "../state/rights.js";
import { labelOf } from "../state/titles.js";
import { quoted } from "../text/markup.js";
import { accountDialog } from "./account.js";
import { Announcer } from "./announcer.js";
import { administrationDialog } from "./administration.js";
import { browseChannelsDialog, createChannelDialog } from "./channels.js";
import { attachingTo } from "./attaching.js";
import { namesIn } from "./completions.js";
import { Composer } from "./composer.js";
import { detailsDialog } from "./details.js";
import { dropZone } from "./dropping.js";
import { Header } from "./header.js";
import { joinPanel, noChannelPanel } from "./intro.js";
import { integrationsDialog } from "./integrations.js";
import { invitesDialog } from "./invites.js";
import { peopleDialog } from "./people.js";
import { addPeopleDialog, newConversationDialog } from "./personpicker.js";
import { SearchDialog } from "./search.js";
import { openMessages } from "./list.js";
import { Sidebar } from "./sidebar.js";
import { openSwitcher } from "./switcher.js";
import { ThreadPanel } from "./thread.js";
import { TimelineView } from "./timeline.js";
import { showTitle } from "./title.js";
import { TypingLine } from "./typing.js";

const DRAWER = "(max-width: 760px)";

export class Shell {
  element;
  #store;
  #actions;
  #api;
  #toasts;
  #server;
  #go;
  #sidebar;
  #header;
  #timeline;
  #composer;
  #thread;
  #typing = new TypingLine();
  #search;
  #announcer = new Announcer();
  #panel = h("div", { class: "panel-frame", hidden: true });
  #panelShown = null;
  #archived = h("p", { class: "archived-bar", hidden: true }, icon("archive"), "This channel is archived: it can be read.");
  #main;
  #narrow = matchMedia(DRAWER);
  #ended = new AbortController();

  /** `go(channel id, seq)` opens a channel, or a message in it, through the address. */
  constructor({ store, actions, api, toasts, server, drafts, notifier, go, onSignOut }) {
    this.#api = api;
    this.#toasts = toasts;
    this.#store = store;
    this.#actions = actions;
    this.#server = server;
    this.#go = go;
    this.#sidebar = new Sidebar({
      server,
      me: store.state.me,
      self: { onSignOut, more: this.#ownMenu(notifier) },
      onTalk: () => this.#talk(),
      onPeople: () => this.#people(),
      onCreate: () => this.#create(),
      onBrowse: () => this.#browse(),
      onSwitch: () => this.#switch(),
      onPick: () => this.#drawer(false),
    });
    this.#header = new Header({
      onMenu: () => this.#drawer(true),
      onLeave: () => this.#leave(store.state.open),
      onDetails: () => this.#details(),
      onAdd: () => this.#addPeople(),
      onSearch: () => this.#search.open(),
      onPins: () => this.#pins(),
    });
    this.#search = new SearchDialog({
      store,
      actions,
      onOpen: (channel, seq) => (this.#drawer(false), this.#go(channel, seq)),
    });
    this.#timeline = new TimelineView(actions, {
      onInvite: () => this.#invite(),
      onQuote: (row) => this.#quote(row),
    });
    this.#composer = new Composer({
      drafts,
      onSend: (channel, text, files) => actions.send(channel, text, 0, files),
      attaching: attachingTo(store, actions, (channel) => channel),
      commands: { list: actions.commands, run: (channel, text) => actions.runCommand(channel, text) },
      names: namesIn(() => store.state, actions),
      onTyping: (channel, active) => actions.typing(channel, 0, active),
      onPage: (direction) => this.#timeline.page(direction),
      onEditLast: () => this.#timeline.editLast(),
    });
    this.#thread = new ThreadPanel({ store, actions, drafts });
    this.#main = h(
      "main",
      { class: "main" },
      this.#header.element,
      this.#timeline.element,
      this.#panel,
      this.#composer.element,
      this.#archived,
      this.#typing.element,
    );
    this.#main.append(
      dropZone(this.#main, {
        accepts: () => !this.#composer.element.hidden,
        words: () => "Drop files to attach them",
        onFiles: (files) => this.#composer.attach(files),
      }),
    );
    this.element = h(
      "div",
      { class: "shell" },
      this.#sidebar.element,
      h("div", { class: "veil", onclick: () => this.#drawer(false) }),
      this.#main,
      this.#thread.element,
      this.#announcer.element,
    );
    this.#listen();
    this.#drawer(false);
  }

  /** The channel whose end somebody is looking at, or null. */
  get watched() {
    const looking = document.visibilityState === "visible" && document.hasFocus();
    return looking && this.#timeline.atEnd ? this.#store.state.open : null;
  }

  update(state) {
    const channel = state.channels[state.open];
    const inside = channel?.member ?? false;
    this.#timeline.element.hidden = !inside;
    this.#archived.hidden = !inside || !channel.archived;
    this.#composer.turnTo(inside && !channel.archived ? { id: channel.id, label: labelOf(channel, state) } : null);
    this.#timeline.update(state);
    this.#typing.update(state, state.open);
    this.#thread.update(state);
    this.#cover(state.thread !== null);
    this.#announcer.update(state);
    this.#seen();
    this.#count(this.#store.state);
  }

  /** What shows counts is drawn after what is before one's eyes counts as read, so that no count flashes up. */
  #count(state) {
    const channel = state.channels[state.open] ?? null;
    const elsewhere = unreadInAll(state.channels) - (channel ? unread(channel) : 0);
    this.#sidebar.update(state);
    this.#header.update({ channel, state, connection: state.connection, unreadElsewhere: elsewhere });
    this.#showPanel(channel, channel?.member ?? false);
    showTitle(state, this.#server);
  }

  /** What was begun in a channel or a thread was written on on another device. */
  draftChanged(place) {
    this.#composer.draftChanged(place);
    this.#thread.draftChanged(place);
  }

  remove() {
    this.#ended.abort();
    this.element.remove();
  }

  #listen() {
    const { signal } = this.#ended;
    addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("focus", () => this.#seen(), { signal });
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    this.#narrow.addEventListener("change", () => (this.#drawer(false), this.#cover()), { signal });
  }

  #seen() {
    const channel = this.watched;
    if (channel !== null) this.#actions.markRead(channel);
  }

  #showPanel(channel, inside) {
    this.#panel.hidden = inside;
    const shown = inside ? null : JSON.stringify([channel?.id, channel?.topic, channel?.members, channel?.archived]);
    if (shown === this.#panelShown) return;
    this.#panelShown = shown;
    if (inside) return this.#panel.replaceChildren();
    this.#panel.replaceChildren(
      channel
        ? joinPanel(channel, () => this.#actions.join(channel.id))
        : noChannelPanel({ onBrowse: () => this.#browse(), onCreate: () => this.#create() }),
    );
  }

  #key(event) {
    const command = event.ctrlKey || event.metaKey;
    if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) this.#switch();
    } else if (command && event.shiftKey && !event.altKey && event.key.toLowerCase() === "f") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) this.#search.open();
    } else if (event.altKey && !command && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const next = neighbour(this.#store.state, this.#store.state.open, event.key === "ArrowUp" ? -1 : 1);
      if (next !== null) this.#go(next);
    } else if (event.key === "Escape" && !document.querySelector(":popover-open, dialog[open]")) {
      this.#drawer(false);
    } else {
      this.#composer.takesTyping(event);
    }
  }

  /** The sidebar of a narrow window slides over the page; while it is away nothing in it can be reached. */
  #drawer(open) {
    const drawn = open && this.#narrow.matches;
    const was = this.element.classList.contains("drawn");
    this.element.classList.toggle("drawn", drawn);
    this.#sidebar.element.inert = this.#narrow.matches && !drawn;
    this.#cover();
    if (drawn) this.#sidebar.element.querySelector("[aria-current], a, button")?.focus();
    else if (was) this.#header.element.querySelector(".opener").focus();
  }

  /** Beside the channel where there is room; on a phone over it, and then the channel cannot be reached. */
  #cover(open = this.#store.state.thread !== null) {
    this.element.classList.toggle("threaded", open);
    this.#main.inert = this.element.classList.contains("drawn") || (open && this.#narrow.matches);
  }

  #create(name = "") {
    createChannelDialog({
      name,
      create: (channel) => this.#actions.createChannel(channel),
      onMade: ({ id }) => (this.#drawer(false), this.#go(id)),
    });
  }

  #browse() {
    browseChannelsDialog({
      store: this.#store,
      join: (id) => this.#actions.join(id),
      onOpen: (id) => (this.#drawer(false), this.#go(id)),
      onCreate: () => this.#create(),
    });
  }

  /** Begin a message with the words of another one, by whom, and the way to it. */
  #quote({ source, seq, text }) {
    const { accounts } = this.#store.state;
    const address = `${location.origin}${location.pathname}#/channels/${source.channel}/${seq}`;
    const name = (accounts[source.sender]?.name ?? "Someone").replace(/[\\[\]*_`]/g, "");
    this.#composer.insert(`${quoted(text, `[${name}](${address}):`)}\n\n`);
  }

  async #pins() {
    const channel = this.#store.state.open;
    const messages = await this.#actions.pins(channel);
    if (messages === null) return;
    openMessages({
      title: "Pinned messages",
      messages,
      none: "Nothing is pinned here yet.",
      state: this.#store.state,
      onOpen: this.#go,
      removing: { name: "Unpin", run: (message) => this.#actions.togglePin({ ...message, pinned: true }).then(() => true) },
    });
  }

  async #saved() {
    const messages = await this.#actions.saved();
    if (messages === null) return;
    openMessages({
      title: "Saved messages",
      messages,
      none: "Nothing is saved yet. Save a message to find it here.",
      state: this.#store.state,
      onOpen: (channel, seq) => (this.#drawer(false), this.#go(channel, seq)),
      removing: { name: "Remove", run: ({ channel, seq }) => this.#actions.unsave(channel, seq) },
    });
  }

  #switch() {
    openSwitcher({
      state: this.#store.state,
      onOpen: (id) => (this.#drawer(false), this.#go(id)),
      onTalk: (people) => this.#open(people),
      onCreate: (name) => this.#create(name),
    });
  }

  #details() {
    const { store, actions } = { store: this.#store, actions: this.#actions };
    if (!store.state.channels[store.state.open]?.member) return;
    detailsDialog({ store, actions, channel: store.state.open, onLeave: (id) => this.#leave(id) });
  }

  async #addPeople() {
    const channel = this.#store.state.open;
    const members = await this.#actions.members(channel);
    if (members) addPeopleDialog({ store: this.#store, actions: this.#actions, channel, members });
  }

  #leave(channel) {
    const { name, kind } = this.#store.state.channels[channel];
    const words = `#${name} is private: to come back, somebody in it has to add you. Leave?`;
    if (kind !== "private" || confirm(words)) this.#actions.leave(channel);
  }

  #people() {
    peopleDialog({
      store: this.#store,
      actions: this.#actions,
      onTalk: (people) => this.#open(people),
      onInvite: () => this.#invite(),
    });
  }

  #ownMenu(notifier) {
    const account = () => accountDialog({ store: this.#store, api: this.#api, toasts: this.#toasts });
    return [
      { testid: "saved", sign: "bookmark", words: "Saved messages", run: () => this.#saved() },
      { testid: "own-account", sign: "monitor", words: "Account and devices", run: account },
      { testid: "notifications", sign: "bell", words: notifier.words, run: () => notifier.toggle() },
      ...(mayRunServer(this.#store.state.me)
        ? [
            { testid: "invite", sign: "plus", words: "Invite people", run: () => this.#invite() },
            {
              testid: "integrations-open",
              sign: "bot",
              words: "Integrations",
              run: () => integrationsDialog({ store: this.#store, api: this.#api }),
            },
            {
              testid: "administration-open",
              sign: "eye",
              words: "Administration",
              run: () => administrationDialog({ store: this.#store, api: this.#api }),
            },
          ]
        : []),
    ];
  }

  #invite() {
    invitesDialog({ store: this.#store, api: this.#api });
  }

  #talk() {
    newConversationDialog({ store: this.#store, onTalk: (people) => this.#open(people) });
  }

  async #open(people) {
    const conversation = await this.#actions.converse(people);
    if (!conversation) return;
    this.#drawer(false);
    this.#go(conversation.id);
  }
}
