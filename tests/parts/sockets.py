"""A Socket.IO client over one WebSocket, as small as the protocol allows: it keeps what it got and repeats nothing."""

import asyncio
import json
from typing import Any, Self

import picows

from waiting import PATIENCE, eventually


class Refused(Exception):
    """CONNECT_ERROR; `data` is what came with it."""

    def __init__(self, message: str, data: Any) -> None:
        super().__init__(message)
        self.data = data


class LiveClient(picows.WSListener):
    """Events are kept in `events` as [name, *arguments]."""

    def __init__(self) -> None:
        self.events: list[list[Any]] = []
        self.sid = ""
        self.closed = False
        self.disconnected = False
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._transport: picows.WSTransport

    @classmethod
    async def open(cls, address: str, *, auth: Any = None, **headers: str) -> Self:
        """Connect to the namespace "/".

        Raises:
            Refused: by the connect handler.
            picows.WSHandshakeError: by the server, before that.
        """
        url = f"{address.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        _, client = await picows.ws_connect(cls, url, extra_headers=fields)
        client.send(f"40{json.dumps(auth)}" if auth is not None else "40")
        await asyncio.wait_for(client._connected, PATIENCE)
        return client

    def send(self, packet: str) -> None:
        self._transport.send(picows.WSMsgType.TEXT, packet.encode())

    def emit(self, event: str, *arguments: Any) -> None:
        self.send("42" + json.dumps([event, *arguments]))

    async def ask(self, event: str, *arguments: Any) -> Any:
        """Send an event and wait for its acknowledgement."""
        number = len(self._answers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self.send(f"42{number}" + json.dumps([event, *arguments]))
        return await asyncio.wait_for(answer, PATIENCE)

    def take(self, event: str, *arguments: Any) -> None:
        """Keep an event that came."""
        self.events.append([event, *arguments])

    def got(self, event: str) -> list[Any]:
        """The payloads of the events of this name so far."""
        return [arguments[0] for name, *arguments in self.events if name == event]

    async def wait_for(self, event: str, count: int = 1, within: float = PATIENCE) -> list[Any]:
        """Wait until `count` events of this name came."""
        await eventually(lambda: len(self.got(event)) >= count, within=within, what=f"{count} × {event}")
        return self.got(event)

    def seqs(self) -> list[int]:
        """The entries' numbers in the order they came."""
        return [entry["seq"] for entry in self.got("entry")]

    def close(self) -> None:
        self._transport.disconnect()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        if frame.msg_type != picows.WSMsgType.TEXT:
            return
        text = frame.get_payload_as_utf8_text()
        if text == "2":
            self.send("3")
        elif text.startswith("40"):
            self.sid = json.loads(text[2:])["sid"]
            self._connected.set_result(None)
        elif text.startswith("44"):
            error = json.loads(text[2:])
            self._connected.set_exception(Refused(error["message"], error.get("data")))
        elif text.startswith("41"):
            self.disconnected = True
        elif text.startswith("42"):
            self.take(*json.loads(text[2:]))
        elif text.startswith("43"):
            at = text.index("[")
            [answer] = json.loads(text[at:])
            self._answers[int(text[2:at])].set_result(answer)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.closed = True
