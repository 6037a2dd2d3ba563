"""PM2, in a home of its own."""

import json
from collections.abc import Sequence
from typing import Any

from bench.contenders import NODE, SERVERS
from bench.managers.commanded import Commanded, path_with_node, variables_without

PM2_FOLDER = SERVERS / "pm2"


class Pm2(Commanded):
    """PM2 in cluster mode, in a home of its own."""

    name = "PM2"
    packages = PM2_FOLDER
    command = (str(NODE), str(PM2_FOLDER / "node_modules" / "pm2" / "bin" / "pm2"))
    program: Sequence[str] = (str(PM2_FOLDER / "server.js"), "--kill-timeout", "10000")

    def start(self) -> None:
        """In cluster mode, which `-i` means."""
        self.run("start", *self.program, "--name", "shop", "-i", str(self.instances))

    def workers(self) -> list[int]:
        """As its list tells."""
        listed: list[Any] = json.loads(self.run("jlist", "--silent"))
        return [each["pid"] for each in listed if each["pm2_env"]["status"] == "online"]

    def daemons(self) -> list[int]:
        """Its daemon."""
        return [int((self.folder / "pm2" / "pm2.pid").read_text())]

    def _environment(self) -> dict[str, str]:
        own = {"PM2_HOME": str(self.folder / "pm2"), "PORT": str(self.port), "PATH": path_with_node()}
        return variables_without("PM2", "CHORUS", "LISTEN") | own


class Pm2Idle(Pm2):
    """PM2 over programs that do nothing."""

    program = ("/bin/sleep", "--interpreter", "none", "--", "100000")

    def start(self) -> None:
        """Eight of one program."""
        program, *options = self.program
        separator = options.index("--")
        self.run(
            "start", program, "--name", "shop", "-i", str(self.instances), *options[:separator], *options[separator:]
        )
