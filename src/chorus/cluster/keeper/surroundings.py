"""What the keeper and all around it agree on: how long a socket's path may be, and which variables are handed on.

Imports nothing of the project and nearly nothing else: the command line, the manager and the worker import it, too.
"""

from collections.abc import Mapping

LONGEST_SOCKET_PATH = 107
"""Bytes of a Unix socket's path on Linux: sun_path has 108 with its zero (unix(7))."""

HANDED_ON = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR",
        "PYTHONPATH", "PYTHONHOME", "PYTHONUTF8", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
    }
)  # fmt: skip
"""Variables that say where things are on this machine, with LC_*: all that the keeper gets of whoever starts it, and
what the instances get of the manager. All others stand in a specification."""


def handed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that is handed on."""
    return {name: value for name, value in environment.items() if name in HANDED_ON or name.startswith("LC_")}
