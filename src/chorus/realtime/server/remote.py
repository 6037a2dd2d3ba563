"""What is known of clients on whichever instance."""

from typing import Any

import msgspec


class Chosen(msgspec.Struct, frozen=True, array_like=True):
    """Clients: those in one of some rooms (or with one of some sids), and in none of others."""

    names: tuple[str, ...]
    without: tuple[str, ...] = ()


class RemoteClient(msgspec.Struct, frozen=True):
    """A client on whichever instance, as it was a moment ago. To reach it: `chat.to(client.sid)`."""

    sid: str
    rooms: frozenset[str]
    instance: str
    """Where it is; its sid begins with the instance where it was when it came."""


class Answers(msgspec.Struct, frozen=True):
    """What many clients answered."""

    values: list[Any]
    """Of those who did, in no order."""

    missing: int
    """How many did not, in time or at all, as far as their instances said so."""

    silent: tuple[str, ...] = ()
    """Instances that did not say."""
