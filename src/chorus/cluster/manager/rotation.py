"""Log rotation: a file that is large enough, or of an earlier day, is put aside, compressed, and one day removed.

Theory of operation. The keeper writes the files; it has them open. A file is renamed (the keeper goes on writing into
it), then the keeper opens all files by their paths anew, and only then is the renamed one compressed: no line is lost
and none is torn. A manager that is killed in between is followed by one that begins with the second step.

    out.log → out-20261123T160000.123.log → out-20261123T160000.123.log.gz

A file that somebody else moved away, or whose folder, is begun anew by its path at the next look: the keeper would go
on writing to the moved one, which nobody reads and nobody puts aside.

Files are looked at every two seconds, and in between when one that grows as it did will have its size: so they are not
much larger than they may be, at whatever speed they are written. Compression goes on beside that.
"""

import asyncio
import gzip
import logging
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress

from chorus.cluster import put_aside
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.keeper_client import Keeper
from chorus.cluster.rpc.identity import identity
from chorus.cluster.spec import ApplicationSpec

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at the files; fewer where one will have its size before."""

LEAST_PAUSE = 0.1
"""Seconds between two looks however fast a file grows."""


class Rotation:
    """Looks at the log files of all applications, again and again."""

    def __init__(
        self, applications: Mapping[str, Application], keeper: Keeper, clock: Callable[[], float] = time.time
    ) -> None:
        self._applications, self._keeper, self._clock = applications, keeper, clock
        self._periods: dict[str, int] = {}
        """Of each path the period in which its file began, as far as is known."""
        self._tidy: set[str] = set()
        """Paths whose earlier files are as they shall be."""
        self._growth: dict[str, tuple[int, float]] = {}
        """Of each path its size in bytes at the last look, and how many bytes a second it grew by before."""
        self._places: dict[str, tuple[int, int] | None] = {}
        """Of each path which file lay there after the last look."""
        self._looked = clock()
        self._turning = asyncio.Lock()
        """Held while files are renamed that the keeper still has open: no time to list them."""

    async def run(self) -> None:
        """Look for ever; beside it, compress: that may take longer than a file takes to have its size again."""
        await self._keeper.reopen_logs()  # another manager may have renamed a file and been killed
        async with asyncio.TaskGroup() as both:
            both.create_task(self._tidy_up_for_ever())
            while True:
                await self.turn()
                await asyncio.sleep(self._pause())

    async def look(self) -> None:
        """Rotate what is due, and tidy up among the earlier files of whatever was rotated."""
        await self.turn()
        await self._tidy_up()

    async def turn(self) -> None:
        """Rotate what is due."""
        files = self._files()
        self._periods = {path: period for path, period in self._periods.items() if path in files}
        self._measure(files)
        due = [path for path, spec in files.items() if self._is_due(path, spec)]
        async with self._turning:
            moved = [path for path in due if _put_aside(path, self._clock())]
            if moved or self._somebody_moved(files.keys()):
                await self._keeper.reopen_logs()
            self._places = {path: identity(path) for path in files}
        self._growth |= {path: (0, self._growth[path][1]) for path in moved}
        self._tidy = (self._tidy & files.keys()) - set(moved)

    def _somebody_moved(self, files: AbstractSet[str]) -> bool:
        """Whether another file lies at a path than after the last look, or none any more."""
        moved = [path for path in files if self._places.get(path) not in (None, identity(path))]
        for path in moved:
            log.warning("%s was moved or removed by somebody; it is begun anew", path)
        new = files - self._places.keys()  # it may have been moved before it was ever seen
        return bool(moved) or any(identity(path) is None for path in new)

    async def _tidy_up_for_ever(self) -> None:
        while True:
            await self._tidy_up()
            await asyncio.sleep(LOOK_EVERY)

    async def _tidy_up(self) -> None:
        """Tidy up among the earlier files of whatever was rotated."""
        files = self._files()
        for path in files.keys() - self._tidy:
            spec = files[path]
            async with self._turning:
                self._tidy.add(path)  # now: what is put aside from here on is for the next time
                try:
                    earlier = _earlier(path)
                except OSError as error:  # the folder is closed to us: when the next file is put aside, it is not
                    log.error("cannot tidy up the earlier files of %s: %s", path, error)
                    continue
            await asyncio.to_thread(_tidy, path, earlier, retain=spec.log_retain, compress=spec.log_compress)

    def _measure(self, files: Iterable[str]) -> None:
        """See how fast the files grow."""
        now = self._clock()
        elapsed, self._looked = now - self._looked, now
        self._growth = {path: grown(self._growth.get(path), _size(path), elapsed) for path in files}

    def _pause(self) -> float:
        """Seconds until the next look: until the first file has its size, if they go on growing as they did."""
        bounds = {path: spec.log_max_size for path, spec in self._files().items() if spec.log_max_size is not None}
        return min(
            (pause(*self._growth[path], most) for path, most in bounds.items() if path in self._growth),
            default=LOOK_EVERY,
        )

    def _files(self) -> dict[str, ApplicationSpec]:
        """The files written to, each with the first specification that names it."""
        files: dict[str, ApplicationSpec] = {}
        for application in self._applications.values():
            for path in _paths(application.spec, application.instances):
                files.setdefault(path, application.spec)
        return files

    def _is_due(self, path: str, spec: ApplicationSpec) -> bool:
        try:
            state = os.lstat(path)  # a link is another's, such as /dev/stdout is the machine's
        except OSError:  # removed by hand, or never written
            return False
        if not stat.S_ISREG(state.st_mode) or state.st_size == 0:
            return False
        if spec.log_max_size is not None and state.st_size >= spec.log_max_size:
            return True
        if not spec.log_rotate_every:
            return False
        began = self._periods.setdefault(path, period(state.st_mtime, spec.log_rotate_every))
        present = self._periods[path] = period(self._clock(), spec.log_rotate_every)
        return present > began


def grown(before: tuple[int, float] | None, size: int, elapsed: float) -> tuple[int, float]:
    """The size of a file now and how many bytes a second it grew by; one that was cut grows as it did before."""
    if before is None or elapsed <= 0:
        return size, 0.0
    last, rate = before
    return size, rate if size < last else (size - last) / elapsed


def pause(size: int, rate: float, most: int) -> float:
    """Seconds until a file should be looked at that has this size and grows by so many bytes a second.

    One that has its size already could not be put aside: that is no better a moment later.
    """
    return LOOK_EVERY if rate <= 0 or size >= most else min(LOOK_EVERY, max(LEAST_PAUSE, (most - size) / rate))


def period(at: float, every: float) -> int:
    """The number of the period that a time belongs to; periods are counted in local time."""
    return int((at + time.localtime(at).tm_gmtoff) // every)


def _paths(spec: ApplicationSpec, numbers: Iterable[int]) -> set[str]:
    given = [path for path in (spec.out_file, spec.error_file, spec.combined_file) if path is not None]
    return {spec.log_path(path, number) for path in given for number in numbers}


def _put_aside(path: str, at: float) -> bool:
    """Rename a log file after the time; False when that is not possible."""
    try:
        os.rename(path, put_aside.name(path, at, _beside(path)))
    except OSError as error:
        log.error("cannot rotate %s: %s", path, error.strerror)
        return False
    return True


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:  # removed by hand, or never written
        return 0


def _tidy(path: str, earlier: list[str], *, retain: int, compress: bool) -> None:
    """Compress what was put aside and remove what is too old."""
    try:
        surplus = max(0, len(earlier) - retain)
        for name in earlier[:surplus]:
            os.unlink(name)
        for name in earlier[surplus:] if compress else []:
            if not name.endswith(put_aside.COMPRESSED):
                _compress(name)
    except OSError as error:
        log.error("cannot tidy up the earlier files of %s: %s", path, error)


def _earlier(path: str) -> list[str]:
    """The files put aside of a log file, oldest first."""
    return [os.path.join(os.path.dirname(path), each) for each in put_aside.of(path, _beside(path))]


def _beside(path: str) -> list[str]:
    """The names in the folder of a log file."""
    folder = os.path.dirname(path)
    return os.listdir(folder) if os.path.isdir(folder) else []


def _compress(path: str) -> None:
    """Replace a file by its compressed one; whoever is interrupted leaves the file."""
    fresh = f"{path}.new"
    try:
        with open(path, "rb") as plain:
            fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as file, gzip.GzipFile(path, "wb", 6, file) as packed:
                shutil.copyfileobj(plain, packed, 1 << 18)
        os.replace(fresh, f"{path}{put_aside.COMPRESSED}")
    except OSError:
        with suppress(OSError):  # half of it only takes the room that the disk has not
            os.unlink(fresh)
        raise
    os.unlink(path)
