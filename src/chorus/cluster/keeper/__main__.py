"""Start the keeper of a home: `python -m chorus.cluster.keeper HOME [--manager PROGRAM ARGUMENT...]`.

It stays in the foreground; whoever starts it gives it a session of its own. Without `--manager` it runs our manager;
`--manager` with nothing behind it runs none. Exit codes: 0 ended as told, 1 refused to start (the reason on stderr).

`python -m chorus.cluster.keeper HOME --sweep` ends the children that a killed keeper left there, and no more.
`python -m chorus.cluster.keeper --check VERSION` runs nothing: 0 when this program could go on where a keeper stands
whose handover has that version, else 1.
"""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterable, Sequence

from chorus.cluster.keeper import daemon_log
from chorus.cluster.keeper.daemon_log import say
from chorus.cluster.keeper.handover import VERSION, handed_over, hold_signals
from chorus.cluster.keeper.keeper import Keeper
from chorus.cluster.keeper.orphans import Register, adopt_orphans, end
from chorus.cluster.keeper.surroundings import LONGEST_SOCKET_PATH

_SOCKETS = ("keeper.sock", "notify.sock")

LOCK_PATIENCE = 1.0
"""Seconds keeper.pid may be locked: whoever looks whether a keeper runs holds the lock for a moment, too."""

_TRY_EVERY = 0.02


class Refused(Exception):
    """The keeper cannot run in this home; the text says why."""


def main(arguments: Sequence[str]) -> int:
    """Run the keeper until it ends."""
    if len(arguments) == 2 and arguments[0] == "--check":
        return 0 if arguments[1] == str(VERSION) else 1
    if arguments[1:] == ["--sweep"]:
        return sweep(os.path.abspath(arguments[0]))
    if not arguments or arguments[0].startswith("-") or arguments[1:2] not in ([], ["--manager"]):
        say("usage: python -m chorus.cluster.keeper HOME [--manager PROGRAM ARGUMENT...]")
        return 2
    home = os.path.abspath(arguments[0])
    manager = arguments[2:] if arguments[1:] else [sys.executable, "-P", "-m", "chorus.cluster.manager", home]
    if (state := handed_over()) is not None:
        lock = state["lock"]
        os.set_inheritable(lock, False)
        keeper = Keeper(home, manager, lock)
        keeper.resume(state)
    else:
        hold_signals()
        try:
            prepare(home)
            lock = take_lock(home)
            daemon_log.take_over(home)
            adopt_orphans()
            end_what_was_left(home)
            sockets = bind(home)
        except (Refused, OSError) as error:
            say(f"keeper: {error}")
            return 1
        keeper = Keeper(home, manager, lock)
        keeper.begin(*sockets)
    keeper.run()
    if lies_in(home, lock):  # otherwise somebody removed the home, and another keeper may be in one of that name
        remove(os.path.join(home, name) for name in (*_SOCKETS, "children"))
        remove(left_sockets(home))
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


def take_lock(home: str) -> int:
    """Lock keeper.pid until this process ends, write our pid there, return its descriptor. Raises Refused."""
    path = os.path.join(home, "keeper.pid")
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(fd, 32).decode().strip()
            os.close(fd)
            if time.monotonic() < deadline:
                time.sleep(_TRY_EVERY)
                continue
            raise Refused(f"a keeper already runs for {home} (pid {holder or 'not yet written'})") from error
        if lies_in(home, fd):
            os.ftruncate(fd, 0)
            os.write(fd, b"%d\n" % os.getpid())
            return fd
        os.close(fd)  # an ending keeper removed the file between our open and our lock


def lies_in(home: str, lock: int) -> bool:
    """Whether keeper.pid of this home is still the file that was locked."""
    try:
        return os.path.samestat(os.fstat(lock), os.stat(os.path.join(home, "keeper.pid")))
    except FileNotFoundError:
        return False


def sweep(home: str) -> int:
    """End what a killed keeper left, and leave no keeper behind; 1 when one runs."""
    try:
        prepare(home)
        take_lock(home)
    except (Refused, OSError) as error:
        say(f"keeper: {error}")
        return 1
    end_what_was_left(home)
    remove(os.path.join(home, name) for name in (*_SOCKETS, "children", "keeper.pid"))
    return 0


def end_what_was_left(home: str) -> None:
    """End the children of a keeper that was killed, and remove their sockets: nobody would supervise them."""
    if left := Register(home).left_behind():
        named = ", ".join(f"{orphan.key} (pid {orphan.pid})" for orphan in left)
        say(f"ending what a killed keeper left behind: {named}")
        end(left)
    remove(left_sockets(home))


def left_sockets(home: str) -> list[str]:
    """The private sockets of children, none of which lives."""
    run = os.path.join(home, "run")
    return [os.path.join(run, name) for name in os.listdir(run) if name.endswith(".sock")]


def bind(home: str) -> tuple[socket.socket, socket.socket]:
    """The control socket and the notify socket, the owner's alone from their first moment."""
    paths = [os.path.join(home, name) for name in _SOCKETS]
    remove(paths)
    sockets = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    before = os.umask(0o177)
    for each, path in zip(sockets, paths, strict=True):
        each.bind(path)
    os.umask(before)
    return sockets


def remove(paths: Iterable[str]) -> None:
    """Remove files, those that are there."""
    for path in paths:
        if os.path.lexists(path):
            os.unlink(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
