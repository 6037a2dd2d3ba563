/** What stands where nothing stands yet: invitations, not holes; and what stands in a composer's place. */

import { h, icon } from "../dom.js";
import { mayRunServer, mayTakePart } from "../state/rights.js";
import { isConversation, isNotes, othersIn, signOf, titleOf } from "../state/titles.js";
import { avatar } from "./avatar.js";

/** The head of a channel's first page. */
export function channelIntro(channel, state, { alone, onInvite }) {
  if (isConversation(channel)) return conversationIntro(channel, state);
  return h(
    "div",
    { class: "intro" },
    h("span", { class: "intro-sign" }, icon(signOf(channel))),
    h("h2", {}, `Welcome to #${channel.name}`),
    h("p", {}, channel.topic || "This is where the channel begins. Say hello, ask something, share a link."),
    alone && mayRunServer(state.me) && invitation(onInvite),
  );
}

function conversationIntro(channel, state) {
  const others = othersIn(channel, state);
  return h(
    "div",
    { class: "intro" },
    h("div", { class: "intro-people" }, others.slice(0, 5).map((account) => avatar(account))),
    h("h2", {}, titleOf(channel, state)),
    h(
      "p",
      {},
      isNotes(channel)
        ? "A place for your own notes, links and drafts. Nobody else sees it."
        : `This conversation is between you and ${others.length === 1 ? `@${others[0]?.handle}` : "these people"} alone.`,
    ),
  );
}

/** Shown in place of the timeline of a channel one is not in. */
export function joinPanel(channel, onJoin) {
  return h(
    "div",
    { class: "panel" },
    h("span", { class: "intro-sign" }, icon("hash")),
    h("h2", {}, `#${channel.name}`),
    h("p", {}, channel.topic || "You are not in this channel yet."),
    h("p", { class: "soft" }, `${channel.members} ${channel.members === 1 ? "member" : "members"}`),
    channel.archived
      ? h("p", { class: "soft" }, "This channel is archived.")
      : h(
          "button",
          { type: "button", class: "button primary", dataset: { testid: "join-channel" }, onclick: onJoin },
          "Join channel",
        ),
  );
}

/** Shown when one is in no channel. */
export function noChannelPanel({ me, onBrowse, onCreate }) {
  if (!mayTakePart(me)) return waitingPanel();
  return h(
    "div",
    { class: "panel" },
    h("span", { class: "intro-sign" }, icon("compass")),
    h("h2", {}, "Find your people"),
    h("p", {}, "You are not in any channel yet. Join one, or start one of your own."),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "button primary", onclick: onBrowse }, "Browse channels"),
      h("button", { type: "button", class: "button", onclick: onCreate }, "Create a channel"),
    ),
  );
}

/** What stands in the place of a composer where nothing is added. */
export function archivedBar() {
  return h("p", { class: "archived-bar", hidden: true }, icon("archive"), "This channel is archived: it can be read.");
}

/** A guest is brought into channels by others. */
function waitingPanel() {
  return h(
    "div",
    { class: "panel" },
    h("span", { class: "intro-sign" }, icon("hash")),
    h("h2", {}, "You are in no channel"),
    h("p", {}, "Whoever invited you can add you to one. It appears here as soon as they do."),
  );
}

function invitation(onInvite) {
  return h(
    "div",
    { class: "invitation" },
    h("div", {}, h("strong", {}, "It is quiet in here"), h("p", {}, "Bring the people you want to talk to.")),
    h(
      "button",
      { type: "button", class: "button primary", dataset: { testid: "intro-invite" }, onclick: onInvite },
      icon("plus"),
      "Invite people",
    ),
  );
}
