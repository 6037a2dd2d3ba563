"""Clients of tests/processes/applications/sockets.py that notice whatever is lost, doubled, out of order or closed."""

import asyncio
import json
from typing import Any, Self

import picows

from waiting import eventually


class CountingClient(picows.WSListener):
    """Says 1, 2, 3 … and expects to be told the same, and the ticks in their order."""

    def __init__(self) -> None:
        self.sid = ""
        self.said = 0
        self.heard = 0
        self.ticks = 0
        self.news: int | None = None
        self.troubles: list[str] = []
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._transport: picows.WSTransport

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect and be let in."""
        url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        _, client = await picows.ws_connect(cls, url, websocket_handshake_timeout=30.0)
        client._send("40")
        await eventually(lambda: client.sid, within=30, what="to be let in")
        return client

    def say(self) -> None:
        self.said += 1
        self._send(f'42["say",{self.said}]')

    async def who(self) -> tuple[str, int]:
        """Its sid as the server knows it, and the pid of the process that has it."""
        number = len(self._answers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._send(f'42{number}["who"]')
        [[sid, pid]] = await asyncio.wait_for(answer, 30)
        return sid, pid

    def leave(self) -> None:
        self.on_ws_disconnected = lambda transport: None
        self._transport.disconnect()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            self.troubles.append(f"closed with {frame.get_close_code()}")
        if frame.msg_type != picows.WSMsgType.TEXT:
            return
        text = frame.get_payload_as_utf8_text()
        if text == "2":
            self._send("3")
        elif text.startswith("40"):
            self.sid = json.loads(text[2:])["sid"]
        elif text.startswith("43"):
            at = text.index("[")
            self._answers[int(text[2:at])].set_result(json.loads(text[at:]))
        elif text.startswith("42"):
            self._take(*json.loads(text[2:]))

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.troubles.append("disconnected")

    def _take(self, event: str, number: int) -> None:
        if event == "tick":
            self.ticks = self._next(event, self.ticks, number)
        elif event == "news":
            self.news = self._next(event, number - 1 if self.news is None else self.news, number)
        elif event == "said":
            self.heard = self._next(event, self.heard, number)
        else:
            self.troubles.append(f"{event} {number}")

    def _next(self, event: str, before: int, found: int) -> int:
        if found != before + 1:
            self.troubles.append(f"{event}: found {found} after {before}")
        return found

    def _send(self, packet: str) -> None:
        self._transport.send(picows.WSMsgType.TEXT, packet.encode())


class Crowd:
    """Many of them; `async with` connects them and has them speak until its end."""

    def __init__(self, port: int, count: int, pause: float) -> None:
        """`pause`: seconds between two words of one client."""
        self.clients: list[CountingClient] = []
        self._port, self._count, self._pause = port, count, pause
        self._speaking: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        for _ in range(0, self._count, 50):
            some = min(50, self._count - len(self.clients))
            self.clients += await asyncio.gather(*(CountingClient.open(self._port) for _ in range(some)))
        self._speaking = asyncio.create_task(self._speak())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._speaking.cancel()
        for client in self.clients:
            client.leave()
        await asyncio.sleep(0)

    @property
    def troubles(self) -> list[str]:
        """What went wrong for any of them."""
        return [f"{client.sid}: {trouble}" for client in self.clients for trouble in client.troubles]

    async def settle(self) -> None:
        """Stop speaking and wait until everything said was heard."""
        self._speaking.cancel()
        await eventually(
            lambda: self.troubles or all(client.heard == client.said for client in self.clients),
            within=30, what="all that was said to be heard",
        )  # fmt: skip

    async def pids(self) -> list[int]:
        """Who has each of them."""
        return [pid for _, pid in await self.who()]

    async def who(self) -> list[tuple[str, int]]:
        """The sid of each of them as the server knows it, and who has it."""
        return await asyncio.gather(*(client.who() for client in self.clients))

    async def _speak(self) -> None:
        while True:
            for part in range(10):
                for client in self.clients[part::10]:
                    client.say()
                await asyncio.sleep(self._pause / 10)
