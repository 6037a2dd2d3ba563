"""Start the keeper of a home: `python -m chorus.cluster.keeper HOME [--manager PROGRAM ARGUMENT...]`.

It stays in the foreground; whoever starts it gives it a session of its own. Without `--manager` it runs our manager;
`--manager` with nothing behind it runs none. Exit codes: 0 ended as told, 1 refused to start (the reason on stderr).
"""

import fcntl
import os
import sys
from collections.abc import Sequence

from chorus.cluster.keeper.keeper import Keeper
from chorus.cluster.keeper.manager_process import write_to_daemon_log

LONGEST_SOCKET_PATH = 107
"""Bytes the system allows in the path of a Unix socket."""

_SOCKETS = ("keeper.sock", "notify.sock")


class Refused(Exception):
    """The keeper cannot run in this home; the text says why."""


def main(arguments: Sequence[str]) -> int:
    """Run the keeper until it ends."""
    if not arguments or arguments[0].startswith("-") or arguments[1:2] not in ([], ["--manager"]):
        print("usage: python -m chorus.cluster.keeper HOME [--manager PROGRAM ARGUMENT...]", file=sys.stderr)
        return 2
    home = os.path.abspath(arguments[0])
    manager = arguments[2:] if arguments[1:] else [sys.executable, "-P", "-m", "chorus.cluster.manager", home]
    try:
        prepare(home)
        take_lock(home)
    except (Refused, OSError) as error:
        print(f"keeper: {error}", file=sys.stderr)
        return 1
    paths = [os.path.join(home, name) for name in _SOCKETS]
    remove(paths)
    write_to_daemon_log(home)
    before = os.umask(0o177)  # the sockets are the owner's alone from their first moment
    keeper = Keeper(home, manager)
    os.umask(before)
    keeper.run()
    remove(paths)
    sys.stdout.flush()
    sys.stderr.flush()
    # Whoever sees the file gone may rely on it that the process is: no tidying up of the interpreter after this.
    os.unlink(os.path.join(home, "keeper.pid"))
    os._exit(0)


def prepare(home: str) -> None:
    """Make the home and let nobody but its owner in. Raises Refused."""
    longest = max(len(os.fsencode(os.path.join(home, name))) for name in _SOCKETS)
    if longest > LONGEST_SOCKET_PATH:
        raise Refused(
            f"the home's path is too long: {home} gives socket paths of {longest} bytes, "
            f"{LONGEST_SOCKET_PATH} are possible"
        )
    for folder in (home, os.path.join(home, "run")):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if os.stat(folder).st_uid != os.geteuid():
            raise Refused(f"{folder} belongs to another user")
        os.chmod(folder, 0o700)


def take_lock(home: str) -> None:
    """Lock keeper.pid until this process ends, and write our pid there. Raises Refused."""
    path = os.path.join(home, "keeper.pid")
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(fd, 32).decode().strip()
            os.close(fd)
            raise Refused(f"a keeper already runs for {home} (pid {holder or 'not yet written'})") from error
        try:
            current = os.path.samestat(os.fstat(fd), os.stat(path))
        except FileNotFoundError:
            current = False
        if current:
            os.ftruncate(fd, 0)
            os.write(fd, b"%d\n" % os.getpid())
            return
        os.close(fd)  # an ending keeper removed the file between our open and our lock


def remove(paths: Sequence[str]) -> None:
    """Remove files, those that are there."""
    for path in paths:
        if os.path.lexists(path):
            os.unlink(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
