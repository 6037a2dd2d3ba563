"""What the server says, as far as a bot needs it; unknown fields are ignored. Pure."""

import msgspec


class Account(msgspec.Struct, frozen=True):
    """Somebody on the server."""

    id: int
    handle: str
    name: str
    role: str
    deactivated: bool = False


class Channel(msgspec.Struct, frozen=True):
    """A channel that the bot is in."""

    id: int
    name: str
    last_seq: int
    read_seq: int
    kind: str = "public"
    people: tuple[int, ...] = ()


class Reaction(msgspec.Struct, frozen=True):
    """One emoji under a message."""

    emoji: str
    accounts: tuple[int, ...]


class Entry(msgspec.Struct, frozen=True):
    """One line of a channel's log, as docs/api.md describes it."""

    channel: int
    seq: int
    kind: str
    at: str
    sender: int
    text: str
    html: str = ""
    target: int = 0
    thread: int = 0
    emoji: str = ""
    mentions: tuple[int, ...] = ()
    deleted: bool = False
    reactions: tuple[Reaction, ...] = ()


class Bootstrap(msgspec.Struct, frozen=True):
    """Everything to begin with, of one moment."""

    account: Account
    accounts: tuple[Account, ...]
    channels: tuple[Channel, ...]


class Problem(msgspec.Struct, frozen=True):
    """A refused request."""

    code: str = "error"
    detail: str = ""
