"""What live connections rely on, asked for many of them at once."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from chorus.chat.domain.sessions import Session
from chorus.chat.storage.among import among
from chorus.chat.storage.contract import Standing
from chorus.chat.storage.prepared import Prepared
from chorus.chat.storage.queries import accounts as account_queries
from chorus.chat.storage.queries.bots import find_tokens
from chorus.chat.storage.schema import accounts, channels, memberships, server, sessions, tokens
from chorus.chat.storage.schema_version import require_code

_sessions = select(sessions.c.id).where(among(sessions.c.id, "ids"), sessions.c.expires_at > bindparam("at"))
_tokens = select(tokens.c.id).where(among(tokens.c.id, "ids"))
_memberships = select(memberships.c.account_id, memberships.c.channel_id).where(among(memberships.c.account_id, "ids"))
KEPT_SESSIONS = Prepared(
    select(
        sessions.c.id,
        sessions.c.expires_at,
        select(server.c.oldest_code).scalar_subquery(),  # here, because every request of anybody signed in comes by
        *account_queries.COLUMNS,
    )
    .join_from(sessions, accounts, sessions.c.account_id == accounts.c.id)
    .where(among(sessions.c.id, "ids"))
)
"""Of `ids`."""

_positions = (
    select(memberships.c.account_id, memberships.c.channel_id, channels.c.last_seq)
    .join_from(memberships, channels, memberships.c.channel_id == channels.c.id)
    .where(among(memberships.c.account_id, "ids"))
)


def standing(
    connection: Connection, session_ids: Collection[str], account_ids: Collection[int], *, at: int
) -> Standing:
    """The sessions and tokens among these that are not over at `at`; these accounts, and the channels they are in."""
    live = set(connection.scalars(_sessions, {"ids": session_ids, "at": at}))
    live.update(connection.scalars(_tokens, {"ids": session_ids}))
    channels: dict[int, set[int]] = {account: set() for account in account_ids}
    for account, channel in connection.execute(_memberships, {"ids": account_ids}):
        channels[account].add(channel)
    known = {account.id: account for account in account_queries.accounts_with(connection, account_ids)}
    return Standing(live, channels, known)


def kept_sessions(connection: Connection, session_ids: Collection[str]) -> dict[str, Session]:
    """Those of these sessions that are kept, whether their time is over or not; or tokens of bots, which do not end."""
    found = sessions_in(KEPT_SESSIONS.rows(connection, {"ids": session_ids}))
    others = set(session_ids) - found.keys()
    return found | bot_sessions(connection, others) if others else found


def sessions_in(rows: Sequence[Sequence[Any]]) -> dict[str, Session]:
    """Those that KEPT_SESSIONS found, by their ids.

    Raises:
        Outdated: this code must not use the database any more.
    """
    found: dict[str, Session] = {}
    for row in rows:
        require_code(row[2])
        found[row[0]] = Session(row[0], account_queries.account_of(row[3:]), row[1])
    return found


def bot_sessions(connection: Connection, token_ids: Collection[str]) -> dict[str, Session]:
    """Those of these tokens of bots that there are."""
    return {token_id: known.session for token_id, known in find_tokens(connection, token_ids).items()}


def followed_channels(connection: Connection, account_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """By account: the channels that it is in, each with its last seq."""
    found: dict[int, dict[int, int]] = {account: {} for account in account_ids}
    for account, channel, last_seq in connection.execute(_positions, {"ids": account_ids}):
        found[account][channel] = last_seq
    return found
