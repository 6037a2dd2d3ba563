"""A process manager that is a daemon with a command."""

import os
import subprocess
from abc import abstractmethod
from collections.abc import Collection, Sequence

from bench.contenders import NODE, ServerFailed
from bench.managers.contract import PATIENCE, ProcessManager


class Commanded(ProcessManager):
    """A manager with a daemon and a command."""

    command: Sequence[str]

    def run(self, *words: str, fine: Collection[int] = (0,)) -> str:
        """Run one of its commands; what it printed.

        Raises:
            ServerFailed: it ended with another code than those that are fine.
        """
        done = subprocess.run(
            [*self.command, *words], cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        if done.returncode not in fine:
            raise ServerFailed(f"{self.name}: {' '.join(words)} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def reload(self) -> None:
        """By its command."""
        self.run("reload", "shop")

    def stop(self) -> None:
        """Daemon and servers."""
        self.run("kill")

    @abstractmethod
    def _environment(self) -> dict[str, str]:
        """The variables of its command."""


def variables_without(*prefixes: str) -> dict[str, str]:
    """Our own variables, but for those whose names begin so."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def path_with_node() -> str:
    """`PATH`, with the Node of the comparison first."""
    return os.pathsep.join([str(NODE.parent), os.environ.get("PATH", "")])
