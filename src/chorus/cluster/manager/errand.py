"""A short program that the manager runs: a check, an alert's command. It is bounded in time and in what it may say.

ended = await run(["./check.sh"], cwd="/srv/shop", environment=variables, timeout=5.0)
ended.code          # 0, or None when it took too long
ended.last_line     # what it said last
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Self

import msgspec

_LARGEST_OUTPUT = 64 * 1024
"""Bytes kept of what it says: the last ones."""

_LARGEST_PIPE = 1024 * 1024
"""Bytes that can wait in a pipe (pipe-max-size of pipe(7))."""

_LONGEST_LINE = 300


class Ended(msgspec.Struct, frozen=True):
    """How it ended."""

    code: int | None
    """The exit code; negative is a signal; None: it took too long and was killed."""

    last_line: str


async def run(
    argv: Sequence[str],
    *,
    cwd: str,
    environment: Mapping[str, str],
    timeout: float,
    given: bytes = b"",
    user: int | None = None,
    group: int | None = None,
) -> Ended:
    """Run a program to its end; with what it started in its session it is gone when this returns, or is cancelled.

    A daemon that it left, in a session of its own, lives on and is not waited for.

    Args:
        argv: the program and its arguments.
        cwd: its working directory.
        environment: all of its variables.
        timeout: seconds it may take.
        given: what it reads on its standard input.
        user: whose it is; None: ours.
        group: likewise.

    Raises:
        OSError: it cannot be run.
    """
    process = _start(argv, cwd, environment, given, user, group)
    assert process.stdout is not None
    with _Output(process.stdout) as output:
        try:
            async with asyncio.timeout(timeout):
                await _exit(process.pid)
        except TimeoutError:
            return Ended(None, f"took longer than {timeout:g} s")
        finally:
            _kill(process.pid)
            code = await _reap(process)
        return Ended(code, _last_line(output.rest()))


def _start(
    argv: Sequence[str], cwd: str, environment: Mapping[str, str], given: bytes, user: int | None, group: int | None
) -> subprocess.Popen[bytes]:
    """Begin it; what it is given it reads from a file, so that a program that does not read holds nobody up."""
    stdin = os.memfd_create("given")
    try:
        os.write(stdin, given)
        os.lseek(stdin, 0, os.SEEK_SET)
        return subprocess.Popen(
            argv,
            cwd=cwd,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
        )
    finally:
        os.close(stdin)


class _Output:
    """Reads what it says, so that it never waits for us, and keeps the end of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._said = b""
        os.set_blocking(pipe.fileno(), False)

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._pipe, self._read, _LARGEST_OUTPUT)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._pipe)
        self._pipe.close()

    def rest(self) -> bytes:
        """The end of all that was said until now, whoever may still hold the other end."""
        self._read(_LARGEST_PIPE)
        return self._said

    def _read(self, most: int) -> None:
        with suppress(BlockingIOError):
            block = os.read(self._pipe.fileno(), most)
            self._said = (self._said + block)[-_LARGEST_OUTPUT:]
            if not block:
                asyncio.get_running_loop().remove_reader(self._pipe)


async def _exit(pid: int) -> None:
    """Wait until it has ended. It is not reaped by that: until then its number, and its group's, are nobody else's."""
    loop = asyncio.get_running_loop()
    exited = asyncio.Event()
    process = os.pidfd_open(pid)
    loop.add_reader(process, exited.set)
    try:
        await exited.wait()
    finally:
        loop.remove_reader(process)
        os.close(process)


async def _reap(process: subprocess.Popen[bytes]) -> int:
    """Its exit code; it was killed, or has ended."""
    await _exit(process.pid)
    return process.wait()


def _kill(pid: int) -> None:
    """End the session it leads, before it is reaped: what it left behind goes with it."""
    with suppress(ProcessLookupError):  # there is nothing left
        os.killpg(pid, signal.SIGKILL)


def _last_line(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:_LONGEST_LINE] if lines else ""
