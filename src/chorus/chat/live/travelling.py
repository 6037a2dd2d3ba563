"""What a live connection of the chat takes along when another process of its instance's cluster goes on with it.

Its entries are the durable rooms' to carry, by their cursors, and its rooms the library's. Memberships may change while
it is on its way, and a session may end: whoever takes it looks both up again.
"""

from typing import Any

import msgspec

from chorus.chat.domain.sessions import Session
from chorus.chat.live.members import Member
from chorus.realtime import Client, NotMovable

NAME = "chat 1"
"""Of this form; a change of what follows counts it up."""


class Travelling(msgspec.Struct, frozen=True):
    """One connection."""

    session: Session
    followed: dict[int, int]
    looks_at: int | None
    presence: int | None
    """What somebody said of sitting before it."""

    watched: list[int]
    """Accounts whose presence it is told."""

    seen: list[int] = []
    """Of a guest: the accounts that it is told of."""


def is_ready(member: Member | None) -> bool:
    """Whether it may move now: it is not being welcomed, and nobody looks its memberships up."""
    return member is not None and member.welcomed and not member.changing.locked()


def pack(member: Member, *, presence: int | None, watched: list[int]) -> Any:
    """What is carried.

    Raises:
        NotMovable: it is being welcomed, or its memberships are being looked up: in a moment it may move.
    """
    if not is_ready(member):
        raise NotMovable("its channels are being looked up", later=True)
    return msgspec.to_builtins(
        Travelling(member.session, member.followed, member.looks_at, presence, watched, sorted(member.seen or ()))
    )


def unpack(client: Client, given: Any) -> tuple[Member, Travelling]:
    """The member it is here.

    Raises:
        msgspec.ValidationError: it was written otherwise, under the same name.
    """
    travelling = msgspec.convert(given, Travelling)
    member = Member(client, travelling.session)
    member.followed = dict(travelling.followed)
    member.looks_at = travelling.looks_at
    member.follows = member.welcomed = True
    return member, travelling
