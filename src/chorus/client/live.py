"""One live connection: from being let in until it breaks."""

import asyncio
from typing import Any, Final, cast

import picows

from chorus.client import wire
from chorus.client.errors import ApiError, Unreachable

WAITING: Final = 1000
"""Events that wait to be handled; beyond, nothing is read until some are: the server keeps the rest."""

_LARGEST: Final = 16 * 1024 * 1024
"""Bytes of one message."""


class Live(picows.WSListener):
    """`await Live.open(…)`, then `await live.event()` until it raises Unreachable."""

    def __init__(self) -> None:
        self._transport: picows.WSTransport | None = None
        self._events: asyncio.Queue[wire.Event | None] = asyncio.Queue()
        self._let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._silence: asyncio.TimerHandle | None = None
        self._patience = 60.0
        self._paused = False
        self._over = "the connection broke"

    @classmethod
    async def open(cls, url: str, auth: dict[str, Any], *, timeout: float = 15.0) -> "Live":
        """Connect and be let in.

        Args:
            url: the chat's address, http or https.
            auth: what the CONNECT packet carries: the token, and the cursors.
            timeout: seconds until being let in.

        Raises:
            ApiError: the server refuses this token.
            Unreachable: it does not answer.
        """
        live = cls()
        address = f"{url.rstrip('/').replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        connect = cast("Any", picows).ws_connect  # its own annotations have holes
        try:
            async with asyncio.timeout(timeout):
                await connect(lambda: live, address, max_frame_size=_LARGEST)
                await live.enter(auth)
        except (OSError, TimeoutError, picows.WSError) as error:
            live.close()
            raise Unreachable(f"live: {error or type(error).__name__}") from error
        return live

    async def enter(self, auth: dict[str, Any]) -> None:
        """Ask to be let in, and wait for the answer.

        Raises:
            ApiError, Unreachable: as `open`.
        """
        self._say(wire.connect(auth))
        await self._let_in

    async def event(self) -> wire.Event:
        """The next event.

        Raises:
            Unreachable: the connection is over; what came before was given out.
        """
        event = await self._events.get()
        if event is None:
            raise Unreachable(f"live: {self._over}")
        if self._paused and self._events.qsize() < WAITING // 2:
            self._read(on=True)
        return event

    def close(self) -> None:
        """End it; twice changes nothing."""
        if self._transport is not None:
            self._transport.disconnect()

    # What picows calls.

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Begin to expect a sign of life."""
        self._transport = transport
        self._heard()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Take one message."""
        self._heard()
        if frame.msg_type == picows.WSMsgType.CLOSE:
            self._end("the server closed")
        elif frame.msg_type == picows.WSMsgType.TEXT:
            try:
                self._take(wire.read(frame.get_payload_as_utf8_text()))
            except (wire.NotUnderstood, UnicodeDecodeError) as error:
                self._end(str(error))

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """Let whoever waits know."""
        if self._silence is not None:
            self._silence.cancel()
        self._events.put_nowait(None)
        if not self._let_in.done():
            self._let_in.set_exception(Unreachable(f"live: {self._over}"))

    def _take(self, packet: wire.Packet | None) -> None:
        match packet:
            case wire.Opened(interval, timeout):
                self._patience = interval + timeout
            case wire.Ping():
                self._say(wire.PONG)
            case wire.Connected() if not self._let_in.done():
                self._let_in.set_result(None)
            case wire.Refused(code, detail) if not self._let_in.done():
                self._let_in.set_exception(_refusal(code, detail))
                self._end(detail)
            case wire.Event():
                self._events.put_nowait(packet)
                if not self._paused and self._events.qsize() >= WAITING:
                    self._read(on=False)
            case wire.Ended():
                self._end("the server ended it")
            case _:
                return

    def _heard(self) -> None:
        """Expect the next sign of life, unless it is we who do not read."""
        if self._silence is not None:
            self._silence.cancel()
        self._silence = asyncio.get_running_loop().call_later(self._patience, self._silent)

    def _silent(self) -> None:
        if self._paused:
            self._heard()
        else:
            self._end("the server fell silent")

    def _read(self, *, on: bool) -> None:
        self._paused = not on
        if self._transport is not None and not self._transport.underlying_transport.is_closing():
            sockets = self._transport.underlying_transport
            sockets.resume_reading() if on else sockets.pause_reading()

    def _say(self, text: str) -> None:
        if self._transport is not None:
            self._transport.send(picows.WSMsgType.TEXT, text.encode())

    def _end(self, why: str) -> None:
        self._over = why
        self.close()


def _refusal(code: str, detail: str) -> ApiError | Unreachable:
    later = code in ("unavailable", "rate_limited", "error")
    return (
        Unreachable(f"live: {detail}") if later else ApiError(401 if code == "unauthenticated" else 403, code, detail)
    )
