"""The database's file: its owner's alone, wherever it lies."""

import contextlib
import os


def make_private(path: str) -> None:
    """Make the file with mode 0600, if there is none; SQLite gives its journal and its shared memory the same mode.

    The mode of a file that is there already is its owner's to choose.
    """
    with contextlib.suppress(OSError):  # SQLite opens it next and says what is wrong in its own words
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
