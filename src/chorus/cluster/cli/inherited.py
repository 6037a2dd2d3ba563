"""What an application inherits from the shell that starts it: all that is not the shell's own or another process's."""

import os
from collections.abc import Mapping
from typing import Final

from chorus.cluster.spec import ApplicationSpec

_SHELLS_OWN: Final = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "TERM", "COLUMNS", "LINES", "PS1", "PROMPT_COMMAND"})
"""A shell's own."""

_MAKES_OWN: Final = frozenset(
    {
        "GNUMAKEFLAGS",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MAKEOVERRIDES",
        "MAKE_RESTARTS",
        "MAKE_TERMERR",
        "MAKE_TERMOUT",
        "MFLAGS",
    }
)
"""What GNU make says to another make."""

_ANOTHER_PROCESS: Final = frozenset(
    {
        "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "MAINPID",
        "CHORUS_APP", "CHORUS_KEY", "CHORUS_LOAD_FD", "CHORUS_LOAD_SLOT",
        "CHORUS_INSTANCE_ID", "NODE_APP_INSTANCE", "PM2_INSTANCE_ID",
    }
)  # fmt: skip


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables an application gets from the caller's environment; its own `env` is laid over them."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _SHELLS_OWN
        and name not in _MAKES_OWN
        and name not in _ANOTHER_PROCESS
        and _is_text(name)
        and _is_text(value)
    }
    if "PYTHONPATH" in kept:
        kept["PYTHONPATH"] = absolute(kept["PYTHONPATH"])
    return kept


def under(spec: ApplicationSpec, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that this application gets from the caller's environment: without those that it keeps out."""
    if spec.filter_env is True:
        return {}
    shell = inherited(environment)
    if spec.filter_env:
        shell = {name: value for name, value in shell.items() if not name.startswith(spec.filter_env)}
    if spec.port is not None:  # the manager says which port, whatever PORT says here
        shell.pop("PORT", None)
    return shell


def absolute(paths: str) -> str:
    """A search path whose folders are found from every folder."""
    return os.pathsep.join(os.path.abspath(path) for path in paths.split(os.pathsep))


def _is_text(value: str) -> bool:
    """Bytes that are not UTF-8 cannot travel in a JSON message."""
    return value.isprintable() or not any("\ud800" <= c <= "\udfff" for c in value)
