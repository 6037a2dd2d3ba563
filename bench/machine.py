"""What a measurement takes of the machine: processors, ports, descriptors.

The server runs on the first processor this program may use; the load runs on the second, and so does Redis where there
is one.
"""

import os
import resource
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from bench.scenario import ScenarioFailed


def processors() -> tuple[int, int]:
    """The processor for the server and the one for the load; the same one where there is no second."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def start_on(
    processor: int, command: Sequence[str], *, stdin: int | None = None, stdout: int | None = None
) -> subprocess.Popen[str]:
    """Start a process that runs, with whatever threads it makes, on one processor."""
    with on_processor(processor):
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, text=True)


@contextmanager
def on_processor(processor: int) -> Generator[None]:
    """Have what is started in the block, and whatever that starts, run on one processor."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def allow_descriptors(count: int) -> None:
    """Let this process and those it starts open so many.

    Raises:
        ScenarioFailed: the system allows fewer.
    """
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < count:
        raise ScenarioFailed(f"open files: this needs {count}, the system allows {most}; raise it with ulimit -Hn")
    if allowed != resource.RLIM_INFINITY and allowed < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, most))


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
