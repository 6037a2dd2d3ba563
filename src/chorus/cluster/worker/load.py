"""Our cell in the shared page, and the set of connections that keeps it true."""

import mmap
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from chorus.cluster.worker.gate import CELL, Cell

T = TypeVar("T")

_WORDS = CELL // 8


class NoPage(Exception):
    """CHORUS_LOAD_FD and CHORUS_LOAD_SLOT do not name a cell; the text says why."""


def now() -> int:
    """Monotonic milliseconds, the same in all processes of the machine."""
    return time.monotonic_ns() // 1_000_000


class LoadPage:
    """The page and our slot in it."""

    def __init__(self, fd: int, slot: int) -> None:
        try:
            size = os.fstat(fd).st_size
            os.set_inheritable(fd, False)
            page = mmap.mmap(fd, size - size % CELL)
        except (OSError, ValueError) as error:
            raise NoPage(f"CHORUS_LOAD_FD: descriptor {fd} is no page: {error}") from error
        self._words = memoryview(page).cast("q")
        self._slots = len(self._words) // _WORDS
        if not 0 <= slot < self._slots:
            raise NoPage(f"CHORUS_LOAD_SLOT: expected 0 to {self._slots - 1}, found {slot}")
        self._mine = slot
        self.write(Cell(0, 0))

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "LoadPage | None":
        """The page the environment names; None when it names none. Raises NoPage."""
        if "CHORUS_LOAD_FD" not in environment:
            return None
        try:
            return cls(int(environment["CHORUS_LOAD_FD"]), int(environment.get("CHORUS_LOAD_SLOT", "")))
        except ValueError as error:
            raise NoPage(f"CHORUS_LOAD_FD and CHORUS_LOAD_SLOT: expected two numbers: {error}") from error

    def write(self, cell: Cell) -> None:
        """Show our cell to the others."""
        first = _WORDS * self._mine
        self._words[first], self._words[first + 1], self._words[first + 2] = cell

    def others(self) -> Iterator[Cell]:
        """The cells of the others; their lag is the manager's to read."""
        words = self._words
        firsts = (_WORDS * n for n in range(self._slots) if n != self._mine)
        return (Cell(words[first], words[first + 1]) for first in firsts)


class LiveConnections(set[T]):
    """uvicorn's set of connections, which says what was added to it or taken away."""

    def __init__(self, changed: Callable[[object], None]) -> None:
        super().__init__()
        self._changed = changed

    def add(self, element: T, /) -> None:
        """Add, and say so."""
        super().add(element)
        self._changed(element)

    def discard(self, element: object, /) -> None:
        """Discard, and say so."""
        super().discard(element)
        self._changed(element)

    def remove(self, element: T, /) -> None:
        """Remove, and say so."""
        super().remove(element)
        self._changed(element)
