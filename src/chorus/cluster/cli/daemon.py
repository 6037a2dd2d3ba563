"""The keeper and the manager of a home, seen from outside: is there one, start one, wait until it is gone.

started = ensure(home, os.environ)      # True when this call started it
"""

import fcntl
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.inherited import absolute
from chorus.cluster.keeper.surroundings import handed_on

if TYPE_CHECKING:
    import subprocess

START_DEADLINE: Final = 15.0
"""Seconds until a manager must answer."""

END_DEADLINE: Final = 30.0
"""Seconds until everything must be gone; longer than the keeper's own patience with its children."""

_LOOK_EVERY: Final = 0.01
_LAST_LINES: Final = 10


def answers(home: Home) -> bool:
    """Whether somebody listens on the manager's socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(home.rpc_socket)
        except BlockingIOError:  # so many wait for an answer that no more may: somebody listens
            return True
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return False
        except PermissionError as error:
            raise CommandFailed(f"{home.rpc_socket} is somebody else's") from error
        return True


def keeper_pid(home: Home) -> int | None:
    """The keeper's process, when one runs: it holds a lock on keeper.pid as long as it lives."""
    pid, *_ = [*_keeper(home), ""]
    return int(pid) if pid.isdigit() else None


def is_ending(home: Home) -> bool:
    """Whether a keeper runs that is ending its children and itself."""
    return "ending" in _keeper(home)


def _keeper(home: Home) -> list[str]:
    """What the keeper that runs has written down of itself: its pid, and that it is ending."""
    try:
        with open(home.keeper_pid, encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().split()
    except (FileNotFoundError, NotADirectoryError):
        pass
    return []


def manager_pid(home: Home) -> int | None:
    """The manager's process as its keeper wrote it down, whether it answers or not."""
    from chorus.cluster.keeper.orphans import MANAGER, Register

    return next((each.pid for each in Register(home.path).living() if each.key == MANAGER), None)


def is_stopped(pid: int) -> bool:
    """Whether a signal holds a process, as SIGSTOP does."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in {"T", "t"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def ensure(home: Home, environment: Mapping[str, str]) -> bool:
    """Start the keeper, and so the manager, unless one answers; True when it was started.

    Raises:
        CommandFailed: it did not come up; what it said last is in the error.
        KeyboardInterrupt: what was started is ended again.
    """
    with handing_over(home, environment) as started:
        return started


@contextmanager
def handing_over(home: Home, environment: Mapping[str, str]) -> Generator[bool]:
    """As `ensure`, and until the end of the block the keeper is ours: Control-C ends it again."""
    launched: list[subprocess.Popen[bytes]] = []
    try:
        yield _ensure(home, environment, launched)
    except KeyboardInterrupt:
        for process in launched:
            process.terminate()
            process.wait(END_DEADLINE)
        raise


def _ensure(home: Home, environment: Mapping[str, str], launched: "list[subprocess.Popen[bytes]]") -> bool:
    if answers(home):
        return False
    with _alone(home):
        if is_ending(home):  # a `chorus kill` is under way: what is started now comes after it
            wait_for_end(home)
        process = None
        size, deadline = 0, time.monotonic() + START_DEADLINE
        while not answers(home):
            if process is None and keeper_pid(home) is None:  # or the one that was there has ended meanwhile
                home.check_writable()
                with _interrupted_later():  # so that none is started that nobody knows of
                    process = _launch(home, environment)
                    launched.append(process)
                size, deadline = os.path.getsize(home.daemon_log), time.monotonic() + START_DEADLINE
            if process is not None and process.poll() is not None:
                raise _ended(home, process.returncode, size)
            if time.monotonic() > deadline:
                raise CommandFailed(
                    f"the manager does not answer after {START_DEADLINE:.0f} s; see {home.daemon_log}",
                    _last_words(home, 0),
                )
            time.sleep(_LOOK_EVERY)
        return process is not None


def _ended(home: Home, code: int, size: int) -> CommandFailed:
    """The error of a start whose keeper has ended before a manager answered."""
    if code == 0:
        return CommandFailed("the keeper was ended while it started, as by chorus kill; start again")
    if not (said := _last_words(home, size)):
        home.check_writable()  # the disk may have become full just now
    return CommandFailed(f"the keeper ended with {code}", said)


def wait_for_manager(home: Home) -> None:
    """Return when the manager answers, or at once when there is no keeper that would start it.

    Raises:
        CommandFailed: a keeper runs, but no manager comes.
    """
    deadline = time.monotonic() + START_DEADLINE
    while (pid := keeper_pid(home)) is not None and not answers(home):
        if is_ending(home):
            wait_for_end(home)
        elif time.monotonic() > deadline:
            text = f"the keeper (pid {pid}) runs, but no manager answers after {START_DEADLINE:.0f} s"
            raise CommandFailed(text, _last_words(home, 0))
        time.sleep(_LOOK_EVERY)


def wait_for_end(home: Home) -> None:
    """Return when a keeper that is ending is gone.

    Raises:
        CommandFailed: it does not end.
    """
    if not _within(END_DEADLINE, lambda: keeper_pid(home) is None):
        raise CommandFailed(f"the keeper (pid {keeper_pid(home)}) has been ending for {END_DEADLINE:.0f} s")


def wait_until_up(home: Home) -> None:
    """Return when the manager of a keeper that is being started answers.

    Raises:
        CommandFailed: it does not come.
    """
    if not _within(START_DEADLINE, lambda: answers(home)):
        raise CommandFailed(f"no manager answers after {START_DEADLINE:.0f} s; see {home.daemon_log}")


@contextmanager
def ending(home: Home) -> Generator[None]:
    """Have the block end the keeper; return when its process is gone, not only its lock, which is free a moment before.

    Raises:
        CommandFailed: it still runs after `END_DEADLINE`.
    """
    pid = keeper_pid(home)
    with ExitStack() as stack:
        process: int | None = None
        if pid is not None:
            with suppress(ProcessLookupError):  # it ended by itself meanwhile
                process = os.pidfd_open(pid)
                stack.callback(os.close, process)
        yield
        ended = _within(END_DEADLINE, lambda: keeper_pid(home) != pid)  # another one may be started at once
        if not ended or (process is not None and not select.select([process], [], [], END_DEADLINE)[0]):
            raise CommandFailed(f"the keeper (pid {pid}) still runs after {END_DEADLINE:.0f} s")


def end_by_signal(home: Home) -> bool:
    """End a keeper whose manager does not answer, and its children with it; False when there was none."""
    pid = keeper_pid(home)
    if pid is None:
        return False
    try:
        with ending(home):
            os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:  # it ended by itself meanwhile
        return False
    return True


def left_behind(home: Home) -> list[str]:
    """The instances that a killed keeper left: they serve on, and nobody looks after them. "chat:0 (pid 77)" each."""
    if keeper_pid(home) is not None:
        return []
    from chorus.cluster.keeper.orphans import MANAGER, Register

    left = Register(home.path).left_behind()
    return [
        f"{orphan.key.rpartition(':')[0] or orphan.key} (pid {orphan.pid})" for orphan in left if orphan.key != MANAGER
    ]


def sweep(home: Home, environment: Mapping[str, str]) -> bool:
    """End the applications that a killed keeper left running; False when there was nothing left."""
    import subprocess

    if not os.path.exists(os.path.join(home.path, "children")):
        return False
    argv, variables = keeper_command(home, environment)
    swept = subprocess.run([*argv, "--sweep"], env=variables, check=False, capture_output=True, text=True)
    if swept.returncode:
        raise CommandFailed(f"what a killed keeper left cannot be ended: {swept.stderr.strip()}")
    return bool(swept.stderr)


def _launch(home: Home, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """A keeper in a session of its own, without the terminal, the folder and the secrets of whoever starts it."""
    import subprocess

    log = os.open(home.daemon_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        argv, variables = keeper_command(home, environment)
        return subprocess.Popen(
            argv,
            env=variables,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)


def keeper_command(home: Home, environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The program of a keeper, and the environment it gets: nothing of the caller's that it does not need."""
    return [sys.executable, "-P", "-m", "chorus.cluster.keeper", home.path], _handed_on(environment, home)


def _handed_on(environment: Mapping[str, str], home: Home) -> dict[str, str]:
    kept = handed_on(environment)
    if "PYTHONPATH" in kept:
        kept["PYTHONPATH"] = absolute(kept["PYTHONPATH"])
    return {**kept, "CHORUS_HOME": home.path}


@contextmanager
def _interrupted_later() -> Generator[None]:
    """Have a Control-C of meanwhile count at the end."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


@contextmanager
def _alone(home: Home) -> Generator[None]:
    """Of commands that start a keeper at the same time, one does and the others wait for it."""
    lock = os.open(home.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not _within(START_DEADLINE, lambda: _locked(lock)):
            raise CommandFailed(f"another start has been under way in {home.path} for {START_DEADLINE:.0f} s")
        yield
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_EVERY)
    return True


def _last_words(home: Home, start: int) -> list[str]:
    with open(home.daemon_log, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(start if start <= end else 0, end - 16384))
        return file.read().decode(errors="replace").splitlines()[-_LAST_LINES:]
