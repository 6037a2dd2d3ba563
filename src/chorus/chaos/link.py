"""One live connection of a client: Socket.IO over a WebSocket, as much of it as the chat's own page uses.

link = await Link.open(address, Hello(token, {3: 17}), on_entry, on_end)
answer = await link.ask("message.send", body, within=10.0)      # None: the connection ended, or no answer came
await link.ended.wait()
"""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import msgspec
import picows

CONNECT_WITHIN = 10.0
"""Seconds for the WebSocket and for the namespace, each."""

_ENTRY = b'42["entry",'


class Line(msgspec.Struct, gc=False):
    """An entry as far as it is looked at."""

    channel: int
    seq: int
    kind: str
    sender: int
    client_id: str
    text: str = ""
    target: int = 0


class Refusal(msgspec.Struct):
    """Why something was not done."""

    code: str
    detail: str = ""
    retryable: bool = False
    retry_after: float = 0.0
    """Seconds."""


class Answer(msgspec.Struct):
    """An acknowledgement."""

    ok: bool
    entry: Line | None = None
    error: Refusal | None = None


class Hello(msgspec.Struct, frozen=True):
    """What a client says when it connects."""

    token: str
    cursors: dict[int, int]


class NotConnected(Exception):
    """No connection came about; `refusal` says why, where the server said it."""

    def __init__(self, reason: str, refusal: Refusal | None = None) -> None:
        super().__init__(reason)
        self.refusal = refusal


class _NamespaceError(msgspec.Struct):
    message: str = ""
    data: Refusal | None = None


_line = msgspec.json.Decoder(Line)
_answers = msgspec.json.Decoder(tuple[Answer])
_error = msgspec.json.Decoder(_NamespaceError)


class Link(picows.WSListener):
    """The connection; `on_entry` gets every entry until `on_end` is called, and nothing afterwards."""

    def __init__(self, on_entry: Callable[[Line], None], on_end: Callable[[], None]) -> None:
        super().__init__()
        self.ended = asyncio.Event()
        self._on_entry = on_entry
        self._on_end = on_end
        self._let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers: dict[int, asyncio.Future[Answer | None]] = {}
        self._asked = 0
        self._transport: picows.WSTransport | None = None

    @classmethod
    async def open(
        cls,
        address: str,
        hello: Hello,
        on_entry: Callable[[Line], None],
        on_end: Callable[[], None],
        *,
        within: float = CONNECT_WITHIN,
    ) -> Self:
        """Connect.

        Raises:
            NotConnected: nobody listens, the handshake failed, or the chat refused.
        """
        url = f"{address.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        link = cls(on_entry, on_end)
        try:
            async with asyncio.timeout(within):
                await picows.ws_connect(lambda: link, url, websocket_handshake_timeout=within)  # pyright: ignore[reportUnknownMemberType] - its **kwargs
            link._send(b"40" + msgspec.json.encode(hello))
            async with asyncio.timeout(within):
                await link._let_in
        except (OSError, picows.WSError, TimeoutError) as error:
            link.close()
            raise NotConnected(str(error) or type(error).__name__) from error
        except NotConnected:
            link.close()
            raise
        return link

    async def ask(self, event: str, body: object, *, within: float) -> Answer | None:
        """Send an event and wait for its acknowledgement; None when there is none."""
        if self.ended.is_set():
            return None
        self._asked += 1
        number = self._asked
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._send(b"42%d" % number + msgspec.json.encode([event, body]))
        try:
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._answers.pop(number, None)

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.disconnect()
        self._end()

    def _send(self, packet: bytes) -> None:
        if self._transport is not None:
            self._transport.send(picows.WSMsgType.TEXT, packet)

    def _refuse(self, why: NotConnected) -> None:
        self._let_in.set_exception(why)
        self._let_in.exception()  # seen: whoever opens the link may have given up before it came so far

    def _end(self) -> None:
        if self.ended.is_set():
            return
        self.ended.set()
        self._on_end()
        if not self._let_in.done():
            self._refuse(NotConnected("the connection ended before it was let in"))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(None)

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """picows: the handshake is done."""
        self._transport = transport

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """picows: the connection is gone."""
        del transport
        self._end()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """picows: a frame came."""
        if self.ended.is_set():
            return
        if frame.msg_type != picows.WSMsgType.TEXT:
            if frame.msg_type == picows.WSMsgType.CLOSE:
                self.close()
            return
        packet = frame.get_payload_as_bytes()
        if packet.startswith(_ENTRY):
            self._on_entry(_line.decode(packet[len(_ENTRY) : -1]))
        elif packet.startswith(b"43"):
            self._answered(packet[2:])
        elif packet == b"2":
            transport.send(picows.WSMsgType.TEXT, b"3")
        elif packet.startswith(b"40") and not self._let_in.done():
            self._let_in.set_result(None)
        elif packet.startswith(b"44") and not self._let_in.done():
            refused = _error.decode(packet[2:])
            self._refuse(NotConnected(refused.message, refused.data))
        elif packet.startswith(b"41"):
            self.close()

    def _answered(self, body: bytes) -> None:
        number, _, rest = body.partition(b"[")
        answer: asyncio.Future[Any] | None = self._answers.get(int(number))
        if answer is not None and not answer.done():
            (decoded,) = _answers.decode(b"[" + rest)
            answer.set_result(decoded)
