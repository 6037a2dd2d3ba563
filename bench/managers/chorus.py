"""This project's process manager, over servers of its own and of others."""

import json
import sys
from typing import Any

from bench.contenders import SERVERS
from bench.managers.commanded import Commanded, path_with_node, variables_without
from bench.managers.pm2 import PM2_FOLDER


class Chorus(Commanded):
    """This project's, with the ASGI application in its own worker."""

    name = "chorus"
    command = (sys.executable, "-m", "chorus")
    entry = 'app = "plain:application"'
    served = "shop"
    """The application that answers."""

    def start(self) -> None:
        """From a file."""
        entry = [
            '[[apps]]\nname = "shop"', self.entry, f'cwd = "{SERVERS}"', f"instances = {self.instances}",
            'restart_delay = "100ms"\nmax_restarts = 10000',
        ]  # fmt: skip
        entry += [f'{stream}_file = "{self.folder}/{stream}.log"' for stream in ("out", "error", "combined")]
        (self.folder / "ecosystem.toml").write_text("\n".join([*entry, *self._socket()]) + "\n")
        self.run("start")

    def _socket(self) -> list[str]:
        return [f"port = {self.port}"]

    def workers(self) -> list[int]:
        """As its status tells."""
        application = next(each for each in self._status()["applications"] if each["name"] == self.served)
        return [instance["pid"] for instance in application["instances"] if instance["state"] == "online"]

    def daemons(self) -> list[int]:
        """Keeper and manager."""
        status = self._status()
        return [status["keeper_pid"], status["manager_pid"]]

    def _status(self) -> dict[str, Any]:
        return json.loads(self.run("status", "--json", fine=(0, 4)))  # 4: something is not online just now

    def _environment(self) -> dict[str, str]:
        return variables_without("CHORUS") | {"CHORUS_HOME": str(self.folder / "home"), "PATH": path_with_node()}


class ChorusNode(Chorus):
    """The same manager over the server that PM2 has."""

    name = "chorus, Node's server"
    entry = f'script = "{PM2_FOLDER / "server.js"}"'
    packages = PM2_FOLDER


class ChorusIdle(Chorus):
    """The same manager over programs that do nothing."""

    name = "chorus"
    entry = 'command = ["sleep", "100000"]'

    def _socket(self) -> list[str]:
        return []
