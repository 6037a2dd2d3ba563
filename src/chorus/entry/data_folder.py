"""The folder of the SQLite file: the one in the home is made, every other one must be there.

A mistyped DATABASE_URL must not make folders anywhere, and a chat that is empty.
"""

import os

from chorus.chat.storage.urls import SqliteUrl, parse_database_url
from chorus.entry.settings import Settings


def make_data_folder(settings: Settings) -> None:
    """Make the data folder in the home where the database lies in it."""
    if database_lies_in_home(settings):
        os.makedirs(os.path.join(settings.home, "data"), mode=0o700, exist_ok=True)


def database_lies_in_home(settings: Settings) -> bool:
    """Whether the database is a file of the home's data folder."""
    return _folder(settings, os.curdir) == os.path.join(settings.home, "data")


def files_lie_in_home(settings: Settings) -> bool:
    """Whether what people attach is kept in the home."""
    return settings.files.url.startswith(f"file://{settings.home}/")


def missing_folder(settings: Settings, directory: str) -> str | None:
    """The folder that the database wants and that is not there; a relative file lies in `directory`.

    Raises:
        Invalid: DATABASE_URL is none of the forms that we know.
    """
    folder = _folder(settings, directory)
    ours = folder == os.path.join(settings.home, "data")
    return None if folder is None or ours or os.path.isdir(folder) else folder


def _folder(settings: Settings, directory: str) -> str | None:
    url = parse_database_url(settings.database.url)
    return os.path.dirname(os.path.abspath(os.path.join(directory, url.path))) if isinstance(url, SqliteUrl) else None
