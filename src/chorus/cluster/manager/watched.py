"""What a watched application's files look like: when it differs from what it was, something was changed.

Files are looked at by name, time and size, a folder at a time, which needs no kernel's help and works on every file
system; the number of files looked at is bounded.
"""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

from chorus.cluster.spec import ApplicationSpec

MOST_FILES = 20_000
"""Files of one application that are looked at."""

Look = frozenset[tuple[str, int, int]]
"""The files there are: path, time in nanoseconds, bytes."""


class TooManyFiles(ValueError):
    """More than is looked at; the specification is at fault."""


def watches(spec: ApplicationSpec) -> tuple[object, ...]:
    """What `look` depends on: two specifications with the same see the same files."""
    return spec.watch, spec.watch_ignore, spec.cwd, spec.out_file, spec.error_file, spec.combined_file


def look(spec: ApplicationSpec) -> Look:
    """See what there is now.

    Raises:
        TooManyFiles: naming the folder and what to do.
    """
    places = ["."] if spec.watch is True else spec.watch or []
    logs = [path for path in (spec.out_file, spec.error_file, spec.combined_file) if path is not None]
    written = [os.path.relpath(spec.resolve(path), spec.cwd) for path in logs]
    earlier = [f"{os.path.splitext(path)[0]}-[0-9]*" for path in written]  # of each instance, and those put aside
    ignored = (*spec.watch_ignore, *written, *earlier)
    found: set[tuple[str, int, int]] = set()
    for place in places:
        for entry in _files(spec.resolve(place), spec.cwd, ignored):
            found.add(entry)
            if len(found) > MOST_FILES:
                where = spec.resolve(place)
                raise TooManyFiles(f"more than {MOST_FILES} files in {where}; watch fewer or ignore more of them")
    return frozenset(found)


def _files(path: str, root: str, ignored: tuple[str, ...]) -> Iterator[tuple[str, int, int]]:
    """A file, or all files below a folder; what vanishes meanwhile is passed over, links to folders too."""
    waiting = [path]
    while waiting:
        current = waiting.pop()
        try:
            entries = list(os.scandir(current)) if os.path.isdir(current) else []
            if not entries and not os.path.isdir(current):
                state = os.stat(current)
                yield current, state.st_mtime_ns, state.st_size
            for entry in entries:
                if _is_ignored(os.path.relpath(entry.path, root), ignored):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file():
                    state = entry.stat()
                    yield entry.path, state.st_mtime_ns, state.st_size
        except OSError:  # removed between two steps, or not ours to read: as if it were not there
            continue


def _is_ignored(path: str, ignored: tuple[str, ...]) -> bool:
    name = os.path.basename(path)
    return any(fnmatchcase(name, pattern) or fnmatchcase(path, pattern.removeprefix("./")) for pattern in ignored)
