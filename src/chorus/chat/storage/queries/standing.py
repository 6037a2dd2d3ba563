"""What live connections rely on, asked for many of them at once."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, bindparam, select

from chorus.chat.domain.sessions import Session
from chorus.chat.storage.contract import Standing
from chorus.chat.storage.queries import accounts as account_queries
from chorus.chat.storage.queries.bots import find_tokens
from chorus.chat.storage.schema import accounts, channels, memberships, server, sessions, tokens
from chorus.chat.storage.schema_version import require_code

T = TypeVar("T")

_AT_ONCE = 1024
"""Values in one statement."""

_sessions = select(sessions.c.id).where(
    sessions.c.id.in_(bindparam("ids", expanding=True)), sessions.c.expires_at > bindparam("at")
)
_tokens = select(tokens.c.id).where(tokens.c.id.in_(bindparam("ids", expanding=True)))
_memberships = select(memberships.c.account_id, memberships.c.channel_id).where(
    memberships.c.account_id.in_(bindparam("ids", expanding=True))
)
_kept = (
    select(
        sessions.c.id,
        sessions.c.expires_at,
        select(server.c.oldest_code).scalar_subquery(),  # here, because every request of anybody signed in comes by
        *account_queries.COLUMNS,
    )
    .join_from(sessions, accounts, sessions.c.account_id == accounts.c.id)
    .where(sessions.c.id.in_(bindparam("ids", expanding=True)))
)
_positions = (
    select(memberships.c.account_id, memberships.c.channel_id, channels.c.last_seq)
    .join_from(memberships, channels, memberships.c.channel_id == channels.c.id)
    .where(memberships.c.account_id.in_(bindparam("ids", expanding=True)))
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


def kept_sessions(connection: Connection, session_ids: Collection[str]) -> dict[str, Session]:
    """Those of these sessions that are kept, whether their time is over or not; or tokens of bots, which do not end."""
    found: dict[str, Session] = {}
    for some in _in_parts(session_ids):
        for row in connection.execute(_kept, {"ids": some}):
            require_code(row[2])
            found[row[0]] = Session(row[0], account_queries.account_of(row[3:]), row[1])
    for some in _in_parts(set(session_ids) - found.keys()):
        found.update({token_id: known.session for token_id, known in find_tokens(connection, some).items()})
    return found


def followed_channels(connection: Connection, account_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """By account: the channels that it is in, each with its last seq."""
    found: dict[int, dict[int, int]] = {account: {} for account in account_ids}
    for some in _in_parts(account_ids):
        for account, channel, last_seq in connection.execute(_positions, {"ids": some}):
            found[account][channel] = last_seq
    return found


def _in_parts(values: Collection[T]) -> Iterator[Sequence[T]]:
    """In parts, each as long as a power of two: its last value is repeated until it is.

    The text of a statement has its number of values in it, and a database prepares each text anew.
    """
    every = list(values)
    for begin in range(0, len(every), _AT_ONCE):
        part = every[begin : begin + _AT_ONCE]
        yield part + part[-1:] * ((1 << (len(part) - 1).bit_length()) - len(part))
