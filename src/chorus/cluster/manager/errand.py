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
from typing import IO

import msgspec

_LARGEST_OUTPUT = 64 * 1024
"""Bytes read of what it says; the rest is left to it."""

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
    """Run a program to its end; with what it started it is gone when this returns, or is cancelled.

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
    said = asyncio.create_task(_said(process.stdout))
    try:
        async with asyncio.timeout(timeout):
            await _exit(process.pid)
            _kill(process.pid)  # what it left behind would keep its output open
            return Ended(await _reap(process), _last_line(await said))
    except TimeoutError:
        return Ended(None, f"took longer than {timeout:g} s")
    finally:
        if process.returncode is None:
            _kill(process.pid)
            await _reap(process)
        said.cancel()


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


async def _said(output: IO[bytes]) -> bytes:
    """The end of what it says, until nobody is left who could say more."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LARGEST_OUTPUT)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), output)
    said = b""
    try:
        while block := await reader.read(_LARGEST_OUTPUT):
            said = (said + block)[-_LARGEST_OUTPUT:]
    finally:
        transport.close()
    return said


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
