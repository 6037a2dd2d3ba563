"""How much there is of everything."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select, text

from chorus.chat.domain.entries import EntryKind
from chorus.chat.storage.contract import Stats
from chorus.chat.storage.schema import accounts, channels, entries, files, sessions

_bytes = {
    "postgresql": text("SELECT pg_database_size(current_database())"),
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
}


def stats(connection: Connection, *, at: int) -> Stats:
    """Count it; the transaction must be a snapshot."""
    used = accounts.c.deactivated_at.is_(None)
    by_role = select(accounts.c.role, func.count()).where(used).group_by(accounts.c.role)
    by_kind = select(channels.c.kind, func.count()).group_by(channels.c.kind)
    lines = select(func.count(), func.max(entries.c.at)).select_from(entries)
    written, newest = connection.execute(lines).one()
    kept = select(func.count(), func.coalesce(func.sum(files.c.size), 0)).where(files.c.seq.is_not(None))
    count, size = connection.execute(kept).one()
    return Stats(
        accounts=_pairs(connection, by_role),
        deactivated=_one(connection, select(func.count()).where(~used)),
        channels=_pairs(connection, by_kind),
        entries=written,
        messages=_one(connection, select(func.count()).where(entries.c.kind == EntryKind.POSTED.value)),
        files=count,
        file_bytes=int(size),
        sessions=_one(connection, select(func.count()).where(sessions.c.expires_at > at)),
        newest=newest,
        database_bytes=_one(connection, _bytes[connection.dialect.name]),
    )


def _pairs(connection: Connection, statement: Any) -> dict[str, int]:
    rows: Sequence[Any] = connection.execute(statement).all()
    return {row[0]: row[1] for row in rows}


def _one(connection: Connection, statement: Any) -> int:
    return connection.execute(statement).scalar_one()
