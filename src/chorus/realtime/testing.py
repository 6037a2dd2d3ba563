"""A client for tests of handlers: no network, no browser, no other library; the server's own code from end to end.

async def test_the_others_in_the_room_hear_it():
ann = await FakeClient.connect(server, auth={"token": "…"})
bob = await FakeClient.connect(server)

answer = await ann.call("say", {"text": "hi"})

assert answer == {"ok": True}
assert await bob.next() == ("said", "hi")
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from chorus.realtime.errors import ConnectRefused
from chorus.realtime.server.server import Server
from chorus.realtime.socketio.decoder import Decoder
from chorus.realtime.socketio.packets import Packet, PacketType, encode
from chorus.realtime.transport.contract import Driver
from chorus.realtime.transport.frames import split
from chorus.realtime.transport.request import Request

_MOST_ATTACHMENTS = 1_000


class FakeClient:
    """A client in one namespace of one server. Made by `connect`."""

    def __init__(self, server: Server, namespace: str, request: Request) -> None:
        self.sid = ""
        """As the server knows it."""

        self.gone: str | None = None
        """Why it is no longer connected; None while it is."""

        self._namespace = namespace
        self._decoder = Decoder(max_attachments=_MOST_ATTACHMENTS)
        self._let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard: deque[tuple[Any, ...]] = deque()
        self._news = asyncio.Event()
        self._replies: dict[str, Callable[..., Any]] = {}
        self._waiting: dict[int, asyncio.Future[list[Any]]] = {}
        self._calls = 0
        self._driver: Driver = server.admit(request)
        self._driver.opened(_Wire(self))

    @classmethod
    async def connect(
        cls,
        server: Server,
        namespace: str = "/",
        *,
        auth: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "FakeClient":
        """Connect; `headers` are those of the request that the session begins with.

        Raises:
            ConnectRefused: the server does not let it in; with the message and data it was told.
        """
        fields = "\r\n".join(f"{name}: {value}" for name, value in (headers or {}).items())
        target = f"{server.path}?EIO=4&transport=websocket"
        client = cls(server, namespace, Request("GET", target, fields.encode("latin-1")))
        client._say(Packet(PacketType.CONNECT, namespace, dict(auth) if auth is not None else None))
        await client._let_in
        return client

    def emit(self, event: str, *arguments: Any) -> None:
        """Send an event."""
        self._say(Packet(PacketType.EVENT, self._namespace, (event, *arguments)))

    async def call(self, event: str, *arguments: Any, timeout: float = 5.0) -> Any:
        """Send an event and wait for the answer: its value, or a list when there are several.

        Raises:
            TimeoutError: there is none in time.
        """
        number, self._calls = self._calls, self._calls + 1
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._say(Packet(PacketType.EVENT, self._namespace, (event, *arguments), number))
        async with asyncio.timeout(timeout):
            values = await answer
        return values[0] if len(values) == 1 else (values or None)

    async def next(self, *, timeout: float = 5.0) -> tuple[Any, ...]:
        """The next event that came: its name and arguments.

        Raises:
            TimeoutError: there is none in time.
        """
        async with asyncio.timeout(timeout):
            while not self._heard:
                self._news.clear()
                await self._news.wait()
        return self._heard.popleft()

    def received(self) -> list[tuple[Any, ...]]:
        """The events that came since the last look."""
        heard = list(self._heard)
        self._heard.clear()
        return heard

    def reply(self, event: str, function: Callable[..., Any]) -> None:
        """Answer this event's calls with what `function(*arguments)` returns."""
        self._replies[event] = function

    def disconnect(self) -> None:
        """Leave, as a page does that is closed."""
        if self.gone is None:
            self.gone = "io client disconnect"
            self._driver.lost("transport close")

    def hear(self, message: str | bytes) -> None:
        """Take a message of the server: for its wire."""
        if isinstance(message, str):
            if message[0] != "4":
                if message[0] == "2":
                    self._driver.received("3")
                return
            message = message[1:]
        packet = self._decoder.feed(message)
        if packet is not None:
            self._take(packet)

    def end(self, reason: str) -> None:
        """The server closed the connection: for its wire."""
        if self.gone is None:
            self.gone = reason

    def _take(self, packet: Packet) -> None:
        match packet.type:
            case PacketType.CONNECT:
                self.sid = packet.data["sid"]
                self._let_in.set_result(None)
            case PacketType.CONNECT_ERROR:
                self.gone = "refused"
                self._let_in.set_exception(ConnectRefused(packet.data["message"], packet.data.get("data")))
            case PacketType.EVENT:
                self._take_event(packet)
            case PacketType.ACK:
                answer = self._waiting.pop(packet.id if packet.id is not None else -1, None)
                if answer is not None and not answer.done():
                    answer.set_result(packet.data)
            case PacketType.DISCONNECT:
                self.gone = "io server disconnect"

    def _take_event(self, packet: Packet) -> None:
        event, *arguments = packet.data
        self._heard.append((event, *arguments))
        self._news.set()
        if packet.id is not None and event in self._replies:
            answer = self._replies[event](*arguments)
            self._say(Packet(PacketType.ACK, self._namespace, [answer], packet.id))

    def _say(self, packet: Packet) -> None:
        text, attachments = encode(packet)
        for message in ("4" + text.decode(), *attachments):
            self._driver.received(message)


class _Wire:
    """A wire whose peer is in the same process: takes everything at once."""

    upgrades: tuple[str, ...] = ()

    def __init__(self, client: FakeClient) -> None:
        self._client = client

    def greet(self, data: bytes, /) -> None:
        self.write(data)

    def write(self, data: bytes, /) -> None:
        for message in split(data):
            self._client.hear(message)

    def drive(self, driver: Driver) -> None:
        raise AssertionError("a fake client is never upgraded")

    def waiting(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def close(self, code: int, reason: str) -> None:
        self._client.end(reason)

    def abort(self) -> None:
        self._client.end("transport close")
