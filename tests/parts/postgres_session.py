"""The little of PostgreSQL's protocol with which tests make, empty and drop databases.

To start `psql` takes longer than what it would be told to do, and each test with a database has something to tell.
"""

import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import Self

_VERSION = 3 << 16
_PATIENCE = 60.0
"""Seconds without a word: a machine under load takes its time to copy a database."""


class PostgresSession:
    """A connection as `postgres`, who needs no password, to one database of a server on loopback."""

    def __init__(self, port: int, database: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self._incoming = self._socket.makefile("rb")
        names = b"".join(word.encode() + b"\0" for word in ("user", "postgres", "database", database))
        self._socket.sendall(_with_length(struct.pack("!I", _VERSION) + names + b"\0"))
        self._wait()

    def run(self, statements: str) -> None:
        """Run some statements in one transaction, whatever they return.

        Raises:
            RuntimeError: the server refused one; with its words.
        """
        self._socket.sendall(b"Q" + _with_length(statements.encode() + b"\0"))
        self._wait()

    def _wait(self) -> None:
        """Read until it is ready for a query."""
        refused = None
        while True:
            header = self._incoming.read(5)
            if len(header) < 5:
                raise RuntimeError(f"PostgreSQL hung up: {refused}")
            kind, length = struct.unpack("!cI", header)
            message = self._incoming.read(length - 4)
            if kind == b"E":
                refused = " ".join(field[1:].decode() for field in message.split(b"\0") if field[:1] in {b"C", b"M"})
            if kind == b"Z":
                break
        if refused is not None:
            raise RuntimeError(f"PostgreSQL refused: {refused}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say goodbye and wait until the server has hung up: a database that somebody is in cannot be copied."""
        with suppress(OSError):  # it may have hung up first
            self._socket.sendall(b"X" + _with_length(b""))
            self._incoming.read()
        self._incoming.close()
        self._socket.close()


def _with_length(message: bytes) -> bytes:
    return struct.pack("!I", len(message) + 4) + message
