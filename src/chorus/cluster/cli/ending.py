"""Ending a keeper, and what one that was killed has left running."""

import os
import select
import signal
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress

from chorus.cluster.cli import daemon, launching
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home


@contextmanager
def until_gone(home: Home) -> Generator[None]:
    """Have the block end the keeper; return when its process is gone, not only its lock, which is free a moment before.

    Raises:
        CommandFailed: it still runs after `END_DEADLINE`.
    """
    pid = daemon.keeper_pid(home)
    with ExitStack() as stack:
        process: int | None = None
        if pid is not None:
            with suppress(ProcessLookupError):  # it ended by itself meanwhile
                process = os.pidfd_open(pid)
                stack.callback(os.close, process)
        yield
        # Another one may be started at once: then the lock is its.
        ended = daemon.within(daemon.END_DEADLINE, lambda: daemon.keeper_pid(home) != pid)
        if not ended or (process is not None and not select.select([process], [], [], daemon.END_DEADLINE)[0]):
            raise CommandFailed(f"the keeper (pid {pid}) still runs after {daemon.END_DEADLINE:.0f} s")


def end_by_signal(home: Home) -> bool:
    """End a keeper whose manager does not answer, and its children with it; False when there was none."""
    pid = daemon.keeper_pid(home)
    if pid is None:
        return False
    try:
        with until_gone(home):
            os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:  # it ended by itself meanwhile
        return False
    return True


def sweep(home: Home, environment: Mapping[str, str]) -> bool:
    """End the applications that a killed keeper left running; False when there was nothing left.

    Raises:
        CommandFailed: they cannot be ended; with what was said.
    """
    import subprocess

    if not os.path.exists(os.path.join(home.path, "children")):
        return False
    argv, variables = launching.keeper_command(home, environment)
    swept = subprocess.run([*argv, "--sweep"], env=variables, check=False, capture_output=True, text=True)
    if swept.returncode:
        raise CommandFailed(f"what a killed keeper left cannot be ended: {swept.stderr.strip()}")
    return bool(swept.stderr)
