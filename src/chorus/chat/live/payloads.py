"""What travels in live events, from clients and to them.

Unknown fields are ignored, so that an older instance understands a newer client during a reload.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from chorus.chat.access.numbers import Id, Seq
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.errors import ChatError

MOST_CURSORS = 10_000


class Auth(msgspec.Struct, frozen=True):
    """What a client says when it connects."""

    token: str | None = None
    """An access token; without one the cookie counts, from our own page only."""

    cursors: Annotated[dict[Id, Seq], msgspec.Meta(max_length=MOST_CURSORS)] = {}
    """By channel: the last seq the client has. Without one it gets what comes from now on."""


class SendMessage(msgspec.Struct, frozen=True):
    """`message.send`: answered when the message is durable."""

    channel: Id
    client_id: UUID
    text: str


class FollowChannel(msgspec.Struct, frozen=True):
    """`channel.follow`: have the entries of a channel one is in, from here on."""

    channel: Id
    after: Seq


class Ready(msgspec.Struct, frozen=True):
    """`ready`: signed in; entries follow."""

    account: int
    instance: str
    sid: str


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not done."""

    code: str
    """One of the codes of the HTTP API."""

    detail: str
    """For people."""

    retryable: bool
    """Whether the same, unchanged, may work later."""

    @classmethod
    def of(cls, error: ChatError) -> "Refusal":
        """Take it over from what the action raised."""
        return cls(error.code, error.detail, error.retryable)


class Refused(msgspec.Struct, frozen=True):
    """An acknowledgement that says no."""

    error: Refusal
    ok: Literal[False] = False


class MessageSent(msgspec.Struct, frozen=True):
    """The acknowledgement of `message.send`."""

    entry: Entry
    ok: Literal[True] = True


class ChannelFollowed(msgspec.Struct, frozen=True):
    """The acknowledgement of `channel.follow`: the log ends at `seq`; what follows the cursor is on its way."""

    seq: int
    ok: Literal[True] = True


class ChannelCreated(msgspec.Struct, frozen=True):
    """`channel.created`."""

    channel: Channel


class ChannelJoined(msgspec.Struct, frozen=True):
    """`channel.joined`: this account is in another channel now; entries after its `last_seq` follow."""

    channel: Channel


class ChannelLeft(msgspec.Struct, frozen=True):
    """`channel.left`: this account is not in the channel any more."""

    channel: int


class AccountJoined(msgspec.Struct, frozen=True):
    """`account.joined`."""

    account: Account


Acknowledgement = MessageSent | ChannelFollowed | Refused

NOTHING: dict[str, Any] = {}
"""The payload of `session.ended`."""
