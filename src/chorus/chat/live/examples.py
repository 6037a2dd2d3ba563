"""One of each live event, for the AsyncAPI document and for docs/events.md: ada (1) and grace (2) talk in channel 1."""

from typing import Any
from uuid import UUID

import msgspec

from chorus.chat.actions.notes import DraftChanged, MessageSaved
from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.drafts import Draft
from chorus.chat.domain.entries import Entry, EntryKind
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
    Refused,
    SendMessage,
    SetPresence,
    Typed,
    TypingNow,
    WatchPresence,
)

_ONE, _TWO = UUID("0c8b9b7e-3c1f-4c55-9d0e-5f6f8f3f2a10"), UUID("8f0d6c53-5cf6-4f0e-8d5b-6a1f0a0f7c11")
_AT = "2026-11-23T16:00:00.123Z"
_GRACE = Account(2, "grace", "Grace Hopper", Role.MEMBER)
_GENERAL = Channel(1, "general", "", last_seq=18, read_seq=18, member=True, members=2)
_PLANS = Channel(2, "plans", "What comes next", last_seq=0, read_seq=0, member=False, members=1, creator=2)
_POSTED = Entry(1, 18, EntryKind.POSTED, _AT, 1, _ONE, "Hello, *world*", "<p>Hello, <em>world</em></p>")
_EDITED = Entry(
    1, 19, EntryKind.EDITED, _AT, 1, _TWO, "Hello, *all*", "<p>Hello, <em>all</em></p>", target=18
)  # fmt: skip
_DELETED = Entry(1, 20, EntryKind.DELETED, _AT, 1, _TWO, "", "", target=18)
_REACTED = Entry(1, 21, EntryKind.REACTED, _AT, 2, _TWO, "", "", target=18, emoji="👋")
_UNREACTED = msgspec.structs.replace(_REACTED, seq=22, kind=EntryKind.UNREACTED)

REFUSED = Refused(Refusal("not_found", "There is no channel 7", retryable=False))

ASKED: dict[str, tuple[Any, Any]] = {
    "connect": (Auth(token="eyJ…", cursors={1: 17}), Ready(1, "0", "Qk3bVw7yU1mNcE5xAAAB", Role.OWNER)),  # noqa: S106 - none
    "message.send": (SendMessage(1, _ONE, "Hello, *world*"), MessageSent(_POSTED)),
    "message.edit": (EditMessage(1, 18, _TWO, "Hello, *all*"), MessageSent(_EDITED)),
    "message.delete": (DeleteMessage(1, 18, _TWO), MessageSent(_DELETED)),
    "message.react": (ReactToMessage(1, 18, _TWO, "👋"), MessageSent(_REACTED)),
    "message.unreact": (ReactToMessage(1, 18, _TWO, "👋"), MessageSent(_UNREACTED)),
    "channel.follow": (FollowChannel(1, 10), ChannelFollowed(18)),
    "channel.look": (LookAtChannel(1), Done()),
    "typing": (TypingNow(1), Done()),
    "presence.watch": (WatchPresence((2, 3)), PresenceWatched({2: "active"})),
    "presence.set": (SetPresence("away"), Done()),
}
"""What a client may say → a payload and its acknowledgement."""

TOLD: dict[str, Any] = {
    "connect_error": Refusal("unauthenticated", "the access token is over", retryable=False),
    "ready": Ready(1, "0", "Qk3bVw7yU1mNcE5xAAAB", Role.OWNER),
    "entry": _POSTED,
    "caught_up": {1: 18, 2: 0},
    "moved": Moved("1"),
    "channel.created": ChannelCreated(_PLANS),
    "channel.changed": ChannelChanged(msgspec.structs.replace(_PLANS, topic="What comes after that")),
    "channel.joined": ChannelJoined(msgspec.structs.replace(_PLANS, member=True, members=2)),
    "channel.left": ChannelLeft(2),
    "channel.read": ChannelRead(_GENERAL, back=False),
    "account.joined": AccountJoined(_GRACE),
    "account.changed": AccountChanged(msgspec.structs.replace(_GRACE, role=Role.ADMIN)),
    "account.seen": AccountSeen(_GRACE),
    "account.unseen": AccountUnseen(2),
    "draft.changed": DraftChanged(Draft(1, 0, "Dear al", _AT), "desk"),
    "message.saved": MessageSaved(1, 18, saved=True),
    "presence": PresenceChanged(2, "away"),
    "typing": Typed(1, 0, 2, active=True),
    "session.ended": Ended(),
    "error": EventFailed("typing", "not_found", "There is no channel 7", retryable=False),
}
"""What the server says → a payload."""


def as_json(value: Any) -> Any:
    """An example as it travels."""
    return msgspec.json.decode(msgspec.json.encode(value))
