"""One open WebSocket as a Wire: picows parses and masks; here messages are put together from its frames.

They are put together from fragments, checked for UTF-8 and size, expanded where the peer compressed them, and the
WebSocket is closed with the right code. What was read can be frozen between two frames, for another process to go on.
"""

import asyncio
from typing import cast

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import InvalidFrame, NotMovable, TooLarge
from chorus.realtime.handover.state import WireState
from chorus.realtime.transport.contract import Driver, Wire, Write
from chorus.realtime.transport.deflate import Deflater, expand
from chorus.realtime.transport.picows_stream import PicowsStream

_TEXT, _CLOSE, _PONG = WSMsgType.TEXT, WSMsgType.CLOSE, WSMsgType.PONG


class WebSocketWire(WSListener):
    """One open WebSocket: a Wire for its driver."""

    def __init__(self, driver: Driver, options: EngineOptions, deflater: Deflater | None = None) -> None:
        """Args: deflater: what the peer was told that messages are compressed with; None: they are not, either way."""
        super().__init__()
        self._driver = driver
        self._options = options
        self._deflater = deflater
        self._compressed = False
        self._transport: WSTransport
        self._stream: asyncio.Transport
        self._fragments: list[bytes] = []
        self._fragments_size = 0
        self._text = False
        self._answer = b""
        """To the handshake, as long as it was not written."""

        self._closing: asyncio.TimerHandle | None = None
        self._plain = True
        """Whether nothing but messages is of interest: it neither closes nor is made ready to move."""

        self._settling: asyncio.Future[None] | None = None
        self._settled = False
        self.write: Write
        self.upgrades: tuple[str, ...] = ()

    # What the driver calls

    def drive(self, driver: Driver) -> None:
        """Tell another one from now on: the session that was upgraded to this WebSocket."""
        self._driver = driver

    def shut_down(self) -> None:
        """This server is going."""
        self._driver.shut_down()

    def greet(self, data: bytes, /) -> None:
        """Send the first bytes of all, behind the answer to the handshake: it takes one system call for both."""
        answer, self._answer = self._answer, b""
        self._stream.write(answer + (self._deflater.compress(data) if self._deflater is not None else data))

    def waiting(self) -> int:
        """Bytes the kernel did not take yet."""
        return self._stream.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Let the peer wait."""
        if not self._stream.is_closing():
            self._stream.pause_reading()

    def resume_reading(self) -> None:
        """End that."""
        if not self._settled and not self._stream.is_closing():
            self._stream.resume_reading()

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and wait for the same, within the close timeout."""
        if self._closing is not None or self._stream.is_closing():
            return
        if self._answer:
            self.greet(b"")
        self._transport.send_close(cast("WSCloseCode", code), reason.encode()[:123])
        self._plain = self._settled = False
        self.resume_reading()  # the peer's close frame may lie behind what we did not read
        self._closing = asyncio.get_running_loop().call_later(self._options.close_timeout, self._stream.abort)

    def abort(self) -> None:
        """End now."""
        self._stream.abort()

    # Moving to another process

    @property
    def driver(self) -> Driver:
        """Who is told of its messages."""
        return self._driver

    async def settle(self) -> None:
        """Stop reading between two frames: nothing of the peer's is in our memory then, but `fragments`.

        Where a frame ends shows when one is read that was last of what came. A ping makes every peer send one.
        Cancelled, everything goes on as before.

        Raises:
            NotMovable: its peer left, or is leaving.
        """
        if self._closing is not None or self._stream.is_closing():
            raise NotMovable("it is being closed")
        self._settling = asyncio.get_running_loop().create_future()
        self._plain = False
        self._transport.send_ping()
        try:
            await self._settling
        except BaseException:  # cancelled, when it took too long: it is read from as before
            self.unsettle()
            raise

    def unsettle(self) -> None:
        """Read again."""
        self._settling = None
        self._settled = False
        self._plain = self._closing is None
        self.resume_reading()

    def pack(self) -> WireState:
        """What another process needs to go on reading and writing, once it is settled."""
        return WireState(
            deflates=self._deflater is not None,
            fragments=tuple(self._fragments),
            text=self._text,
            compressed=self._compressed,
        )

    def resume(self, state: WireState, deflater: Deflater | None) -> None:
        """Go on where another process stopped."""
        self._fragments, self._text, self._compressed = list(state.fragments), state.text, state.compressed
        self._fragments_size = sum(max(len(each), 1) for each in state.fragments)
        if state.deflates:
            self._deflater = deflater
            self.write = self._write_compressed

    def fileno(self) -> int:
        """The socket."""
        return self._stream.get_extra_info("socket").fileno()

    def let_go(self) -> None:
        """Close our descriptor of a socket that another process has; its peer sees nothing of it."""
        self._driver = NOBODY
        self._stream.abort()

    # What picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take over after the handshake."""
        stream = cast("PicowsStream", transport.underlying_transport)
        self._answer = stream.take_answer()
        self._begin(transport, stream.real)
        self._driver.opened(self)
        if self._answer:
            self.greet(b"")

    def _begin(self, transport: WSTransport, stream: asyncio.Transport) -> None:
        self._transport = transport
        self._stream = stream
        self._stream.set_write_buffer_limits(high=self._options.outbox.high_mark)
        self.write = self._stream.write if self._deflater is None else self._write_compressed

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a frame; picows has answered pings itself."""
        kind = frame.msg_type
        flagged = frame.rsv1 or frame.rsv2 or frame.rsv3
        if flagged and self._closing is None and not self._may_be_flagged(kind, frame):
            self._driver.broken(1002, "a frame with flags that mean nothing here")
        elif kind == _TEXT and frame.fin and not flagged and not self._fragments_size and self._plain:
            try:
                text = frame.get_payload_as_utf8_text()
            except UnicodeDecodeError:
                self._driver.broken(1007, "text that is not UTF-8")
                return
            self._driver.received(text)
        elif kind == _CLOSE:
            self._answer_close(frame)
        elif self._closing is None:
            if kind != _PONG:
                self._collect(kind, frame)
            if self._settling is not None and not frame.tail_size and self._closing is None:
                self._settle_here(self._settling)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell the driver why it ended."""
        if self._closing is not None:
            self._closing.cancel()
        if self._settling is not None and not self._settling.done():
            self._settling.set_exception(NotMovable("its client left"))
        handshake = transport.close_handshake
        failed = bool(handshake) and not handshake.recv  # None when there was none, whatever the stubs say
        self._driver.lost("transport error" if failed else "transport close")

    def pause_writing(self) -> None:
        """More waits than the high mark."""
        self._driver.congested()

    def resume_writing(self) -> None:
        """It has drained."""
        self._driver.relieved()

    def _settle_here(self, settling: asyncio.Future[None]) -> None:
        """This frame was the last of what came."""
        if not self._stream.is_closing():
            self._stream.pause_reading()
            self._settled = True
        self._settling = None
        if not settling.done():
            settling.set_result(None)

    # Compression

    def _write_compressed(self, data: bytes, /) -> None:
        assert self._deflater is not None
        self._stream.write(self._deflater.compress(data))

    def _may_be_flagged(self, kind: WSMsgType, frame: WSFrame) -> bool:
        """Whether it is the first frame of a message that may be compressed. RFC 7692, section 6."""
        first = kind in (_TEXT, WSMsgType.BINARY)
        return first and self._deflater is not None and not frame.rsv2 and not frame.rsv3

    # Fragments and closing

    def _collect(self, kind: WSMsgType, frame: WSFrame) -> None:
        """Take a binary message or a fragment. An empty first fragment counts one byte, so that it is seen as begun."""
        begun = bool(self._fragments_size)
        if begun != (kind == WSMsgType.CONTINUATION):
            self._driver.broken(1002, "a fragment that does not belong")
            return
        if not begun:
            self._text = kind == _TEXT
            self._compressed = bool(frame.rsv1)
        self._fragments_size += max(frame.payload_size, 1)
        if self._fragments_size > self._options.max_payload:
            self._driver.broken(1009, f"more than {self._options.max_payload} bytes in a message")
            return
        self._fragments.append(frame.get_payload_as_bytes())
        if frame.fin:
            self._finish_message()

    def _finish_message(self) -> None:
        message = b"".join(self._fragments) if len(self._fragments) > 1 else self._fragments[0]
        self._fragments, self._fragments_size = [], 0
        try:
            if self._compressed:
                message = expand(message, most=self._options.max_payload)
            content = message.decode() if self._text else message
        except TooLarge as error:
            self._driver.broken(1009, str(error))
        except InvalidFrame as error:
            self._driver.broken(1002, str(error))
        except UnicodeDecodeError:
            self._driver.broken(1007, "text that is not UTF-8")
        else:
            self._driver.received(content)

    def _answer_close(self, frame: WSFrame) -> None:
        """Close the stream; when the peer began, say the same code first."""
        if self._closing is None and not self._stream.is_closing():
            code = frame.get_close_code()
            self._transport.send_close(code if code != WSCloseCode.NO_INFO else WSCloseCode.OK)
        self._stream.close()


class _Nobody:
    """Drives a wire that is another process's."""

    headers: tuple[tuple[str, str], ...] = ()

    def opened(self, wire: Wire) -> None: ...

    def received(self, message: str | bytes) -> None: ...

    def asked(self) -> None: ...

    def congested(self) -> None: ...

    def relieved(self) -> None: ...

    def broken(self, code: int, reason: str) -> None: ...

    def shut_down(self) -> None: ...

    def moved(self, wire: Wire) -> None: ...

    def lost(self, reason: str) -> None: ...


NOBODY: Driver = _Nobody()
