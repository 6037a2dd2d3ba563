"""What live connections rely on, asked for many of them at once."""

from collections.abc import Collection

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
_kept = Prepared(
    select(
        sessions.c.id,
        sessions.c.expires_at,
        select(server.c.oldest_code).scalar_subquery(),  # here, because every request of anybody signed in comes by
        *account_queries.COLUMNS,
    )
    .join_from(sessions, accounts, sessions.c.account_id == accounts.c.id)
    .where(among(sessions.c.id, "ids"))
)
_positions = (
    select(memberships.c.account_id, memberships.c.channel_id, channels.c.last_seq)
    .join_from(memberships, channels, memberships.c.channel_id == channels.c.id)
    .where(among(memberships.c.account_id, "ids"))
)


def standing(
    connection: Connection, session_ids: Collection[str], account_ids: Collection[int], *, at: int
) -> Standing:
    """The sessions and tokens among these that are not over at `at`, and the channels that these accounts are in."""
    live = set(connection.scalars(_sessions, {"ids": session_ids, "at": at}))
    live.update(connection.scalars(_tokens, {"ids": session_ids}))
    channels: dict[int, set[int]] = {account: set() for account in account_ids}
    for account, channel in connection.execute(_memberships, {"ids": account_ids}):
        channels[account].add(channel)
    return Standing(live, channels)


def kept_sessions(connection: Connection, session_ids: Collection[str]) -> dict[str, Session]:
    """Those of these sessions that are kept, whether their time is over or not; or tokens of bots, which do not end."""
    found: dict[str, Session] = {}
    for row in _kept.rows(connection, {"ids": session_ids}):
        require_code(row[2])
        found[row[0]] = Session(row[0], account_queries.account_of(row[3:]), row[1])
    others = set(session_ids) - found.keys()
    if others:
        found.update({token_id: known.session for token_id, known in find_tokens(connection, others).items()})
    return found


def followed_channels(connection: Connection, account_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """By account: the channels that it is in, each with its last seq."""
    found: dict[int, dict[int, int]] = {account: {} for account in account_ids}
    for account, channel, last_seq in connection.execute(_positions, {"ids": account_ids}):
        found[account][channel] = last_seq
    return found
