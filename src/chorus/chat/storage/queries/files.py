"""Files: who may have them follows from the channel that they were uploaded to."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select

from chorus.chat.domain.errors import Forbidden, NotFound
from chorus.chat.domain.files import File
from chorus.chat.storage.among import among
from chorus.chat.storage.contract import KeptFile
from chorus.chat.storage.queries.accounts import lock_account
from chorus.chat.storage.queries.members import no_channel
from chorus.chat.storage.schema import files, memberships

MOST_WAITING = 50
"""Uploaded by one account and not attached to a message yet."""

_COLUMNS = (
    files.c.id,
    files.c.name,
    files.c.type,
    files.c.size,
    files.c.width,
    files.c.height,
    files.c.preview,
)
_of_member = and_(memberships.c.channel_id == files.c.channel_id, memberships.c.account_id == bindparam("account_id"))
_waiting = and_(files.c.account_id == bindparam("account_id"), files.c.seq.is_(None))
_readable = (
    select(*_COLUMNS)
    .select_from(files.join(memberships, _of_member))
    .where(files.c.id == bindparam("file_id"), or_(files.c.seq.is_not(None), _waiting))
)
_attachable = (
    select(*_COLUMNS)
    .select_from(files.join(memberships, _of_member))
    .where(
        files.c.channel_id == bindparam("channel_id"),
        among(files.c.id, "ids"),
        _waiting,
    )
)


def add_file(connection: Connection, account_id: int, channel_id: int, file: File, *, at: int) -> None:
    """Remember an upload of one who is in the channel; the account's row is locked, so they are counted rightly."""
    lock_account(connection, account_id)
    member = select(memberships.c.account_id).where(
        memberships.c.account_id == account_id, memberships.c.channel_id == channel_id
    )
    if connection.scalar(member) is None:
        raise no_channel(channel_id)
    count = select(func.count()).select_from(files).where(_waiting)
    if (connection.scalar(count, {"account_id": account_id}) or 0) >= MOST_WAITING:
        raise Forbidden(f"{MOST_WAITING} files of yours wait to be attached to a message; send or remove some")
    connection.execute(
        insert(files).values(
            id=file.id,
            account_id=account_id,
            channel_id=channel_id,
            name=file.name,
            type=file.type,
            size=file.size,
            width=file.width,
            height=file.height,
            preview=file.preview,
            created_at=at,
        )
    )


def find_file(connection: Connection, account_id: int, file_id: str) -> File:
    """A file in a message of a channel that the account is in, or one of its own that waits."""
    row = connection.execute(_readable, {"account_id": account_id, "file_id": file_id}).first()
    if row is None:
        raise NotFound("There is no such file")
    return _file_of(row)


def attachable(connection: Connection, account_id: int, channel_id: int, ids: Sequence[str]) -> Sequence[File]:
    """Files that the account uploaded to this channel and that are in no message yet, in the order asked for."""
    found = connection.execute(_attachable, {"account_id": account_id, "channel_id": channel_id, "ids": list(ids)})
    by_id = {row[0]: _file_of(row) for row in found}
    missing = [each for each in ids if each not in by_id]
    if missing:
        raise NotFound(f"files: there is no file {missing[0]} of yours that waits in channel {channel_id}")
    return [by_id[each] for each in ids]


def abandoned(connection: Connection, *, before: int, limit: int) -> Sequence[str]:
    """Files in no message that are older than `before`: uploaded and not sent, or their message was deleted."""
    old = select(files.c.id).where(files.c.seq.is_(None), files.c.created_at < before)
    return connection.scalars(old.order_by(files.c.created_at).limit(limit)).all()


def kept_files(connection: Connection, *, after: str, limit: int) -> Sequence[KeptFile]:
    """Files of messages that follow an id, whose ever."""
    attached = select(*_COLUMNS, files.c.account_id, files.c.channel_id, files.c.seq).where(files.c.seq.is_not(None))
    rows: Sequence[Any] = connection.execute(attached.where(files.c.id > after).order_by(files.c.id).limit(limit)).all()
    return [KeptFile(_file_of(row), row[7], row[8], row[9]) for row in rows]


def forget_files(connection: Connection, ids: Collection[str]) -> None:
    """They are gone."""
    connection.execute(delete(files).where(files.c.id.in_(ids), files.c.seq.is_(None)))


def withdraw(connection: Connection, account_id: int, file_id: str) -> None:
    """Give up an upload of one's own that is in no message: it is abandoned from now on."""
    found = files.update().where(files.c.id == file_id, files.c.account_id == account_id, files.c.seq.is_(None))
    if not connection.execute(found.values(account_id=0, created_at=0)).rowcount:
        raise NotFound("There is no such file of yours that waits")


def _file_of(row: Sequence[Any]) -> File:
    return File(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]))
