"""CHORUS_HOME: the folder of one cluster's sockets, state and data, its owner's alone.

home = locate(os.environ)      # looks at nothing
home.prepare()                 # makes it, or refuses it
"""

import os
import stat
from collections.abc import Mapping
from typing import Final

from chorus.cluster.cli.failure import CommandFailed, not_text, visible
from chorus.cluster.keeper.surroundings import LONGEST_SOCKET_PATH

LONGEST_IN_HOME: Final = len("/run/chat:100:100000.sock")
"""The room that the sockets of instances need; one of an application with a longer name is checked at its start."""

FOLDERS: Final = ("run", "data", "state")

_OURS: Final = frozenset({"daemon.log", "keeper.pid", "keeper.sock"})
"""Files that tell that a folder is a cluster's."""


class Home:
    """The paths of one home."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.keeper_pid = os.path.join(path, "keeper.pid")
        self.rpc_socket = os.path.join(path, "rpc.sock")
        self.daemon_log = os.path.join(path, "daemon.log")
        self.run = os.path.join(path, "run")
        self.data = os.path.join(path, "data")
        self.state = os.path.join(path, "state")

    def prepare(self) -> None:
        """Make the folder and those in it, 0700, unless they are there.

        Raises:
            CommandFailed: when it is somebody else's, or open to others.
        """
        try:
            os.makedirs(self.path, mode=0o700, exist_ok=True)
            self._check_owner()
            for name in FOLDERS:
                os.makedirs(os.path.join(self.path, name), mode=0o700, exist_ok=True)
        except FileExistsError as error:
            raise CommandFailed(
                f"CHORUS_HOME cannot be made: {error.filename}: found a file, expected a folder"
            ) from error
        except OSError as error:
            raise CommandFailed(f"CHORUS_HOME cannot be made: {error.filename}: {error.strerror}") from error

    def check_writable(self) -> None:
        """Refuse a home in which nothing can be written, as on a full disk: a keeper could not even say so.

        Raises:
            CommandFailed: with the reason of the system.
        """
        path = os.path.join(self.path, f"writable.{os.getpid()}")
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, b"\n" * 4096)
            finally:
                os.close(fd)
                os.unlink(path)
        except OSError as error:
            raise CommandFailed(f"CHORUS_HOME cannot be written: {self.path}: {error.strerror}") from error

    def check_length(self) -> None:
        """Refuse a home whose sockets would have paths too long for the system.

        Raises:
            CommandFailed: with the bytes that were found and those that are possible.
        """
        size = len(os.fsencode(self.path)) + LONGEST_IN_HOME
        if size > LONGEST_SOCKET_PATH:
            raise CommandFailed(
                f"CHORUS_HOME is too long: {self.path}",
                [f"its sockets would have paths of {size} bytes, {LONGEST_SOCKET_PATH} are possible"],
            )

    def _check_owner(self) -> None:
        found = os.stat(self.path)
        if found.st_uid != os.geteuid():
            raise CommandFailed(
                f"CHORUS_HOME belongs to somebody else: {self.path}",
                [f"found user {found.st_uid}, expected user {os.geteuid()}"],
            )
        mode = stat.S_IMODE(found.st_mode)
        if not mode & 0o077:
            return
        inside = sorted(os.listdir(self.path))
        if not _OURS.isdisjoint(inside):
            raise CommandFailed(
                f"CHORUS_HOME is open to others: {self.path}",
                [f"found mode {mode:04o}, expected 0700; close it with: chmod 700 {self.path}"],
            )
        if inside:
            raise CommandFailed(
                f"CHORUS_HOME is a folder for something else: {self.path}",
                [f"found {inside[0]} in it and mode {mode:04o}, expected a new folder, an empty one or a cluster's"],
            )
        os.chmod(self.path, 0o700)

    def room_for(self, application: str) -> bool:
        """Whether the sockets of an application's instances have paths short enough."""
        longest = os.path.join(self.run, f"{application}:100:100000.sock")
        return len(os.fsencode(longest)) <= LONGEST_SOCKET_PATH


def locate(environment: Mapping[str, str]) -> Home:
    """The home that CHORUS_HOME names, or ~/.chorus.

    Raises:
        CommandFailed: when CHORUS_HOME is not an absolute path in UTF-8, or too long a one.
    """
    named = environment.get("CHORUS_HOME")
    if named and not os.path.isabs(named):
        raise CommandFailed(f'CHORUS_HOME: found "{named}", expected an absolute path')
    path = named or os.path.join(environment.get("HOME") or os.path.expanduser("~"), ".chorus")
    if visible(path) != path:
        raise not_text(path, what="CHORUS_HOME")
    home = Home(os.path.normpath(path))
    home.check_length()
    return home
