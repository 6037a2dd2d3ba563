"""What all instances of a cluster share: the keeper, the home folder, the environment they start from, the clock."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from chorus.cluster.manager.keeper_client import Keeper


@dataclass(frozen=True)
class Site:
    """Where the instances run."""

    keeper: Keeper
    home: str
    environment: Mapping[str, str]
    now: Callable[[], float]
    """Monotonic seconds; the event loop's own clock."""
    failing_logs: dict[str, str] = field(default_factory=dict[str, str])
    """Why log files cannot be written, by their paths."""

    def private_socket(self, key: str) -> str:
        """Where our worker of that key answers health checks."""
        return os.path.join(self.home, "run", f"{key}.sock")

    def hand_over_socket(self, key: str) -> str:
        """Where our worker of that key takes connections from others, when its application can."""
        return os.path.join(self.home, "run", f"{key}.hand")

    def remove_sockets(self, key: str) -> None:
        """Remove those of a worker that is gone; one that was killed left them."""
        for path in (self.private_socket(key), self.hand_over_socket(key)):
            with suppress(FileNotFoundError):
                os.unlink(path)
