"""The files of a log that rotation put aside: which there are, and the text of one, compressed or not."""

import gzip
import os
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from chorus.cluster import put_aside

BLOCK: Final = 1 << 16
LONGEST_LINE: Final = 1 << 20
"""Bytes of a line without an end that are waited for; then it is shown in pieces."""

_SIZE: Final = struct.Struct("<I")
"""How a gzip file ends: the size of its text (RFC 1952)."""


def names(path: str) -> list[str]:
    """Those put aside of the log at a path, oldest first, each once: by its name without .gz."""
    folder = os.path.dirname(path)
    found = put_aside.of(path, os.listdir(folder) if os.path.isdir(folder) else [])
    return list(dict.fromkeys(each.removesuffix(put_aside.COMPRESSED) for each in found))


def blocks(path: str) -> Iterator[bytes]:
    """The text of a file put aside, by its path without .gz. Nothing where retention took it away.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read, or not to its end.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below, whichever of the two it is
    except FileNotFoundError:
        try:
            file = gzip.open(f"{path}{put_aside.COMPRESSED}")  # noqa: SIM115
        except FileNotFoundError:
            return
    with file:
        while block := file.read(BLOCK):
            yield block


def is_it(path: str, file: os.stat_result) -> bool:
    """Whether what was put aside there, by its path without .gz, is this file; of a compressed one its size tells."""
    try:
        return os.path.samestat(os.stat(path), file)
    except FileNotFoundError:
        try:
            with open(f"{path}{put_aside.COMPRESSED}", "rb") as packed:
                packed.seek(-_SIZE.size, os.SEEK_END)
                return _SIZE.unpack(packed.read(_SIZE.size)) == (file.st_size & 0xFFFFFFFF,)
        except OSError:  # gone, or too short: it cannot be read either
            return False


def lines(text: Iterable[bytes]) -> Iterator[str]:
    """The lines of a text that comes in blocks; one without an end comes in pieces."""
    rest = b""
    for block in text:
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > LONGEST_LINE:
            whole, rest = [*whole, rest], b""
        for line in whole:
            if line:
                yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
