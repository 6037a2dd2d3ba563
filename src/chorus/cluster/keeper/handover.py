"""A keeper replaced by its next release: the same process, with the same children and descriptors, runs other code.

What the keeper knows goes through a file in memory, as JSON; the descriptors stay open over the exec. Clients have to
connect again. Signals wait meanwhile: a child that ends is a zombie until the next release asks for it.

Whoever asks for it first makes sure that the next release runs and can read the state of this one:
`python -m chorus.cluster.keeper --check VERSION` ends with 0 then.
"""

import json
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

VERSION = 1
"""Of what is handed over; another one cannot be read."""

_VARIABLE = "CHORUS_KEEPER_STATE"
_WAITING = (signal.SIGTERM, signal.SIGINT)


def replace_program(state: dict[str, Any], descriptors: Iterable[int]) -> NoReturn:
    """Run the program anew with this state and these descriptors. Raises OSError when that is not possible."""
    fd = os.memfd_create("chorus keeper", os.MFD_CLOEXEC)
    kept = [fd, *descriptors]
    hold_signals()
    try:
        with os.fdopen(os.dup(fd), "w") as file:
            json.dump(state, file)
        for each in kept:
            os.set_inheritable(each, True)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, sys.orig_argv, {**os.environ, _VARIABLE: str(fd)})  # noqa: S606 - no shell is wanted
    except OSError:
        for each in kept:
            os.set_inheritable(each, False)
        os.close(fd)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITING)
        raise


def handed_over() -> dict[str, Any] | None:
    """What the release before handed over; None in a keeper that was started."""
    given = os.environ.pop(_VARIABLE, None)
    if given is None:
        return None
    os.lseek(int(given), 0, os.SEEK_SET)
    with os.fdopen(int(given)) as file:
        return json.load(file)


def hold_signals() -> None:
    """Let signals wait until the handlers stand: one that came between would leave our files behind."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITING)


def hear_signals() -> None:
    """The handlers stand: take the signals that came meanwhile."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITING)
