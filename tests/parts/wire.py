"""A session on a wire that is a list: what the server wrote can be read as the messages a client would get."""

import json

from chorus.realtime import EngineOptions, Server
from chorus.realtime.server.connection import Connection
from chorus.realtime.transport.request import Request
from parts.clock import Clock

HEAD = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: chat.test\r\nCookie: a=1\r\n\r\n"


class FakeWire:
    """Takes everything at once, unless `stuck`: then what is written waits."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.writes = 0
        self.stuck = 0
        self.reading = True
        self.closed: tuple[int, str] | None = None
        self.aborted = False
        self.upgrades = ()

    def drive(self, driver) -> None:
        raise AssertionError("nobody takes a session over from this wire")

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.written += data

    greet = write

    def waiting(self) -> int:
        return self.stuck

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def abort(self) -> None:
        self.aborted = True

    def messages(self) -> list[str | bytes]:
        """What was written since the last look."""
        data, self.written = bytes(self.written), bytearray()
        return split(data)


class FakeSession:
    """A client's end of one session."""

    def __init__(self, server: Server) -> None:
        self.wire = FakeWire()
        self.connection: Connection = server.admit(Request.parse(HEAD, "192.0.2.1:4711"))
        self.connection.opened(self.wire)
        self.opening = json.loads(self.wire.messages()[0][1:])

    def say(self, *messages: str | bytes) -> None:
        for message in messages:
            self.connection.received(message)

    def heard(self) -> list[str | bytes]:
        return self.wire.messages()


def clocked_server(**options: object) -> tuple[Server, Clock]:
    """A server and the clock it looks at."""
    server, clock = Server(options=EngineOptions(**options)), Clock()
    server.now = clock
    return server, clock


def split(data: bytes) -> list[str | bytes]:
    """WebSocket messages of a server: final, unmasked frames, texts as str and binary ones as bytes."""
    messages, at = [], 0
    while at < len(data):
        kind, size, at = data[at], data[at + 1], at + 2
        if size > 125:
            width = 2 if size == 126 else 8
            size, at = int.from_bytes(data[at : at + width], "big"), at + width
        payload, at = data[at : at + size], at + size
        assert kind in (0x81, 0x82), f"not a final text or binary frame: {kind:#x}"
        messages.append(payload.decode() if kind == 0x81 else payload)
    assert at == len(data), "the last frame is not whole"
    return messages
