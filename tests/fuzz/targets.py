"""What reads bytes of strangers. Each target takes any bytes, and lets nothing but the named errors be swallowed.

`test_parsers.py` runs them with hypothesis; `make fuzz` with atheris, which watches what the bytes reach.
"""

import contextlib
from collections.abc import Callable

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.packets import decode_payload
from chorus.realtime.engineio.session import Session
from chorus.realtime.errors import ProtocolError
from chorus.realtime.log.trail import MOST_ROOMS, Mark, Trail
from chorus.realtime.socketio.decoder import Decoder
from chorus.realtime.socketio.packets import encode
from chorus.realtime.transport.contract import Refusal
from chorus.realtime.transport.deflate import agree, expand
from chorus.realtime.transport.handshake import check_polling, check_upgrade
from chorus.realtime.transport.request import Request

_OPTIONS = EngineOptions()
_MOST = 10_000
_SEPARATOR = b"\xff"
"""Between two messages: in no UTF-8."""


def polling_body(data: bytes) -> None:
    """The body of a POST."""
    with contextlib.suppress(ProtocolError, UnicodeDecodeError):
        decode_payload(data.decode(), max_packets=100)


def engine_messages(data: bytes) -> None:
    """Messages of one session."""
    session = Session("0.sid", _OPTIONS, now=0.0)
    with contextlib.suppress(ProtocolError):
        for message in _messages(data):
            session.receive(message)


def socket_messages(data: bytes) -> None:
    """Packets of one session, with their attachments. What was read can be written."""
    decoder = Decoder(max_attachments=3)
    with contextlib.suppress(ProtocolError):
        for message in _messages(data):
            packet = decoder.feed(message)
            if packet is not None:
                with contextlib.suppress(RecursionError):  # nested more deeply than is written again
                    encode(packet)


def compressed_message(data: bytes) -> None:
    """The payload of a compressed frame: never more than allowed."""
    with contextlib.suppress(ProtocolError):
        assert len(expand(data, most=_MOST)) <= _MOST


def extensions(data: bytes) -> None:
    """The header that offers compression."""
    agree(data.decode("latin-1"))


def request_head(data: bytes) -> None:
    """The head of an upgrade or poll, from its first line to the last cookie."""
    try:
        request = Request.parse(data)
    except ValueError:
        return
    _ = request.path, request.query, request.cookies
    for check in (check_upgrade, check_polling):
        with contextlib.suppress(Refusal):
            check(request, path="/socket.io/", allowed_origins=("https://a.example",))


def recovery_claims(data: bytes) -> None:
    """What a client brings back with CONNECT: where it says it stood. What was read stands the journey it came from."""
    pid, _, offset = data.decode("latin-1").partition("\xff")
    trail = Trail.restore(pid, offset)
    if trail is not None:
        assert 1 <= len(trail.marks()) <= MOST_ROOMS
        again = Trail.restore(trail.pid(), trail.offset())
        assert again is not None
        assert again.marks() == trail.marks()


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (
        polling_body,
        engine_messages,
        socket_messages,
        compressed_message,
        extensions,
        request_head,
        recovery_claims,
    )
}


def _claim() -> bytes:
    trail = Trail("nonce")
    trail.see("news", Mark(17, 1))
    pid = trail.pid()
    trail.see("news", Mark(18, 2))
    return f"{pid}\xff{trail.offset()}".encode("latin-1")


SEEDS: dict[str, list[bytes]] = {
    "polling_body": [b"4hello\x1e2\x1ebAQID", "4é€😀".encode()],
    "engine_messages": [b"4hello\xff3\xff6\xff1"],
    "socket_messages": [
        b'40/admin,{"token":"1"}'[1:],
        b'2/a,7["hi",1,{"b":[null]}]',
        b'51-["hi",{"_placeholder":true,"num":0}]\xff\x00attachment',
        b'2["\\ud800"]',
    ],
    "compressed_message": [bytes.fromhex("aa56ca48cdc9c95700")],
    "extensions": [b"permessage-deflate; client_max_window_bits=15, permessage-deflate"],
    "recovery_claims": [_claim()],
    "request_head": [
        (
            b"GET /socket.io/?EIO=4&transport=websocket&sid=a HTTP/1.1\r\n"
            b"Host: a\r\nOrigin: http://a:80\r\nCookie: a=1; b\r\n\r\n"
        )
    ],
}
"""Where the search begins."""


def _messages(data: bytes) -> list[str | bytes]:
    """Texts, and what is no UTF-8 or begins with a zero as a binary message."""
    messages: list[str | bytes] = []
    for part in data.split(_SEPARATOR):
        try:
            messages.append(part[1:] if part[:1] == b"\0" else part.decode())
        except UnicodeDecodeError:
            messages.append(part)
    return messages
