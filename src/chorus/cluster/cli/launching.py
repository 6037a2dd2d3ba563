"""Starting a keeper, and so a manager, where none runs.

started = ensure(home, os.environ)      # True when this call started it
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chorus.cluster.cli import daemon
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.inherited import absolute
from chorus.cluster.keeper.surroundings import handed_on

if TYPE_CHECKING:
    import subprocess


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
            process.wait(daemon.END_DEADLINE)
        raise


def _ensure(home: Home, environment: Mapping[str, str], launched: "list[subprocess.Popen[bytes]]") -> bool:
    if daemon.answers(home):
        return False
    with _alone(home):
        if daemon.is_ending(home):  # a `chorus kill` is under way: what is started now comes after it
            daemon.wait_for_end(home)
        process = None
        size, deadline = 0, time.monotonic() + daemon.START_DEADLINE
        while not daemon.answers(home):
            if process is None and daemon.keeper_pid(home) is None:  # or the one that was there has ended meanwhile
                home.check_writable()
                with _interrupted_later():  # so that none is started that nobody knows of
                    process = _launch(home, environment)
                    launched.append(process)
                size, deadline = os.path.getsize(home.daemon_log), time.monotonic() + daemon.START_DEADLINE
            if process is not None and process.poll() is not None:
                raise _ended(home, process.returncode, size)
            if time.monotonic() > deadline:
                raise CommandFailed(
                    f"the manager does not answer after {daemon.START_DEADLINE:.0f} s; see {home.daemon_log}",
                    daemon.last_words(home, 0),
                )
            time.sleep(daemon.LOOK_EVERY)
        return process is not None


def _ended(home: Home, code: int, size: int) -> CommandFailed:
    """The error of a start whose keeper has ended before a manager answered."""
    if code == 0:
        return CommandFailed("the keeper was ended while it started, as by chorus kill; start again")
    if not (said := daemon.last_words(home, size)):
        home.check_writable()  # the disk may have become full just now
    return CommandFailed(f"the keeper ended with {code}", said)


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
        if not daemon.within(daemon.START_DEADLINE, lambda: _locked(lock)):
            raise CommandFailed(f"another start has been under way in {home.path} for {daemon.START_DEADLINE:.0f} s")
        yield
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
