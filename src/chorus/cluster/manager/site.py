"""What all instances of a cluster share: the keeper, the home folder, the environment they start from, the clock."""

import os.path
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chorus.cluster.manager.keeper_client import Keeper

LONGEST_SOCKET_PATH = 107
"""Bytes the kernel takes for the path of a Unix socket (unix(7))."""

INHERITED = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV",
        "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
    }
)  # fmt: skip
"""Variables every instance gets from the manager's own environment, with LC_*. All others stand in a specification."""


@dataclass(frozen=True)
class Site:
    """Where the instances run."""

    keeper: Keeper
    home: str
    environment: Mapping[str, str]
    now: Callable[[], float]
    """Monotonic seconds; the event loop's own clock."""

    def private_socket(self, key: str) -> str:
        """Where our worker of that key answers health checks."""
        return os.path.join(self.home, "run", f"{key}.sock")


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that instances start from."""
    return {name: value for name, value in environment.items() if name in INHERITED or name.startswith("LC_")}
