/** One message's row: by whom, when, what, and how the sending goes. */

import { h, icon, sanitised } from "../dom.js";
import { clock, inFull } from "../text/time.js";
import { avatar } from "./avatar.js";

/** The row's element; `row` is one of state/rows.js, `account` its sender's. */
export function messageView(row, account, { onRetry, onDiscard }) {
  const name = account?.name ?? "Someone";
  const date = new Date(row.at);
  const time = h("time", { class: "time", datetime: row.at, title: inFull(date) }, clock(date));
  const body = h("div", { class: "prose message-text" }, row.html === null ? plain(row.text) : sanitised(row.html));

  return h(
    "article",
    {
      class: `message ${row.starts ? "starts" : "follows"}`,
      "aria-label": `${name}, ${clock(date)}`,
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
      row.starts && h("div", { class: "byline" }, h("span", { class: "sender" }, name), time),
      body,
      row.state === "failed" && failure(row, onRetry, onDiscard),
    ),
    row.state === "pending" &&
      h("span", { class: "sending" }, icon("clock"), h("span", { class: "unseen" }, "Sending")),
  );
}

/** What the row's element depends on: equal signatures, equal elements. */
export function messageSignature(row, account) {
  return `${row.state}|${row.starts}|${row.seq}|${row.html === null}|${row.error?.detail ?? ""}|${account?.name ?? ""}`;
}

function plain(text) {
  return h("p", { class: "as-typed" }, text);
}

function failure(row, onRetry, onDiscard) {
  return h(
    "div",
    { class: "failure" },
    icon("alert"),
    h("span", {}, `Not sent. ${row.error?.detail ?? ""}`),
    h(
      "button",
      { type: "button", class: "link", dataset: { testid: "retry" }, onclick: () => onRetry(row.clientId) },
      "Try again",
    ),
    h(
      "button",
      { type: "button", class: "link", dataset: { testid: "discard" }, onclick: () => onDiscard(row.clientId) },
      "Delete",
    ),
  );
}
