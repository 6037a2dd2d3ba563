"""What travels in live events, from clients and to them.

Unknown fields are ignored, so that an older instance understands a newer client during a reload.
"""

from typing import Annotated, Literal, cast
from uuid import UUID

import msgspec

from chorus.chat.access.numbers import Id, Seq
from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.errors import ChatError, TooMany

MOST_CURSORS = 10_000

MOST_WATCHED = 500
"""Accounts whose presence one connection hears."""


class Auth(msgspec.Struct, frozen=True):
    """What a client says when it connects."""

    token: str | None = None
    """An access token, or a bot's; without one the cookie counts, from our own page only."""

    cursors: Annotated[dict[Id, Seq], msgspec.Meta(max_length=MOST_CURSORS)] = {}
    """By channel: the last seq the client has. Without one it gets what comes from now on."""


class SendMessage(msgspec.Struct, frozen=True):
    """`message.send`: answered when the message is durable."""

    channel: Id
    client_id: UUID
    text: str
    thread: Seq = 0
    """The seq of the message that this one replies to; 0: none."""

    files: tuple[str, ...] = ()
    """What uploads to the channel gave as `id`."""


class EditMessage(msgspec.Struct, frozen=True):
    """`message.edit`: another text for one's own message."""

    channel: Id
    seq: Seq
    client_id: UUID
    text: str


class DeleteMessage(msgspec.Struct, frozen=True):
    """`message.delete`: one's own message, or for admins anybody's."""

    channel: Id
    seq: Seq
    client_id: UUID


class ReactToMessage(msgspec.Struct, frozen=True):
    """`message.react` and `message.unreact`."""

    channel: Id
    seq: Seq
    client_id: UUID
    emoji: str


class FollowChannel(msgspec.Struct, frozen=True):
    """`channel.follow`: have the entries of a channel one is in, from here on."""

    channel: Id
    after: Seq


class LookAtChannel(msgspec.Struct, frozen=True):
    """`channel.look`: hear who types there; one channel a connection."""

    channel: Id | None = None
    """None: no channel is in view."""


class TypingNow(msgspec.Struct, frozen=True):
    """`typing`, from clients: said again every few seconds while it goes on."""

    channel: Id
    thread: Seq = 0
    """The seq of the message that is being replied to; 0: none."""

    active: bool = True
    """False: the text was taken back."""


class WatchPresence(msgspec.Struct, frozen=True):
    """`presence.watch`: hear who of these comes and goes, instead of those watched before."""

    accounts: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_WATCHED)]


class SetPresence(msgspec.Struct, frozen=True):
    """`presence.set`: whether somebody sits before this connection."""

    state: Literal["active", "away"]


class Ready(msgspec.Struct, frozen=True):
    """`ready`: signed in; entries follow."""

    account: int
    instance: str
    sid: str
    role: Role
    """Of the account, now: where the bootstrap told of another, what there is to see has changed since."""


class Moved(msgspec.Struct, frozen=True):
    """`moved`: as `ready` says it, from now on."""

    instance: str


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why something was not done."""

    code: str
    """One of the codes of the HTTP API."""

    detail: str
    """For people."""

    retryable: bool
    """Whether the same, unchanged, may work later."""

    retry_after: float = 0.0
    """With `rate_limited`: seconds until the next is allowed."""

    @classmethod
    def of(cls, error: ChatError) -> "Refusal":
        """Take it over from what the action raised."""
        retry_after = round(error.retry_after, 3) if isinstance(error, TooMany) else 0.0
        return cls(error.code, error.detail, error.retryable, retry_after)


class Refused(msgspec.Struct, frozen=True):
    """An acknowledgement that says no; the realtime server makes it of what a handler raises."""

    error: Refusal
    ok: Literal[False] = False


class MessageSent(msgspec.Struct, frozen=True):
    """The acknowledgement of `message.send`, `.edit`, `.delete`, `.react` and `.unreact`.

    `entry` is what was stored; or the message, where there was nothing to change.
    """

    entry: Entry
    ok: Literal[True] = True

    @classmethod
    def of(cls, line: bytes) -> "MessageSent":
        """Of an entry that is written as JSON already: it goes out as it is."""
        return cls(cast("Entry", msgspec.Raw(line)))


class ChannelFollowed(msgspec.Struct, frozen=True):
    """The acknowledgement of `channel.follow`: the log ends at `seq`; what follows the cursor is on its way."""

    seq: int
    ok: Literal[True] = True


class Done(msgspec.Struct, frozen=True):
    """The acknowledgement of what needs no answer."""

    ok: Literal[True] = True


class PresenceWatched(msgspec.Struct, frozen=True):
    """The acknowledgement of `presence.watch`: those of the accounts that are here."""

    present: dict[int, Literal["active", "away"]]
    ok: Literal[True] = True


class PresenceChanged(msgspec.Struct, frozen=True):
    """`presence`: somebody that this connection watches came, went, or turned to something else."""

    account: int
    state: Literal["active", "away", "offline"]


class Typed(msgspec.Struct, frozen=True):
    """`typing`, to clients: good for a few seconds."""

    channel: int
    thread: int
    account: int
    active: bool


class ChannelCreated(msgspec.Struct, frozen=True):
    """`channel.created`."""

    channel: Channel


class ChannelChanged(msgspec.Struct, frozen=True):
    """`channel.changed`: another name, topic or number of members, or archived; as seen from outside."""

    channel: Channel


class ChannelJoined(msgspec.Struct, frozen=True):
    """`channel.joined`: this account is in another channel now; entries after its `last_seq` follow."""

    channel: Channel


class ChannelLeft(msgspec.Struct, frozen=True):
    """`channel.left`: this account is not in the channel any more."""

    channel: int


class ChannelRead(msgspec.Struct, frozen=True):
    """`channel.read`: this account read on another device, or marked as unread; `channel` has the counts."""

    channel: Channel
    back: bool
    """Marked as unread on purpose; otherwise whoever knows of more reading knows better."""


class AccountChanged(msgspec.Struct, frozen=True):
    """`account.changed`: another name or role, deactivated or in use again."""

    account: Account


class AccountJoined(msgspec.Struct, frozen=True):
    """`account.joined`."""

    account: Account


class AccountSeen(msgspec.Struct, frozen=True):
    """`account.seen`: somebody shares a channel with this guest now."""

    account: Account


class AccountUnseen(msgspec.Struct, frozen=True):
    """`account.unseen`: somebody shares no channel with this guest any more."""

    account: int


Acknowledgement = MessageSent | ChannelFollowed | PresenceWatched | Done
"""Of what was done."""


class Ended(msgspec.Struct, frozen=True):
    """`session.ended`: there is no more to say."""


class EventFailed(msgspec.Struct, frozen=True, omit_defaults=True):
    """`error`: what became of an event that asked for no acknowledgement; the realtime server says it."""

    event: str
    code: str
    """One of the codes of the HTTP API."""

    detail: str
    """For people."""

    retryable: bool
    """Whether the same, unchanged, may work later."""

    retry_after: float = 0.0
    """With `rate_limited`: seconds until the next is allowed."""
