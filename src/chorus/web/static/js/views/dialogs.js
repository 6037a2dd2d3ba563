/** The dialogs of somebody signed in, and what each of them leads to. */

import { mayRunServer } from "../state/rights.js";
import { accountDialog } from "./account.js";
import { administrationDialog } from "./administration.js";
import { browseChannelsDialog, createChannelDialog } from "./channels.js";
import { detailsDialog } from "./details.js";
import { integrationsDialog } from "./integrations.js";
import { invitesDialog } from "./invites.js";
import { openMessages } from "./list.js";
import { peopleDialog } from "./people.js";
import { addPeopleDialog, newConversationDialog } from "./personpicker.js";
import { openSwitcher } from "./switcher.js";

export class Dialogs {
  #store;
  #actions;
  #api;
  #toasts;
  #go;
  #onLeaving;

  /**
   * Args:
   *   go: (channel id, seq) opens a channel, or a message in it, through the address.
   *   onLeaving: called before that, by a dialog that leads elsewhere.
   */
  constructor({ store, actions, api, toasts, go, onLeaving }) {
    this.#store = store;
    this.#actions = actions;
    this.#api = api;
    this.#toasts = toasts;
    this.#go = go;
    this.#onLeaving = onLeaving;
  }

  /** Make a channel, of this name to begin with. */
  create(name = "") {
    createChannelDialog({
      name,
      create: (channel) => this.#actions.createChannel(channel),
      onMade: ({ id }) => this.#leadTo(id),
    });
  }

  /** See every channel, with a way into it. */
  browse() {
    browseChannelsDialog({
      store: this.#store,
      join: (id) => this.#actions.join(id),
      onOpen: (id) => this.#leadTo(id),
      onCreate: () => this.create(),
    });
  }

  /** See what is pinned to the open channel. */
  async pins() {
    const channel = this.#store.state.open;
    const messages = await this.#actions.pins(channel);
    if (messages === null) return;
    openMessages({
      title: "Pinned messages",
      messages,
      none: "Nothing is pinned here yet.",
      state: this.#store.state,
      onOpen: this.#go,
      removing: { name: "Unpin", run: (message) => this.#actions.togglePin({ ...message, pinned: true }) },
    });
  }

  /** See what one has saved. */
  async saved() {
    const messages = await this.#actions.saved();
    if (messages === null) return;
    openMessages({
      title: "Saved messages",
      messages,
      none: "Nothing is saved yet. Save a message to find it here.",
      state: this.#store.state,
      onOpen: (channel, seq) => this.#leadTo(channel, seq),
      removing: { name: "Remove", run: ({ channel, seq }) => this.#actions.unsave(channel, seq) },
    });
  }

  /** Go to a channel or a person by a few letters. */
  switch() {
    openSwitcher({
      state: this.#store.state,
      onOpen: (id) => this.#leadTo(id),
      onTalk: (people) => this.#converse(people),
      onCreate: (name) => this.create(name),
    });
  }

  /** See and change what the open channel is. */
  details() {
    const { channels, open } = this.#store.state;
    if (!channels[open]?.member) return;
    detailsDialog({ store: this.#store, actions: this.#actions, channel: open, onLeave: (id) => this.leave(id) });
  }

  /** Add people to the open channel. */
  async addPeople() {
    const channel = this.#store.state.open;
    const members = await this.#actions.members(channel);
    if (members) addPeopleDialog({ store: this.#store, actions: this.#actions, channel, members });
  }

  /** Leave a channel; a private one not by accident. */
  leave(channel) {
    const { name, kind } = this.#store.state.channels[channel];
    const words = `#${name} is private: to come back, somebody in it has to add you. Leave?`;
    if (kind !== "private" || confirm(words)) this.#actions.leave(channel);
  }

  /** See everybody on the server. */
  people() {
    peopleDialog({
      store: this.#store,
      actions: this.#actions,
      onTalk: (people) => this.#converse(people),
      onInvite: () => this.invite(),
    });
  }

  /** What one's own menu holds, for what one may do here. */
  ownMenu(notifier) {
    const account = () => accountDialog({ store: this.#store, api: this.#api, toasts: this.#toasts });
    return [
      { testid: "saved", sign: "bookmark", words: "Saved messages", run: () => this.saved() },
      { testid: "own-account", sign: "monitor", words: "Account and devices", run: account },
      {
        testid: "notifications",
        sign: "bell",
        words: notifier.words,
        off: notifier.hindrance !== null,
        run: () => notifier.toggle(),
      },
      ...(mayRunServer(this.#store.state.me)
        ? [
            { testid: "invite", sign: "plus", words: "Invite people", run: () => this.invite() },
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

  /** Make links that invite people. */
  invite() {
    invitesDialog({ store: this.#store, api: this.#api });
  }

  /** Pick people to talk to. */
  talk() {
    newConversationDialog({ store: this.#store, onTalk: (people) => this.#converse(people) });
  }

  /** Go to the conversation with these people. */
  async #converse(people) {
    const conversation = await this.#actions.converse(people);
    if (!conversation) return;
    this.#leadTo(conversation.id);
  }

  #leadTo(channel, seq) {
    this.#onLeaving();
    this.#go(channel, seq);
  }
}
