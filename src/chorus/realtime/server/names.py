"""Names that an application gives, checked where it gives them: a wrong one would be heard by nobody, and say nothing.

A sid is "<instance>.<22 characters>" and the room of one client. So a room that bears such a name could be joined, and
what is sent to it would go to a client that does not exist.
"""

import re

from chorus.realtime.errors import UsageError

EVERYBODY = ""
"""The room of all clients of a namespace."""

_SECRET_LENGTH = 22
"""Characters after the dot of a sid: 128 bits in base64url."""

_INSTANCE = re.compile(r"[A-Za-z0-9._~-]{1,64}")
"""It stands in sids, and these in URLs and cookies."""


def check_room_name(name: object) -> str:
    """Return what may be sent to or left: a room's name, or a sid.

    Raises:
        UsageError: it is empty, or no text.
    """
    if not isinstance(name, str):
        raise UsageError(f"a room's name is a text: found {type(name).__name__} {name!r:.100}")
    if name == EVERYBODY:
        raise UsageError("a room needs a name: found an empty one")
    return name


def check_joinable(name: object) -> str:
    """Return the name of a room that clients may be in.

    Raises:
        UsageError: it is empty, or no text, or could be a sid.
    """
    room = check_room_name(name)
    if owner_of(room) is not None:
        raise UsageError(
            f"a room's name must not end as sids do, with a dot and {_SECRET_LENGTH} characters: found {room!r:.100}; "
            "each client is in the room of its own sid already, and in no other's"
        )
    return room


def check_instance(name: object) -> str:
    """Return a name that an instance may have.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(name, str) or _INSTANCE.fullmatch(name) is None:
        raise UsageError(f"instance: found {name!r:.100}, expected 1 to 64 of the characters A-Z a-z 0-9 . _ ~ -")
    return name


def owner_of(name: str) -> str | None:
    """The instance that a sid names; None for the name of a room."""
    owner, dot, secret = name.rpartition(".")
    return owner if dot and len(secret) == _SECRET_LENGTH else None


def check_cursor(after: object) -> None:
    """Pass a place in a log: clients say where they stand, and handlers hand it on.

    Raises:
        UsageError: it is no whole number, or below zero.
    """
    if not isinstance(after, int) or after < 0:
        raise UsageError(f"after: found {after!r:.100}, expected the number of an entry, or 0 for the log's beginning")


def check_is_event(name: object, decorator: str) -> None:
    """Pass the name that a decorator was given: it may have been given the function, as other libraries have it.

    Raises:
        UsageError: it is no text.
    """
    if not isinstance(name, str):
        raise UsageError(
            f'{decorator}: found {name!r:.100}, expected the name of an event, as in @chat.{decorator}("say")'
        )
