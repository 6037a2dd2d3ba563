"""Finding messages: in the channels that the searcher is in, newest first."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, select, text, tuple_

from chorus.chat.domain.accounts import ME
from chorus.chat.domain.mentions import EVERYBODY
from chorus.chat.domain.search import Search
from chorus.chat.storage.contract import Found, Place
from chorus.chat.storage.queries.entry_rows import COLUMNS, STATE, message_of
from chorus.chat.storage.schema import (
    accounts,
    channels,
    entries,
    memberships,
    mentions,
    message_states,
    search_documents,
)
from chorus.chat.storage.text_queries import matching


def search(connection: Connection, account_id: int, asked: Search, *, after: Place | None, limit: int) -> Found:
    """The newest messages that fit; the transaction must be one."""
    if connection.dialect.name == "postgresql":
        # How many messages have a word decides which index is best, and a plan made for any word cannot know it.
        connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    conditions = _conditions(connection, account_id, asked)
    if after is not None:
        conditions.append(tuple_(search_documents.c.at, search_documents.c.id) < tuple_(after.at, after.id))
    documents = search_documents.c
    found = (
        select(documents.channel_id, documents.seq, documents.at, documents.id)
        .where(*conditions)
        .order_by(documents.at.desc(), documents.id.desc())
        .limit(limit + 1)
        .subquery()
    )
    shown = (
        select(*COLUMNS, *STATE, found.c.at, found.c.id)
        .select_from(
            found.join(
                entries, and_(entries.c.channel_id == found.c.channel_id, entries.c.seq == found.c.seq)
            ).outerjoin(
                message_states,
                and_(message_states.c.channel_id == entries.c.channel_id, message_states.c.seq == entries.c.seq),
            )
        )
        .order_by(found.c.at.desc(), found.c.id.desc())
    )
    rows: Sequence[Any] = connection.execute(shown).all()
    last = rows[limit - 1] if len(rows) > limit else None
    messages = [message_of(row) for row in rows[:limit]]
    return Found([each for each in messages if not each.deleted], Place(last[-2], last[-1]) if last else None)


def _conditions(connection: Connection, account_id: int, asked: Search) -> list[ColumnElement[bool]]:
    documents = search_documents.c
    conditions: list[ColumnElement[bool]] = [_readable(connection, account_id, asked)]
    if asked.senders:
        conditions.append(documents.sender_id.in_(_senders(connection, account_id, asked)))
    if asked.since is not None:
        conditions.append(documents.at >= asked.since)
    if asked.until is not None:
        conditions.append(documents.at < asked.until)
    if asked.has:
        conditions.append(documents.has.op("&")(int(asked.has)) == int(asked.has))
    if asked.mentions_me:
        calling = select(mentions.c.seq).where(
            mentions.c.account_id.in_([account_id, EVERYBODY]),
            mentions.c.channel_id == documents.channel_id,
            mentions.c.seq == documents.seq,
        )
        conditions += [calling.exists(), documents.sender_id != account_id]
    if asked.terms:
        conditions.append(matching(connection, asked.terms))
    return conditions


def _readable(connection: Connection, account_id: int, asked: Search) -> ColumnElement[bool]:
    """In the account's channels; of these, in those asked for by name."""
    joined = select(memberships.c.channel_id).where(memberships.c.account_id == account_id)
    if not asked.channels:
        return search_documents.c.channel_id.in_(joined)
    named = select(channels.c.id).where(channels.c.id.in_(joined), channels.c.name.in_(asked.channels))
    ids = connection.scalars(named).all()
    return search_documents.c.channel_id.in_(ids) if ids else false()


def _senders(connection: Connection, account_id: int, asked: Search) -> Sequence[int]:
    handles = [sender for sender in asked.senders if sender != ME]
    ids = list(connection.scalars(select(accounts.c.id).where(accounts.c.handle_key.in_(handles)))) if handles else []
    return [*ids, account_id] if ME in asked.senders else ids
