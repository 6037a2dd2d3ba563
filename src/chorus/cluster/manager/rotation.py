"""Log rotation: a file that is large enough, or of an earlier day, is put aside, compressed, and one day removed.

Theory of operation. The keeper writes the files; it has them open. A file is renamed (the keeper goes on writing into
it), then the keeper opens all files by their paths anew, and only then is the renamed one compressed: no line is lost
and none is torn. A manager that is killed in between is followed by one that begins with the second step.

    out.log → out-20261123T160000.123.log → out-20261123T160000.123.log.gz
"""

import asyncio
import gzip
import logging
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Mapping

from chorus.cluster.manager.application import Application
from chorus.cluster.manager.keeper_client import Keeper
from chorus.cluster.spec import ApplicationSpec

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at the files."""

_PUT_ASIDE = re.compile(r"-\d{8}T\d{6}\.\d{3}$")


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

    async def run(self) -> None:
        """Look for ever."""
        await self._keeper.reopen_logs()  # another manager may have renamed a file and been killed
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Rotate what is due, and tidy up among the earlier files of whatever was rotated."""
        files = self._files()
        self._periods = {path: period for path, period in self._periods.items() if path in files}
        moved = [path for path, spec in files.items() if self._is_due(path, spec) and _put_aside(path, self._clock())]
        if moved:
            await self._keeper.reopen_logs()
        self._tidy = (self._tidy & files.keys()) - set(moved)
        for path in files.keys() - self._tidy:
            spec = files[path]
            await asyncio.to_thread(_tidy, path, retain=spec.log_retain, compress=spec.log_compress)
            self._tidy.add(path)

    def _files(self) -> dict[str, ApplicationSpec]:
        """The files written to, each with the first specification that names it."""
        files: dict[str, ApplicationSpec] = {}
        for application in self._applications.values():
            for path in _paths(application.spec, application.instances):
                files.setdefault(path, application.spec)
        return files

    def _is_due(self, path: str, spec: ApplicationSpec) -> bool:
        try:
            state = os.stat(path)
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


def period(at: float, every: float) -> int:
    """The number of the period that a time belongs to; periods are counted in local time."""
    return int((at + time.localtime(at).tm_gmtoff) // every)


def _paths(spec: ApplicationSpec, numbers: Iterable[int]) -> set[str]:
    given = [path for path in (spec.out_file, spec.error_file, spec.combined_file) if path is not None]
    return {spec.log_path(path, number) for path in given for number in numbers}


def _put_aside(path: str, at: float) -> bool:
    """Rename a log file after the time; False when that is not possible."""
    base, suffix = os.path.splitext(path)
    milliseconds = int(at * 1000)
    seconds = time.strftime("%Y%m%dT%H%M%S", time.gmtime(milliseconds // 1000))
    try:
        os.rename(path, f"{base}-{seconds}.{milliseconds % 1000:03}{suffix}")
    except OSError as error:
        log.error("cannot rotate %s: %s", path, error.strerror)
        return False
    return True


def _tidy(path: str, *, retain: int, compress: bool) -> None:
    """Compress what was put aside and remove what is too old."""
    try:
        earlier = _earlier(path)
        surplus = max(0, len(earlier) - retain)
        for name in earlier[:surplus]:
            os.unlink(name)
        for name in earlier[surplus:] if compress else []:
            if not name.endswith(".gz"):
                _compress(name)
    except OSError as error:
        log.error("cannot tidy up the earlier files of %s: %s", path, error)


def _earlier(path: str) -> list[str]:
    """The files put aside of a log file, oldest first: their names sort by time."""
    folder, name = os.path.split(path)
    base, suffix = os.path.splitext(name)
    found: list[str] = []
    for each in os.listdir(folder) if os.path.isdir(folder) else []:
        stem = each.removesuffix(".gz").removesuffix(suffix)
        if stem.startswith(base) and _PUT_ASIDE.fullmatch(stem[len(base) :]):
            found.append(os.path.join(folder, each))
    return sorted(found)


def _compress(path: str) -> None:
    """Replace a file by its compressed one; whoever is interrupted leaves the file."""
    fresh = f"{path}.new"
    with open(path, "rb") as plain:
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file, gzip.GzipFile(path, "wb", 6, file) as packed:
            shutil.copyfileobj(plain, packed, 1 << 18)
    os.replace(fresh, f"{path}.gz")
    os.unlink(path)
