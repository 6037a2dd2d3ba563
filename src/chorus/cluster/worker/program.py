"""A worker as a process: what its environment says, served until it is told to end."""

import asyncio
import logging
import os
import resource
import sys
import traceback
from collections.abc import Sequence

import uvloop

from chorus.cluster.keeper.surroundings import LONGEST_SOCKET_PATH
from chorus.cluster.worker import collector
from chorus.cluster.worker.adoption import NotAdoptable, adopt
from chorus.cluster.worker.application import CannotLoad, load
from chorus.cluster.worker.load import LoadPage, NoPage
from chorus.cluster.worker.notify import Notifier, watchdog_interval
from chorus.cluster.worker.server import StartFailed, WorkerServer
from chorus.cluster.worker.trial import Trial


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m chorus.cluster.worker package.module:attribute", file=sys.stderr)
        return 2
    debug = os.environ.get("CHORUS_DEBUG") == "1"
    notifier = Notifier(os.environ)
    try:
        _serve(arguments[0], notifier)
    except (CannotLoad, NotAdoptable, NoPage, NotServable, StartFailed, TimeoutError, OSError) as error:
        shown = getattr(error, "excerpt", "")
        if debug:
            shown = getattr(error, "details", "") or traceback.format_exc()
        if shown:
            print(shown.rstrip(), file=sys.stderr)
        line = str(error) or "the application did not end in time"
        print(f"worker: {line}", file=sys.stderr, flush=True)
        notifier.say(STATUS=line)
        return error.exit_code if isinstance(error, StartFailed) else 1
    return 0


class NotServable(Exception):
    """The environment does not say how to serve; the text says what is missing."""


def _serve(target: str, notifier: Notifier) -> None:
    collector.begin()
    _raise_descriptor_limit()
    _log_to_standard_streams()
    listeners = adopt(os.environ)
    page = LoadPage.of(os.environ)
    private_path = _private_path()
    if not listeners and private_path is None:
        raise NotServable("no sockets: LISTEN_FDS passes none and CHORUS_HOME and CHORUS_KEY name no private one")
    server = WorkerServer(
        load(target),
        listeners=listeners,
        page=page,
        private_path=private_path,
        notifier=notifier,
        watchdog=watchdog_interval(os.environ, pid=os.getpid()),
        kill_timeout=_kill_timeout(),
        trial=Trial.of(os.environ),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve())


def _private_path() -> str | None:
    home, key = os.environ.get("CHORUS_HOME"), os.environ.get("CHORUS_KEY")
    if not home or not key:
        return None
    if "/" in key:
        raise NotServable(f"CHORUS_KEY: expected a name without slashes, found {key!r}")
    path = os.path.join(home, "run", f"{key}.sock")
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise NotServable(f"the private socket's path is longer than {LONGEST_SOCKET_PATH} bytes: {path}")
    return path


def _kill_timeout() -> float | None:
    given = os.environ.get("CHORUS_KILL_TIMEOUT")
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError as error:
        raise NotServable(f"CHORUS_KILL_TIMEOUT: expected seconds, found {given!r}") from error
    return seconds if seconds > 0 else None


def _raise_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _log_to_standard_streams() -> None:
    """What the application logs goes to stdout, from warnings on to stderr; it may set up its own logging later."""
    usual = logging.StreamHandler(sys.stdout)
    usual.addFilter(lambda record: record.levelno < logging.WARNING)
    trouble = logging.StreamHandler(sys.stderr)
    trouble.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", handlers=[usual, trouble])
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
