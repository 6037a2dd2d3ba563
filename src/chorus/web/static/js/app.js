/** Where the parts of the page meet: who is there, what is shown, and what connects them. */

import { Actions } from "./actions.js";
import { Api, ApiError } from "./api.js";
import { BegunEdits } from "./begun.js";
import { h } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Kept, Unsent } from "./kept.js";
import { Feed } from "./live/feed.js";
import { after, nothingYet } from "./state/chat.js";
import { joined } from "./state/channels.js";
import { Store } from "./state/store.js";
import { closeThreadOnBack } from "./views/backward.js";
import { copied } from "./views/clipboard.js";
import { closeAll } from "./views/dialog.js";
import { Looking } from "./views/looking.js";
import { Notifier } from "./views/notifier.js";
import { Refusals } from "./views/refusals.js";
import { Shell } from "./views/shell.js";
import { signView } from "./views/sign.js";
import { Toasts } from "./views/toasts.js";
import { shareSession } from "./whose.js";

const RETRY_START = 3_000; // milliseconds before an unreachable server is asked again
const UNDRAWN = 120; // milliseconds after which changes are shown even where nothing is drawn, as in a tab behind

const api = new Api();
const toasts = new Toasts();
const place = document.getElementById("app");
let session = null; // what runs while somebody is signed in
let signingOut = false;

api.onSignedOut = () => session && leave("Your session has ended. Sign in again.");
document.body.append(toasts.element);
start();

async function start(notice = null) {
  try {
    const server = await api.server(invited());
    document.title = server.name;
    if (!server.accounts) return showSign(server, notice);
    const told = await bootstrap();
    return told ? enter(server, told) : showSign(server, notice);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return showUnreachable(error);
  }
}

/** The token of the invite link that the page was opened with, or null. */
function invited() {
  return /^#\/invite\/([\w.-]{1,100})$/.exec(location.hash)?.[1] ?? null;
}

/** Everything the page starts with, or null when nobody is signed in. */
async function bootstrap() {
  try {
    return await api.bootstrap();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

function showSign(server, notice) {
  place.replaceChildren();
  place.append(signView({ server, api, invite: invited(), notice, onSigned: () => start() }));
  place.querySelector("input")?.focus();
}

function showUnreachable(error) {
  place.replaceChildren(
    h(
      "main",
      { class: "sign" },
      h(
        "section",
        { class: "sign-card centred" },
        h("span", { class: "spinner large", "aria-hidden": "true" }),
        h("h1", {}, "The server does not answer"),
        h("p", { class: "sign-lead", role: "status" }, `${error.message} This page tries again by itself.`),
      ),
    ),
  );
  setTimeout(() => start(), RETRY_START);
}

function enter(server, told) {
  const ended = new AbortController();
  const { signal } = ended;
  const kept = new Kept(told.account.id);
  const unsent = new Unsent(kept);
  const begun = new BegunEdits(told.account.id);
  const store = new Store(nothingYet, after, soon);
  store.apply({ is: "Bootstrapped", ...told });
  store.apply({ is: "OutboxRestored", saved: unsent.load() });

  const feed = new Feed({
    store,
    api,
    url: socketAddress(),
    watched: () => shell.watched,
    onEnded: () => signingOut || leave("You were signed out on this device."),
    onOther: giveWay,
    onDraft: (told) => drafts.heard(told),
    onFresh: (entry) => notifier.heard(entry),
    onReturned: () => drafts.load(),
  });
  const looking = new Looking(told.account.id, signal);
  const notifier = new Notifier({ kept, looking, state: () => store.state, onOpen: go, toasts });
  const drafts = new Drafts({ kept, api, onChange: (place) => shell.draftChanged(place) });
  const actions = new Actions({ store, api, feed, toasts, copied });
  const onSignOut = () => signOut(store);
  const shell = new Shell({ store, actions, api, toasts, server, drafts, begun, notifier, go, onSignOut });
  const refusals = new Refusals({
    toasts,
    onShow(channel, thread) {
      const once = { once: true, signal };
      if (thread) addEventListener("hashchange", () => actions.openThread(channel, thread), once); // a channel opens without one
      go(channel);
    },
  });
  let saved = null;

  store.watch((state) => {
    const { dataset } = document.documentElement;
    dataset.connection = state.connection;
    if (state.instance === null) delete dataset.instance;
    else dataset.instance = state.instance;
    if (state.outbox !== saved) unsent.save((saved = state.outbox));
    if (state.open === null && joined(state.channels).length > 0) openAddressed(store, actions, kept); // its channel is gone
    shell.update(store.state);
    refusals.update(store.state);
    feed.attendance.update(store.state);
  });
  addEventListener("hashchange", () => (sayIfNowhere(store), openAddressed(store, actions, kept, true)), { signal });
  closeThreadOnBack(store, actions, signal);
  shareSession(told.account.id, giveWay, signal);
  drafts.follow(signal);
  addEventListener("online", () => feed.hurry(), { signal });
  addEventListener("pagehide", () => (store.flush(), actions.sayReads(), drafts.flush()), { signal });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && feed.hurry(), {
    signal,
  });

  session = {
    end() {
      ended.abort();
      feed.stop();
      drafts.stop();
      actions.stop();
      closeAll();
      shell.remove();
      delete document.documentElement.dataset.connection;
      delete document.documentElement.dataset.instance;
    },
    forget: () => (kept.forget(), begun.forget()),
  };
  place.replaceChildren(shell.element);
  sayIfNowhere(store);
  openAddressed(store, actions, kept);
  store.flush();
  feed.start();
  drafts.load();
}

/** The channel's id and the message's seq in the page's address; each is NaN where the address has none. */
function addressed() {
  const [, channel, message] = /^#\/channels\/(\d+)(?:\/(\d+))?$/.exec(location.hash) ?? [];
  return { channel: Number(channel ?? Number.NaN), message: Number(message ?? Number.NaN) };
}

/** Whoever followed a link is told why another channel opens; to the server a private one and none are the same. */
function sayIfNowhere({ state: { channels } }) {
  const { channel } = addressed();
  if (channel && !channels[channel]) {
    toasts.error("That link leads to a channel that you are not in, or that does not exist.");
  }
}

/**
 * Open the channel of the address, and the message in it; else the last one, else general, else the first. `went`: somebody went to
 * the address; where the channel is open, its name alone leads from old messages to its end.
 */
function openAddressed(store, actions, kept, went = false) {
  const { channels, open } = store.state;
  const { channel, message } = addressed();
  const list = joined(channels);
  const wanted =
    channels[channel] ?? channels[kept.read("channel")] ?? list.find(({ name }) => name === "general") ?? list[0];
  const id = wanted?.id ?? null;
  if (id !== null && id !== channel) history.replaceState(null, "", `#/channels/${id}`);
  if (id !== open || id === null) {
    kept.write("channel", id);
    actions.open(id);
  } else if (went && id === channel && !message) actions.returnToEnd(id);
  if (message && id === channel) actions.seek(id, message);
}

/** Open a channel, or a message in it; also when the address says so already. */
function go(channel, seq = null) {
  const address = `#/channels/${channel}${seq === null ? "" : `/${seq}`}`;
  if (location.hash === address) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = address;
}

async function signOut(store) {
  const unsent = store.state.outbox.filter(({ state }) => state !== "sent").length;
  if (
    unsent > 0 &&
    !confirm(`${unsent} ${unsent === 1 ? "message is" : "messages are"} not sent yet and will be deleted. Sign out?`)
  )
    return;
  const { forget } = session;
  signingOut = true; // the server says the session's end to its sockets as well, even to this one
  try {
    await api.signOut();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 401) return toasts.error(`You are still signed in. ${error.message}`);
  } finally {
    signingOut = false;
  }
  forget();
  leave(null);
}

function leave(notice) {
  if (!session) return;
  session.end();
  session = null;
  history.replaceState(null, "", location.pathname);
  start(notice);
}

/** Somebody else signed in in another tab: what this one would do from now on would be done in their name. */
function giveWay() {
  if (!session) return;
  leave(null);
  toasts.notice("Another account was signed in in this browser, so this tab shows that one now.");
}

function socketAddress() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket.io/?EIO=4&transport=websocket`;
}

/** At the next frame; in a tab behind, where no frames come, a moment later. */
function soon(run) {
  let ran = false;
  const once = () => {
    if (ran) return;
    ran = true;
    run();
  };
  requestAnimationFrame(once);
  setTimeout(once, UNDRAWN);
}
