"""A bot's positions in a file, for its next process."""

import os
import tempfile

import msgspec


def load(path: str) -> dict[int, int] | None:
    """By channel, the last entry that was handled; None where there is no file yet.

    Raises:
        msgspec.MsgspecError: the file is another one.
    """
    try:
        with open(path, "rb") as file:
            return msgspec.json.decode(file.read(), type=dict[int, int])
    except FileNotFoundError:
        return None


def save(path: str, positions: dict[int, int]) -> None:
    """Replace the file, whole or not at all."""
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".positions-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(positions))
        os.replace(temporary, path)
    except BaseException:  # also cut short from outside: no half file stays behind
        os.unlink(temporary)
        raise
