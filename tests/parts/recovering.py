"""What the official client does of connection state recovery, as a model: tests cut its connection where they like.

It keeps the pid of CONNECT, and the last argument of each event as its offset when that is a text; it brings both with
its next CONNECT, and calls itself recovered when the pid is the one it had (socket.io-client 4.8, lib/socket.ts).
"""

import asyncio
import json
from typing import Any

from chorus.realtime import Server
from parts.wire import FakeSession


class RecoveringClient:
    """`events` is what it got since it last began anew; `recovered` what it was told at each CONNECT."""

    def __init__(self) -> None:
        self.pid: str | None = None
        self.offset: str | None = None
        self.recovered: list[bool] = []
        self.events: list[list[Any]] = []
        self.answers: dict[int, Any] = {}
        self.session: FakeSession | None = None
        self._waiting: list[str] = []
        self._asked = 0

    async def connect(self, server: Server, **auth: object) -> None:
        """Open a session; nothing of it is received yet."""
        data = {"pid": self.pid, **({"offset": self.offset} if self.offset else {}), **auth} if self.pid else auth
        self.session = FakeSession(server)
        self.session.say("40" + json.dumps(data))
        await settled()

    def ask(self, event: str, *arguments: object) -> int:
        """Send an event that is to be answered; the number of the answer."""
        self._asked += 1
        assert self.session is not None
        self.session.say(f"42{self._asked}" + json.dumps([event, *arguments]))
        return self._asked

    def receive(self, most: int | None = None) -> int:
        """Take messages off the network, `most` or all; how many are left there."""
        assert self.session is not None
        self._waiting += [str(message) for message in self.session.heard()]
        for message in self._waiting[:most]:
            self._take(message)
        self._waiting = [] if most is None else self._waiting[most:]
        return len(self._waiting)

    def lose_connection(self) -> None:
        """What is on its way is gone."""
        assert self.session is not None
        self.session.connection.lost("transport close")
        self.session.heard()
        self._waiting = []

    def entries(self, room: str = "") -> list[Any]:
        """Those of a room, or all; an entry is a list that begins with its room."""
        entries = [arguments[1] for arguments in self.events if arguments[0] == "entry"]
        return [entry for entry in entries if room in ("", entry[0])]

    def _take(self, message: str) -> None:
        if message.startswith("40"):
            pid = json.loads(message[2:])["pid"]
            self.recovered.append(pid == self.pid)
            self.pid = pid
            if not self.recovered[-1]:
                self.events.clear()
                self.answers.clear()
        elif message.startswith("42"):
            arguments = json.loads(message[2:])
            self.events.append(arguments)
            if isinstance(arguments[-1], str):
                self.offset = arguments[-1]
        elif message.startswith("43"):
            number, _, values = message[2:].partition("[")
            self.answers[int(number)] = json.loads(f"[{values}")


async def settled() -> None:
    """Let everything happen that needs no time."""
    for _ in range(60):
        await asyncio.sleep(0)
