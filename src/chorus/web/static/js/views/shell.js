/** The page of somebody signed in: sidebar, bar, timeline and composer, and the keys that reach all of it. */

import { onEachDay } from "../days.js";
import { h } from "../dom.js";
import { neighbour, unread, unreadInAll } from "../state/channels.js";
import { labelOf } from "../state/titles.js";
import { letterOf } from "../text/keys.js";
import { quoted } from "../text/markup.js";
import { Announcer } from "./announcer.js";
import { attachingTo } from "./attaching.js";
import { namesIn } from "./completions.js";
import { Composer } from "./composer.js";
import { overPage } from "./dialog.js";
import { Dialogs } from "./dialogs.js";
import { dropZone, nothingOpens } from "./dropping.js";
import { Header } from "./header.js";
import { archivedBar, joinPanel, noChannelPanel } from "./intro.js";
import { SearchDialog } from "./search.js";
import { Sidebar } from "./sidebar.js";
import { ThreadPanel } from "./thread.js";
import { TimelineView } from "./timeline.js";
import { showTitle } from "./title.js";
import { TypingLine } from "./typing.js";

const DRAWER = "(max-width: 760px)";

export class Shell {
  element;
  #store;
  #actions;
  #server;
  #go;
  #dialogs;
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
  #archived = archivedBar();
  #main;
  #narrow = matchMedia(DRAWER);
  #ended = new AbortController();

  /** `go(channel id, seq)` opens a channel, or a message in it, through the address. */
  constructor({ store, actions, api, toasts, server, drafts, begun, notifier, go, onSignOut }) {
    this.#store = store;
    this.#actions = actions;
    this.#server = server;
    this.#go = go;
    this.#dialogs = new Dialogs({ store, actions, api, toasts, go, onLeaving: () => this.#drawer(false) });
    this.#sidebar = new Sidebar({
      server,
      self: { onSignOut, more: this.#dialogs.ownMenu(notifier) },
      onTalk: () => this.#dialogs.talk(),
      onPeople: () => this.#dialogs.people(),
      onCreate: () => this.#dialogs.create(),
      onBrowse: () => this.#dialogs.browse(),
      onSwitch: () => this.#dialogs.switch(),
      onPick: () => this.#drawer(false),
    });
    this.#header = new Header({
      onMenu: () => this.#drawer(true),
      onLeave: () => this.#dialogs.leave(store.state.open),
      onDetails: () => this.#dialogs.details(),
      onAdd: () => this.#dialogs.addPeople(),
      onSearch: () => this.#search.open(),
      onPins: () => this.#dialogs.pins(),
    });
    this.#search = new SearchDialog({
      store,
      actions,
      onOpen: (channel, seq) => (this.#drawer(false), this.#go(channel, seq)),
    });
    this.#timeline = new TimelineView(actions, {
      begun,
      onInvite: () => this.#dialogs.invite(),
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
    this.#thread = new ThreadPanel({ store, actions, drafts, begun });
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
    if (state.thread === null) this.#cover(false); // it gives the focus back to what it covered
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
    nothingOpens(signal);
    onEachDay(() => this.update(this.#store.state), signal); // yesterday was today until then
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    this.#narrow.addEventListener("change", () => (this.#drawer(false), this.#cover()), { signal });
  }

  #seen() {
    const channel = this.watched;
    if (channel !== null) this.#actions.markRead(channel);
  }

  #showPanel(channel, inside) {
    this.#panel.hidden = inside;
    const { me } = this.#store.state;
    const of = [channel?.id, channel?.topic, channel?.members, channel?.archived, me.role];
    const shown = inside ? null : JSON.stringify(of);
    if (shown === this.#panelShown) return;
    this.#panelShown = shown;
    if (inside) return this.#panel.replaceChildren();
    this.#panel.replaceChildren(
      channel
        ? joinPanel(channel, () => this.#actions.join(channel.id))
        : noChannelPanel({
            me,
            onBrowse: () => this.#dialogs.browse(),
            onCreate: () => this.#dialogs.create(),
          }),
    );
  }

  #key(event) {
    const command = event.ctrlKey || event.metaKey;
    if (command && !event.shiftKey && !event.altKey && letterOf(event) === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) this.#dialogs.switch();
    } else if (command && event.shiftKey && !event.altKey && letterOf(event) === "f") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) this.#search.open();
    } else if (event.altKey && !command && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      if (document.querySelector("dialog[open]")) return; // there it opens a list of choices
      event.preventDefault();
      const next = neighbour(this.#store.state, this.#store.state.open, event.key === "ArrowUp" ? -1 : 1);
      if (next !== null) this.#go(next);
    } else if (event.key === "Escape" && !overPage()) {
      this.#drawer(false);
    } else {
      this.#typed(event, document.activeElement);
    }
  }

  /** Whoever has clicked on a message, or on nothing, writes on; where messages have the focus, a space scrolls them. */
  #typed(event, at) {
    if (at.matches(".thread-scroll, .thread .message")) event.key !== " " && this.#thread.takesTyping(event);
    else if (at === document.body || (at.matches(".timeline, .main .message") && event.key !== " ")) {
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

  /** Begin a message with the words of another one, by whom, and the way to it. */
  #quote({ source, seq, text }) {
    const { accounts } = this.#store.state;
    const address = `${location.origin}${location.pathname}#/channels/${source.channel}/${seq}`;
    const name = (accounts[source.sender]?.name ?? "Someone").replace(/[\\[\]*_`]/g, "");
    this.#composer.insert(`${quoted(text, `[${name}](${address}):`)}\n\n`);
  }
}
