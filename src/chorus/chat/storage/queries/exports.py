"""Places of exports: a row for each that is on its way, which counts for as long as its holder says it goes on."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from chorus.chat.domain.exports import check_place
from chorus.chat.storage.schema import export_places, server

_of = export_places.c


def exporting(connection: Connection, *, at: int) -> Sequence[int]:
    """The accounts whose exports are on their way."""
    return connection.scalars(select(_of.account_id).where(_of.until > at)).all()


def claim_export(connection: Connection, account_id: int, *, holder: str, at: int, until: int) -> None:
    """Have a place, if there is one; those who ask at the same time come one after another."""
    connection.execute(select(server.c.id).with_for_update())
    connection.execute(delete(export_places).where(_of.until <= at))
    check_place(account_id, exporting(connection, at=at))
    connection.execute(insert(export_places).values(account_id=account_id, holder=holder, until=until))


def keep_export(connection: Connection, account_id: int, *, holder: str, until: int) -> bool:
    """Go on having it; False where it was given to somebody else."""
    mine = (_of.account_id == account_id) & (_of.holder == holder)
    return connection.execute(update(export_places).where(mine).values(until=until)).rowcount > 0


def leave_export(connection: Connection, account_id: int, *, holder: str) -> None:
    """Give it back."""
    connection.execute(delete(export_places).where(_of.account_id == account_id, _of.holder == holder))
