/** One message's row: by whom, when, what, how the sending goes, and what others made of it. */

import { h, icon, sanitised } from "../dom.js";
import { calls } from "../state/messages.js";
import { nameOf } from "../state/titles.js";
import { clock, inFull } from "../text/time.js";
import { avatar, badge } from "./avatar.js";
import { filesView } from "./files.js";
import { linkPlaces } from "./places.js";
import { wideScrolledByKeys } from "./scrolled.js";

const numbers = new WeakMap(); // entry → a number of its own, so that signatures stay short
let numbered = 0;

/**
 * The row's element.
 *
 * Args:
 *   row: one of state/rows.js.
 *   state: {accounts, me, channels}: accounts and channels by id, and one's own account.
 *   on: {retry, discard, copy(row), react(row, emoji), openThread(row), showEdits(row)}; without openThread the row is in a thread already.
 *   editor: shown in the place of the text while it is being edited, or null.
 */
export function messageView(row, { accounts, me, channels }, on, editor = null) {
  const account = accounts[row.sender];
  const name = nameOf(account, accounts);
  const date = new Date(row.at);
  const stamp = h("time", { class: "time", datetime: row.at, title: inFull(date) }, clock(date));
  const time = row.source.channel && row.seq !== null ? permalink(row, stamp) : stamp;
  const callsMe = row.sender !== me.id && calls(row.mentions, me.id);
  const closed = isClosed(row, channels);

  return h(
    "article",
    {
      class: `message ${row.starts ? "starts" : "follows"} ${callsMe ? "calls-me" : ""} ${editor ? "edited-now" : ""}`,
      "aria-label": `${name}, ${clock(date)}`,
      tabindex: "-1",
      dataset: {
        testid: "message",
        state: row.state,
        sender: row.sender,
        ...(row.seq === null ? {} : { seq: row.seq }),
        ...(row.clientId === null ? {} : { clientId: row.clientId }),
      },
    },
    h("div", { class: "gutter" }, row.starts ? avatar(account) : time),
    h(
      "div",
      { class: "message-main" },
      row.pinned && h("div", { class: "pinned-mark" }, icon("pin"), "Pinned"),
      row.starts && h("div", { class: "byline" }, h("span", { class: "sender", title: name }, name), badge(account), time),
      row.deleted ? tombstone() : words(row, { me, channels }, on, editor !== null || (!row.text && !row.editedAt)),
      row.files.length > 0 && !row.deleted && filesView(row.files),
      editor,
      row.reactions.length > 0 && reactions(row, accounts, me, closed ? null : on),
      row.replyCount > 0 && on.openThread && replies(row, on),
      row.state === "failed" && failure(row, on, closed),
    ),
    row.state === "pending" &&
      h("span", { class: "sending" }, icon("clock"), h("span", { class: "unseen" }, "Sending")),
  );
}

/**
 * Make the row's element what it is to be now, around its editor, which stays where it is: if it were moved, it would lose
 * the focus, the caret, and a word half typed with an input method. Returns the element.
 */
export function redressed(element, row, state, on, editor) {
  const place = h("i", {});
  const fresh = messageView(row, state, on, place);
  for (const { name, value } of fresh.attributes) if (name !== "tabindex") element.setAttribute(name, value);
  element.querySelector(".gutter").replaceWith(fresh.querySelector(".gutter"));
  const parts = [...place.parentNode.childNodes];
  const at = parts.indexOf(place);
  for (const part of [...editor.parentNode.childNodes]) if (part !== editor) part.remove();
  editor.before(...parts.slice(0, at));
  editor.after(...parts.slice(at + 1));
  return element;
}

/** What the row's element depends on: equal signatures, equal elements. */
export function messageSignature(row, { accounts, channels }, edited = false) {
  const name = nameOf(accounts[row.sender], accounts);
  return `${numberOf(row.source)}|${row.state}|${row.starts}|${edited}|${isClosed(row, channels)}|${name}`;
}

/** Whether the row stands in an archived channel, where nothing changes. */
export function isClosed({ source }, channels) {
  return channels[source.channel]?.archived ?? false;
}

function numberOf(source) {
  if (!numbers.has(source)) numbers.set(source, ++numbered);
  return numbers.get(source);
}

/** The time leads to the message itself: an address to keep and to pass on. */
function permalink(row, stamp) {
  return h(
    "a",
    { class: "permalink", href: `#/channels/${row.source.channel}/${row.seq}`, tabindex: "-1", dataset: { testid: "permalink" } },
    stamp,
  );
}

function words(row, { me, channels }, on, hidden) {
  const body = h("div", { class: "prose message-text", hidden }, row.html === null ? plain(row.text) : sanitised(row.html));
  for (const mention of body.querySelectorAll("[data-mention]")) {
    mention.classList.toggle("me", calls([Number(mention.dataset.mention)], me.id));
  }
  for (const link of body.querySelectorAll("a[target]")) {
    if (isPlaceHere(link)) link.removeAttribute("target"); // it is a way within this page: no page beside it
  }
  linkPlaces(body, channels);
  if (row.editedAt) {
    const mark = h(
      "button",
      {
        type: "button",
        class: "edited-mark",
        title: `${inFull(new Date(row.editedAt))}: see what it was`,
        onclick: () => on.showEdits(row),
      },
      "(edited)",
    );
    const end = body.lastElementChild;
    if (end?.tagName === "P") end.append(" ", mark);
    else body.append(mark);
  }
  return wideScrolledByKeys(body);
}

/** Whether a link leads to a channel or a message of this very page. */
function isPlaceHere({ origin, pathname, hash }) {
  return origin === location.origin && pathname === location.pathname && hash.startsWith("#/");
}

function plain(text) {
  return h("p", { class: "as-typed" }, text);
}

function tombstone() {
  return h("div", { class: "message-text tombstone" }, icon("trash"), "This message was deleted");
}

/** Without `on` they are only shown. */
function reactions(row, accounts, me, on) {
  return h(
    "div",
    { class: "reactions" },
    row.reactions.map(({ emoji, accounts: ids }) => {
      const mine = ids.includes(me.id);
      const names = ids.map((id) => (id === me.id ? "you" : nameOf(accounts[id], accounts))).join(", ");
      return h(
        "button",
        {
          type: "button",
          class: "reaction",
          "aria-pressed": String(mine),
          "aria-label": `${emoji}, ${ids.length}: ${names}`,
          title: `${names} reacted with ${emoji}`,
          disabled: on === null,
          dataset: { testid: "reaction", emoji },
          onclick: () => on?.react(row, emoji),
        },
        h("span", { class: "reaction-emoji" }, emoji),
        h("span", { class: "reaction-count" }, String(ids.length)),
      );
    }),
  );
}

function replies(row, on) {
  const count = row.replyCount;
  return h(
    "button",
    { type: "button", class: "replies", dataset: { testid: "replies" }, onclick: () => on.openThread(row) },
    icon("reply"),
    `${count} ${count === 1 ? "reply" : "replies"}`,
  );
}

/** `closed`: it would be refused again, until somebody brings the channel back. */
function failure(row, on, closed) {
  const way = (testid, words, onclick) => h("button", { type: "button", class: "link", dataset: { testid }, onclick }, words);
  return h(
    "div",
    { class: "failure" },
    icon("alert"),
    h("span", {}, `Not sent. ${closed ? "This channel was archived meanwhile." : (row.error?.detail ?? "")}`),
    closed ? way("copy-unsent", "Copy text", () => on.copy(row)) : way("retry", "Try again", () => on.retry(row.clientId)),
    way("discard", "Delete", () => on.discard(row.clientId)),
  );
}
