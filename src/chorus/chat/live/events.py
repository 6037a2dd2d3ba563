"""The live events, each declared once: what may be asked and what is told, with which payload, and who gets it.

    answer(namespace, MESSAGE_SEND, handler)          # the gateway takes name and payload from here
    client.emit("ready", Ready(…))                    # a test finds every emit of the chat in TOLD, with this payload

The AsyncAPI document (asyncapi.py) and docs/events.md (reference.py) are made from these tables; examples.py shows one
of each.
"""

from typing import Any, TypeAlias

import msgspec

from chorus.chat.actions.notes import DraftChanged, MessageSaved
from chorus.chat.domain.entries import Entry
from chorus.chat.live.payloads import (
    AccountChanged,
    AccountJoined,
    AccountSeen,
    AccountUnseen,
    Auth,
    ChannelChanged,
    ChannelCreated,
    ChannelFollowed,
    ChannelJoined,
    ChannelLeft,
    ChannelRead,
    DeleteMessage,
    Done,
    EditMessage,
    Ended,
    EventFailed,
    FollowChannel,
    LookAtChannel,
    MessageSent,
    Moved,
    PresenceChanged,
    PresenceWatched,
    ReactToMessage,
    Ready,
    Refusal,
    SendMessage,
    SetPresence,
    Typed,
    TypingNow,
    WatchPresence,
)

Positions: TypeAlias = dict[int, int]
"""By channel: a position in its log."""


class Asked(msgspec.Struct, frozen=True):
    """What a client may say."""

    name: str
    payload: type[msgspec.Struct]
    answer: type[msgspec.Struct]
    """The acknowledgement when it is done; otherwise it is `Refused`."""

    about: str
    """One line."""

    refusals: tuple[str, ...] = ()
    """Codes of its own, besides `ALWAYS`."""


class Told(msgspec.Struct, frozen=True):
    """What the server says."""

    name: str
    payload: Any
    about: str
    """One line."""

    to: str
    """Who gets it: each connection of these accounts, on every instance."""


ALWAYS = ("invalid", "rate_limited", "internal")
"""Codes that any event may be refused with: its payload is another, there were too many, or its handler failed."""

_OF_A_CHANGE = ("forbidden", "not_found", "unavailable")

CONNECT = Asked(
    "connect", Auth, Ready, "Come in: the CONNECT packet's `auth`; `ready` follows, or `connect_error`.",
    ("unauthenticated", "unavailable"),
)  # fmt: skip
CONNECT_ERROR = Told("connect_error", Refusal, "Not let in: in `data` of the client's error.", "who wanted to connect")

MESSAGE_SEND = Asked(
    "message.send", SendMessage, MessageSent, "Send a message; acknowledged when it is durable.",
    ("too_large", *_OF_A_CHANGE),
)  # fmt: skip
MESSAGE_EDIT = Asked(
    "message.edit", EditMessage, MessageSent, "Give a message of one's own another text.",
    ("too_large", *_OF_A_CHANGE),
)  # fmt: skip
MESSAGE_DELETE = Asked(
    "message.delete", DeleteMessage, MessageSent, "Delete a message: one's own, or for admins anybody's.", _OF_A_CHANGE
)
MESSAGE_REACT = Asked("message.react", ReactToMessage, MessageSent, "React to a message with an emoji.", _OF_A_CHANGE)
MESSAGE_UNREACT = Asked("message.unreact", ReactToMessage, MessageSent, "Take a reaction back.", _OF_A_CHANGE)
CHANNEL_FOLLOW = Asked(
    "channel.follow", FollowChannel, ChannelFollowed, "Have the entries of a channel again from an earlier one on.",
    ("forbidden", "not_found", "unavailable"),
)  # fmt: skip
CHANNEL_LOOK = Asked(
    "channel.look", LookAtChannel, Done, "Hear who types in a channel; one channel a connection.",
    ("forbidden", "not_found", "unavailable"),
)  # fmt: skip
TYPING = Asked("typing", TypingNow, Done, "Say that one types; again every few seconds.", ("forbidden", "not_found"))
PRESENCE_WATCH = Asked(
    "presence.watch", WatchPresence, PresenceWatched, "Hear who of these comes and goes.", ("forbidden",)
)
PRESENCE_SET = Asked("presence.set", SetPresence, Done, "Say whether somebody sits before this connection.")

ASKED = (
    MESSAGE_SEND, MESSAGE_EDIT, MESSAGE_DELETE, MESSAGE_REACT, MESSAGE_UNREACT, CHANNEL_FOLLOW, CHANNEL_LOOK, TYPING,
    PRESENCE_WATCH, PRESENCE_SET,
)  # fmt: skip
"""Everything a connected client may say."""

_ITSELF = "this connection"
_OWN = "the account's connections"
_BROWSING = "those who may browse channels"
_SEEING = "those who may see everybody who is here"
_GUESTS = "guests, who see those alone that share a channel with them"

TOLD = (
    Told("ready", Ready, "Signed in; what follows the cursors is on its way.", _ITSELF),
    Told("entry", Entry, "The next entry of a channel's log: in order, and once.", "those in the channel"),
    Told("caught_up", Positions, "Everything up to these positions was sent.", _ITSELF),
    Told("moved", Moved, "Another instance goes on with the connection; nothing was missed.", _ITSELF),
    Told("channel.created", ChannelCreated, "Somebody made a public channel.", _BROWSING),
    Told(
        "channel.changed", ChannelChanged, "Its name, topic, number of members or `archived` is another.",
        "those in the channel; and if it is public, those who may browse",
    ),
    Told("channel.joined", ChannelJoined, "The account is in another channel now.", _OWN),
    Told("channel.left", ChannelLeft, "The account is not in the channel any more.", _OWN),
    Told("channel.read", ChannelRead, "The account read on another device, or marked as unread.", _OWN),
    Told("account.joined", AccountJoined, "Somebody signed up, or a bot was made.", _SEEING),
    Told("account.changed", AccountChanged, "Another name or role, deactivated or in use again.",
         "those who may see the account"),
    Told("account.seen", AccountSeen, "Somebody shares a channel with this guest now.", _GUESTS),
    Told("account.unseen", AccountUnseen, "Somebody shares no channel with this guest any more.", _GUESTS),
    Told("draft.changed", DraftChanged, "The account wrote on, on whichever device.", _OWN),
    Told("message.saved", MessageSaved, "The account saved a message, or keeps it no more.", _OWN),
    Told("presence", PresenceChanged, "Somebody came, went, or turned to something else.", "those who watch them"),
    Told("typing", Typed, "Somebody types; good for 6 seconds.", "those who look at the channel"),
    Told("session.ended", Ended, "Signed out elsewhere, or deactivated; the connection ends.", "the session"),
    Told("error", EventFailed, "An event that asked for no acknowledgement was refused.", _ITSELF),
)  # fmt: skip
"""Everything the server says to a connected client."""
