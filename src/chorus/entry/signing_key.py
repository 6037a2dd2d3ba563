"""The key that signs access tokens in development, made once and kept in the home folder."""

import os
import secrets
from contextlib import suppress
from typing import Final

_BYTES: Final = 48


def signing_key(home: str) -> str:
    """The key of a home; the first who asks makes it, and all who ask at the same time get the same one."""
    path = os.path.join(home, "state", "jwt.secret")
    if not os.path.exists(path):
        os.makedirs(home, mode=0o700, exist_ok=True)
        _make(path)
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def _make(path: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    own = f"{path}.{os.getpid()}"
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another process was faster: its key counts
        os.link(own, path)
    os.unlink(own)
