"""What a transport and the session it carries know of each other.

    class Printer:                                   # the smallest Driver
        headers = ()
        def opened(self, wire): wire.greet(text_frame(b"hello"))
        def received(self, message): print(message)
        def asked(self): ...
        def congested(self): ...
        def relieved(self): ...
        def broken(self, code, reason): ...
        def shut_down(self): ...
        def moved(self, wire): ...
        def lost(self, reason): print("gone:", reason)

The transport calls `opened` once, then the others, and `lost` last, once. All in the event loop.
"""

from typing import Protocol

from chorus.realtime.transport.deflate import Deflater
from chorus.realtime.transport.request import Request


class Write(Protocol):
    """Sends the bytes of a Frame."""

    def __call__(self, data: bytes, /) -> object:
        """Take the bytes; whoever wrote may forget them."""
        ...


class Wire(Protocol):
    """One open connection, as its session sees it."""

    @property
    def upgrades(self) -> tuple[str, ...]:
        """The transports that may take the session over from this one; for the OPEN packet."""
        ...

    @property
    def write(self) -> Write:
        """Send the bytes of a Frame. The callable itself is kept by those who send often."""
        ...

    def greet(self, data: bytes, /) -> None:
        """Send the first bytes of all, from `opened`: they leave together with the answer to the handshake."""
        ...

    def waiting(self) -> int:
        """Bytes that were written and that the kernel did not take yet."""
        ...

    def pause_reading(self) -> None:
        """Let the peer wait: nothing is read until `resume_reading`. Messages already read still come."""
        ...

    def resume_reading(self) -> None:
        """End that."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send what waits and the close frame, and end within the close timeout. Received messages are dropped."""
        ...

    def abort(self) -> None:
        """End now; what waits is dropped."""
        ...

    def drive(self, driver: "Driver") -> None:
        """Tell `driver` of everything from now on. It is not told that the wire is open."""
        ...


class Driver(Protocol):
    """The session on a wire."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the answer to the request carries that the session begins with: names and values."""
        ...

    def opened(self, wire: Wire) -> None:
        """The connection stands."""
        ...

    def received(self, message: str | bytes) -> None:
        """A whole message came."""
        ...

    def asked(self) -> None:
        """The peer came for what waits: do what is due by now."""
        ...

    def congested(self) -> None:
        """More bytes wait than the high mark of the outbox."""
        ...

    def relieved(self) -> None:
        """No longer."""
        ...

    def broken(self, code: int, reason: str) -> None:
        """The peer broke the transport's protocol: close with this WebSocket code."""
        ...

    def shut_down(self) -> None:
        """This server is going: close with 1012, so that the client connects elsewhere."""
        ...

    def moved(self, wire: Wire) -> None:
        """The session goes on on this wire. What waited on the old one is written already; the old one is silent."""
        ...

    def lost(self, reason: str) -> None:
        """The connection is gone; `reason` as Socket.IO names it: "transport close" or "transport error"."""
        ...


class Gate(Protocol):
    """Who decides which upgrade requests become sessions."""

    @property
    def deflater(self) -> Deflater | None:
        """What compresses messages to clients that can expand them; None: nothing does, nor may they compress."""
        ...

    def admit(self, request: Request) -> Driver:
        """The session for this request.

        Raises:
            Refusal: there is none; the answer that says why.
        """
        ...

    def drain(self) -> None:
        """This server is going. Said once for each WebSocket; uvicorn tells nobody else while requests are open."""
        ...


class Refusal(Exception):
    """A request gets this as HTTP response: `status`, and `body` as JSON or text."""

    def __init__(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.content_type = content_type
