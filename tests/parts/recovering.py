"""What the official client does of connection state recovery, as a model: tests cut its connection where they like.

It keeps the pid of CONNECT, and the last argument of each event as its offset when that is a text; it brings both with
its next CONNECT, and calls itself recovered when the pid is the one it had (socket.io-client 4.8, lib/socket.ts).

A House is the servers it comes back to.
"""

import asyncio
import json
from typing import Any

from chorus.realtime import ConnectRefused, DurableRooms, MemoryLog, Server
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


class House:
    """Servers, one after another, on one log; each is a process of its own as far as they know."""

    def __init__(self, keep: int = 10_000) -> None:
        self.log = MemoryLog(keep)
        self.first = ["a", "b"]
        """Rooms that a new client is made to follow."""

        self.forbidden: set[str] = set()
        self.server: Server
        self.durable: DurableRooms
        self._said = 0

    async def start(self) -> Server:
        server = self.server = Server()
        chat = server.namespace("/")
        durable = self.durable = DurableRooms(chat, self.log, recovery=True)

        @chat.on_connect
        async def connect(client: Any, auth: dict[str, Any]) -> None:
            if auth.get("stranger"):
                raise ConnectRefused
            for room in client.recovering or self.first:
                if room not in self.forbidden:
                    await durable.follow(client, room)

        @chat.on("follow")
        async def follow(client: Any, room: str) -> bool:
            await durable.follow(client, room)
            return True

        @chat.on("unfollow")
        async def unfollow(client: Any, room: str) -> bool:
            durable.unfollow(client, room)
            return True

        await server.start()
        return server

    async def kill(self) -> None:
        await self.durable.close()
        await self.server.close()

    async def say(self, room: str) -> None:
        self._said += 1
        seq = (await self.log.positions([room]))[room] + 1
        entry = json.dumps([room, self._said, seq]).encode()
        await self.log.append(room, entry, id=str(self._said))
        self.durable.announce(room, seq, entry)

    def lose_end_of(self, room: str) -> None:
        """What a log may lose with its machine: the last entry, whose number the next one gets."""
        kept = self.log._rooms[room].kept if room in self.log._rooms else ()
        if len(kept) > 1:
            kept.pop()

    def history(self, room: str) -> list[Any]:
        """What the log holds."""
        kept = self.log._rooms[room].kept if room in self.log._rooms else ()
        return [json.loads(entry.data) for entry in kept]
