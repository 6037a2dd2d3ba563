"""Whether the database has the tables that this code needs, found out without loading Alembic.

A worker asks for one number at its start. Only when it is too small a child process brings the schema up to date
(`migrate.py`) and ends, so that no worker carries Alembic in its memory. A greater number is a newer version's, which
keeps what this one needs: a step only adds. Where it does not, because older code would understand the rows wrongly, it
says so as its `oldest_code`, and code with a smaller HEAD keeps away from then on: it does not start, is not ready,
answers no request of anybody signed in, of a bot or of a webhook, tells webhooks nothing, and takes nothing away that
is older than it is kept (docs/decisions/older-code-keeps-away.md).
"""

import asyncio
import os
import sys

from sqlalchemy import Connection, inspect, select, text

from chorus.chat.domain.errors import DatabaseUnavailable, Outdated
from chorus.chat.storage.database import Database
from chorus.chat.storage.schema import HEAD, server
from chorus.chat.storage.settings import DatabaseSettings

_TABLE = "alembic_version"
_revision = text(f"SELECT version_num FROM {_TABLE}")  # noqa: S608 - a name of ours


def revision(connection: Connection) -> int:
    """The number of the newest step that was taken; 0 in an empty database."""
    if not inspect(connection).has_table(_TABLE):
        return 0
    return int(connection.scalar(_revision) or 0)


def require_code(oldest_code: int) -> None:
    """Do nothing for code that may use the database.

    Raises:
        Outdated: it is too old.
    """
    if oldest_code > HEAD:
        raise Outdated(f"the database is for versions that know its step {oldest_code}; this one knows {HEAD}")


def require_current(connection: Connection) -> None:
    """The same, asking the database."""
    require_code(connection.execute(select(server.c.oldest_code)).scalar_one())


async def bring_up_to_date(database: Database, settings: DatabaseSettings) -> None:
    """Take the missing steps, if there are any.

    Raises:
        Outdated: a newer version took a step that this one must not read beside.
        DatabaseUnavailable: it cannot be reached, or the steps failed; the detail has their last line.
    """
    if await database.read(revision) < HEAD:
        await _migrate(settings)
    await database.read(require_current)


async def _migrate(settings: DatabaseSettings) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "chorus.chat.storage.migrate"),
        env={**os.environ, "DATABASE_URL": settings.url, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await asyncio.wait_for(child.communicate(), settings.migration_timeout)
    except TimeoutError as error:
        raise DatabaseUnavailable(f"schema: not up to date after {settings.migration_timeout:g} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        lines = errors.decode(errors="replace").strip().splitlines()
        raise DatabaseUnavailable(f"schema: {lines[-1] if lines else f'exit {child.returncode}'}")
