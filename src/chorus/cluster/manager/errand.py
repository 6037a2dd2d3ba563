"""A short program that the manager runs: a check, an alert's command. It is bounded in time and in what it may say.

ended = await run(["./check.sh"], cwd="/srv/shop", environment=variables, timeout=5.0)
ended.code          # 0, or None when it took too long
ended.last_line     # what it said last
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

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
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
    )
    conversation = asyncio.create_task(_converse(process, given))
    try:
        async with asyncio.timeout(timeout):
            await process.wait()
            _kill(process.pid)  # what it left behind would keep its output open
            said = await conversation
    except TimeoutError:
        return Ended(None, f"took longer than {timeout:g} s")
    finally:
        _kill(process.pid)
        conversation.cancel()
        await process.wait()
    return Ended(process.returncode, _last_line(said))


async def _converse(process: asyncio.subprocess.Process, given: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):  # it does not want to read
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()
    said = b""
    while block := await process.stdout.read(_LARGEST_OUTPUT):
        said = (said + block)[-_LARGEST_OUTPUT:]
    return said


def _kill(pid: int) -> None:
    """End the session it leads: what it left behind goes with it."""
    with suppress(ProcessLookupError):  # there is nothing left
        os.killpg(pid, signal.SIGKILL)


def _last_line(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:_LONGEST_LINE] if lines else ""
