"""The chat's database and files, for commands that work on them without the chat.

    settings = read_settings(context)
    async with open_database(settings) as store: …

They are those of the chat that runs here. Where none does, or this shell names others, they are those that the chat
would use from this shell: the same variables, the same defaults.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from chorus.chat.domain.errors import ChatError, Invalid
from chorus.chat.files.contract import Blobs
from chorus.chat.files.opening import open_blobs
from chorus.chat.storage.contract import Store
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.urls import absolute_url
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Context
from chorus.entry.checked_settings import checked_settings
from chorus.entry.commands.meant import find_meant
from chorus.entry.data_folder import database_lies_in_home, files_lie_in_home
from chorus.entry.settings import Settings

PATIENCE = 120.0
"""Seconds for one statement: what a command does at once may be more than what a request may."""


def read_settings(context: Context) -> Settings:
    """The settings of the chat that is meant.

    Raises:
        CommandFailed: variables are wrong, all of which are named; or the folder of the database is not there.
    """
    meant = find_meant(context, named_by=("DATABASE_URL", "CHORUS_FILES_URL"))
    settings = checked_settings(meant.variables, home=context.home.path, directory=meant.directory)
    url = absolute_url(settings.database.url, directory=meant.directory)
    return msgspec.structs.replace(settings, database=msgspec.structs.replace(settings.database, url=url))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncGenerator[Store]:
    """The database, its tables brought up to date.

    Raises:
        CommandFailed: it cannot be reached, or what was done with it was refused; or the home that it lies in is not
            one for us.
    """
    if database_lies_in_home(settings):
        Home(settings.home).prepare()  # as `chorus start` does, which takes no home that others may look into
    store = open_store(
        DatabaseSettings(
            url=settings.database.url,
            connection_limit=min(4, settings.database.connection_limit),
            statement_timeout=PATIENCE,
            busy_timeout=PATIENCE,
        )
    )
    try:
        await store.start()
        yield store
    except ChatError as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"DATABASE_URL: {error}") from error
    finally:
        await store.close()


def open_files(settings: Settings, *, to_write: bool = False) -> Blobs:
    """Where the chat's files lie; `to_write` makes the home that they lie in.

    Raises:
        CommandFailed: CHORUS_FILES_URL cannot be used, or that home is not one for us.
    """
    if to_write and files_lie_in_home(settings):
        Home(settings.home).prepare()
    try:
        return open_blobs(settings.files.url)
    except Invalid as error:
        raise CommandFailed(str(error)) from error
