"""Reads the channels' logs from the database itself, past everything whose work is being judged."""

import sqlite3
from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg

from chorus.chaos.journal import View, digest
from chorus.chaos.verdict import Record
from chorus.chat.storage.urls import SqliteUrl, parse_database_url

_QUERY = "SELECT channel_id, seq, kind, sender_id, client_id, target, text FROM entries ORDER BY channel_id, seq"

Row = tuple[int, int, str, int, object, int | None, str]


async def read_records(url: str, channels: Iterable[int]) -> dict[int, Record]:
    """The logs of these channels, those without entries too; and of any other that has some."""
    parsed = parse_database_url(url)
    rows = _sqlite(parsed.path) if isinstance(parsed, SqliteUrl) else await _postgres(parsed.dsn)
    logs: dict[int, tuple[View, list[bytes]]] = {channel: (View(), []) for channel in channels}
    for channel, seq, kind, sender, client_id, target, text in rows:
        view, client_ids = logs.setdefault(channel, (View(), []))
        identity = client_id if isinstance(client_id, UUID) else UUID(str(client_id))
        view.add(seq, digest(seq, kind, sender, str(identity), target or 0, text))
        client_ids.append(identity.bytes)
    return {channel: Record(view, client_ids) for channel, (view, client_ids) in logs.items()}


def _sqlite(path: str) -> Iterable[Row]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield from connection.execute(_QUERY)
    finally:
        connection.close()


async def _postgres(dsn: str) -> Sequence[Row]:
    connection = await asyncpg.connect(dsn)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    try:
        return [tuple(row) for row in await connection.fetch(_QUERY)]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportUnknownArgumentType]
    finally:
        await connection.close()  # pyright: ignore[reportUnknownMemberType]
