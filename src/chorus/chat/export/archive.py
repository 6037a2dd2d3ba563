"""A zip that is written from its beginning to its end, part by part, whatever its size.

    with open("chat.zip.part", "wb") as place, Archive(place) as archive:
        with archive.lines("accounts.jsonl") as lines:
            lines.add(accounts)
        with archive.member("files/0f3a/cat.png", compress=False) as file:
            file.write(part)

Its place need not be a file: nothing is read in it, and there is no way back in it (pipe.py).
"""

import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Protocol, Self, cast

import msgspec

_encoder = msgspec.json.Encoder()


class Place(Protocol):
    """Where an archive goes."""

    def write(self, data: bytes, /) -> int:
        """Take over all of these bytes."""
        ...

    def flush(self) -> None:
        """Have what was written be where it belongs."""
        ...


class Lines:
    """JSON Lines (jsonlines.org): one JSON value a line."""

    def __init__(self, file: IO[bytes]) -> None:
        self.count = 0
        self._file = file

    def add(self, values: Iterable[object]) -> None:
        """Write some."""
        for value in values:
            self._file.write(_encoder.encode(value) + b"\n")
            self.count += 1


class Archive:
    """Members are written one after another."""

    def __init__(self, place: Place) -> None:
        """Begin one; the place stays open at its end."""
        self._zip = zipfile.ZipFile(
            cast("IO[bytes]", place), "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=6
        )

    @contextmanager
    def member(self, name: str, *, compress: bool = True) -> Generator[IO[bytes]]:
        """Write a member; what is compressed in itself need not be again."""
        described = zipfile.ZipInfo(name)
        described.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        described.external_attr = 0o600 << 16
        with self._zip.open(described, "w", force_zip64=True) as file:
            yield file

    @contextmanager
    def lines(self, name: str) -> Generator[Lines]:
        """Write a member of JSON Lines."""
        with self.member(name) as file:
            yield Lines(file)

    def document(self, name: str, value: object) -> None:
        """Write a member of one JSON document."""
        with self.member(name) as file:
            file.write(msgspec.json.format(_encoder.encode(value), indent=2))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
