"""The audit log: lines are added with what they tell of, read page by page, and taken away when they are old."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select

from chorus.chat.domain.audit import AuditFilter, AuditLine, Record
from chorus.chat.domain.moments import moment
from chorus.chat.storage.schema import audit_log

COLUMNS: tuple[str, ...] = ("at", "act", "actor_id", "account_id", "channel_id", "details", "address")
"""Of a line that is written."""

_read = (
    audit_log.c.id,
    audit_log.c.at,
    audit_log.c.act,
    audit_log.c.actor_id,
    audit_log.c.account_id,
    audit_log.c.channel_id,
    audit_log.c.details,
    audit_log.c.address,
)


def record_values(record: Record) -> tuple[Any, ...]:
    """The line as the values of COLUMNS."""
    details = msgspec.json.encode(record.details).decode()
    return record.at, record.act, record.actor, record.account, record.channel, details, record.address[:200]


def record(connection: Connection, audit: Sequence[Record]) -> None:
    """Add lines."""
    rows = [dict(zip(COLUMNS, record_values(each), strict=True)) for each in audit]
    if rows:
        connection.execute(insert(audit_log), rows)


def list_audit(connection: Connection, asked: AuditFilter, *, before: int | None, limit: int) -> Sequence[AuditLine]:
    """The newest lines that fit, with smaller ids than `before`, the newest first."""
    conditions = list(_conditions(asked))
    if before is not None:
        conditions.append(audit_log.c.id < before)
    rows = connection.execute(select(*_read).where(*conditions).order_by(audit_log.c.id.desc()).limit(limit))
    return [_line_of(row) for row in rows]


def forget_audit(connection: Connection, *, before: int, limit: int) -> int:
    """Take away up to `limit` lines that are older; how many those were."""
    old = select(audit_log.c.id).where(audit_log.c.at < before).order_by(audit_log.c.at).limit(limit)
    return connection.execute(delete(audit_log).where(audit_log.c.id.in_(old))).rowcount


def _conditions(asked: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if asked.act is not None:
        whole = not asked.act.endswith(".")
        yield audit_log.c.act == asked.act if whole else audit_log.c.act.startswith(asked.act, autoescape=True)
    if asked.actor is not None:
        yield audit_log.c.actor_id == asked.actor
    if asked.account is not None:
        yield audit_log.c.account_id == asked.account
    if asked.channel is not None:
        yield audit_log.c.channel_id == asked.channel
    if asked.since is not None:
        yield audit_log.c.at >= asked.since
    if asked.until is not None:
        yield audit_log.c.at < asked.until


def _line_of(row: Sequence[Any]) -> AuditLine:
    details = msgspec.json.decode(row[6], type=dict[str, str | int | bool | None])
    return AuditLine(row[0], moment(row[1]), row[2], row[3], row[4], row[5], details, row[7])
