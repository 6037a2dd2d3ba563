"""What stands of what many live connections rely on, asked for all of them at once."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, bindparam, select

from chorus.chat.storage.contract import Standing
from chorus.chat.storage.schema import memberships, sessions, tokens

T = TypeVar("T")

_AT_ONCE = 1000
"""Values in one statement."""

_sessions = select(sessions.c.id).where(
    sessions.c.id.in_(bindparam("ids", expanding=True)), sessions.c.expires_at > bindparam("at")
)
_tokens = select(tokens.c.id).where(tokens.c.id.in_(bindparam("ids", expanding=True)))
_memberships = select(memberships.c.account_id, memberships.c.channel_id).where(
    memberships.c.account_id.in_(bindparam("ids", expanding=True))
)


def standing(
    connection: Connection, session_ids: Collection[str], account_ids: Collection[int], *, at: int
) -> Standing:
    """The sessions and tokens among these that are not over at `at`, and the channels that these accounts are in."""
    live: set[str] = set()
    for some in _in_parts(session_ids):
        live.update(connection.scalars(_sessions, {"ids": some, "at": at}))
        live.update(connection.scalars(_tokens, {"ids": some}))
    channels: dict[int, set[int]] = {account: set() for account in account_ids}
    for some in _in_parts(account_ids):
        for account, channel in connection.execute(_memberships, {"ids": some}):
            channels[account].add(channel)
    return Standing(live, channels)


def _in_parts(values: Collection[T]) -> Iterator[Sequence[T]]:
    every = list(values)
    return (every[begin : begin + _AT_ONCE] for begin in range(0, len(every), _AT_ONCE))
