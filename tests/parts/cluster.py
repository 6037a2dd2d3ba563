"""The whole program as a user runs it: the installed `chorus` command, in a home and on a port of its own."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parts.databases import tables_in
from parts.ports import free_port
from parts.shell import cluster_status
from waiting import until

COMMAND = Path(sys.executable).parent / "chorus"


class Cluster:
    """Keeper, manager, bundled Valkey and workers; `with` starts it and leaves nothing running."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        self.home = home
        self.port = free_port()
        self.arguments = arguments
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CHORUS", "REDIS"))}
        self.environment = {
            **inherited,
            "CHORUS_HOME": str(home),
            "PORT": str(self.port),
            "CHORUS_SIGN_UP": "open",
            **environment,
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def chorus(self, *arguments: str, within: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run one command and return it with its output."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def start(self) -> None:
        if "DATABASE_URL" not in self.environment:
            tables_in(self.home)
        started = self.chorus("start", *self.arguments)
        assert started.returncode == 0, (
            f"chorus start ended with {started.returncode}:\n{started.stdout}{started.stderr}"
        )

    def instances(self, application: str = "chat") -> dict[int, dict[str, Any]]:
        """The application's instances by number, as `chorus status --json` tells them."""
        status = cluster_status(self.home)
        named = {each["name"]: each for each in status["applications"]}
        return {instance["number"]: instance for instance in named[application]["instances"]}

    def wait_replaced(self, number: int, before: int) -> None:
        """Wait until another process than `before` serves as this instance."""
        what = f"instance {number} to be started again"
        until(lambda: self._replaced(number, before), within=30, what=what, pause=0.1)

    def _replaced(self, number: int, before: int) -> bool:
        instance = self.instances()[number]
        return instance["state"] == "online" and instance["pid"] not in {None, before}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.chorus("kill")
