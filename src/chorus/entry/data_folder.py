"""The folder of the SQLite file: the one in the home is made, every other one must be there.

A mistyped DATABASE_URL must not make folders anywhere, and a chat that is empty.
"""

import os

from chorus.chat.storage.urls import SqliteUrl, parse_database_url
from chorus.entry.settings import Settings


def make_data_folder(settings: Settings) -> None:
    """Make the data folder in the home where the database lies in it."""
    folder = _folder(settings, os.curdir)
    if folder is not None and folder == os.path.join(settings.home, "data"):
        os.makedirs(folder, mode=0o700, exist_ok=True)


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
