"""What a PM2 file of JavaScript exports.

Such a file is a program, and is run by Node to learn what it exports, as PM2 does; start no file you do not trust. It
has a time, a memory and a size for that; what it prints is read and not kept, but for its last lines where it fails.
When its time is over, or its work is done, it is ended with all that it has started in its session.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import Any, Final

from chorus.cluster.cli.failure import CommandFailed

DEADLINE: Final = 10.0
"""Seconds it may take."""

LARGEST: Final = 1024 * 1024
"""Bytes of JSON that it may export."""

_MEMORY: Final = 256
"""Megabytes of JavaScript's own that it may use."""

_TOO_LARGE: Final = 65
_KEPT: Final = 64 * 1024
"""Bytes of what it prints that are kept."""

_SHOWN_LINES: Final = 8

_EXPORT: Final = f"""
const {{ writeSync }} = require('node:fs');
const {{ pathToFileURL }} = require('node:url');
import(pathToFileURL(process.argv[1])).then(async (module) => {{
  const exported = module.default ?? module;
  const value = typeof exported === 'function' ? await exported() : await exported;
  const bytes = Buffer.from(JSON.stringify(value) ?? 'null');
  if (bytes.length > {LARGEST}) process.exit({_TOO_LARGE});
  for (let at = 0; at < bytes.length;) at += writeSync(Number(process.argv[2]), bytes, at);
  process.exit(0);
}}).catch((error) => {{ console.error(error?.stack ?? error); process.exit(1); }});
"""


def exported(path: str, source: str, *, within: float = DEADLINE) -> Any:
    """Run the file and take what it exports.

    Args:
        path: of the file.
        source: what to call it in an error.
        within: seconds it may take.

    Raises:
        CommandFailed: there is no Node, or the file fails, takes too long or exports too much.
    """
    node = shutil.which("node")
    if node is None:
        raise CommandFailed(
            f"{source}: there is no node on PATH to read it", ["Install Node, or write it as JSON, YAML or TOML"]
        )
    with tempfile.TemporaryFile() as result:
        words = [f"--max-old-space-size={_MEMORY}", "-e", _EXPORT, "--", os.path.abspath(path), str(result.fileno())]
        with subprocess.Popen(
            [node, *words],
            cwd=os.path.dirname(os.path.abspath(path)),
            pass_fds=[result.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as running:
            try:
                said = _said(running, time.monotonic() + within)
            finally:
                _end(running)
        if said is None:
            raise CommandFailed(
                f"{source}: node did not finish reading it in {within:g} s",
                ["It is run to learn what it exports: it must not wait for anything, nor go on for ever"],
            )
        result.seek(0)
        content = result.read(LARGEST + 1)
    if running.returncode == _TOO_LARGE or len(content) > LARGEST:
        raise CommandFailed(f"{source}: exports more than {LARGEST} bytes, expected a few applications")
    if running.returncode != 0:
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
        raise CommandFailed(f"{source}: node cannot read it{_ending(running.returncode)}", lines[:_SHOWN_LINES])
    try:
        return json.loads(content)
    except ValueError as error:  # it ended before it had exported all of it
        raise CommandFailed(f"{source}: found no whole export, expected module.exports = {{apps: […]}}") from error


def _ending(code: int) -> str:
    """What a signal that ended it means: SIGABRT is what Node ends itself with when its memory is used up."""
    if code >= 0:
        return ""
    why = f": it needs more than {_MEMORY} MB" if -code == signal.SIGABRT else ""
    return f" (ended by {signal.Signals(-code).name}{why})"


def _said(running: "subprocess.Popen[bytes]", deadline: float) -> bytes | None:
    """Wait for the end of the program: the beginning of what it said meanwhile; None when it goes on."""
    if running.stderr is None:
        raise ValueError("standard error is read")
    ended = os.pidfd_open(running.pid)
    try:
        said, streams = b"", [ended, running.stderr.fileno()]
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select(streams, [], [], left)
            if running.stderr.fileno() in ready:
                block = os.read(running.stderr.fileno(), _KEPT)
                said = (said + block)[:_KEPT]
                streams = streams if block else [ended]
            elif ended in ready:  # and all that it said is read; what it started may say more, and nobody waits for it
                running.wait()
                return said
    finally:
        os.close(ended)
    return None


def _end(running: "subprocess.Popen[bytes]") -> None:
    """End the program and what it has started."""
    with suppress(ProcessLookupError):  # all of them ended by themselves
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
