"""The few packets of Engine.IO 4 and Socket.IO 5 that a client of one namespace needs, on a WebSocket. Pure.

    read('42["entry",{"seq":1}]')       # Event("entry", {"seq": 1})
    connect({"token": "…"})             # '40{"token":"…"}'

Source: https://github.com/socketio/socket.io-protocol, https://github.com/socketio/engine.io-protocol
"""

from typing import Any

import msgspec

PONG = "3"


class Opened(msgspec.Struct, frozen=True):
    """The session begins; the server pings every `interval` seconds and waits `timeout` for an answer."""

    interval: float
    timeout: float


class Ping(msgspec.Struct, frozen=True):
    """To be answered with PONG."""


class Connected(msgspec.Struct, frozen=True):
    """The namespace let the client in."""


class Refused(msgspec.Struct, frozen=True):
    """It did not; `code` is a stable word of the server's."""

    code: str
    detail: str


class Event(msgspec.Struct, frozen=True):
    """Something happened."""

    name: str
    payload: Any


class Ended(msgspec.Struct, frozen=True):
    """The server ends the connection."""


Packet = Opened | Ping | Connected | Refused | Event | Ended


class NotUnderstood(Exception):
    """A packet that no Socket.IO server sends: the connection is of no use."""


class _Opening(msgspec.Struct, rename="camel"):
    ping_interval: int
    ping_timeout: int


class _Problem(msgspec.Struct):
    code: str = "error"
    detail: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    data: _Problem | None = None


def connect(auth: dict[str, Any]) -> str:
    """The packet that asks to be let in."""
    return "40" + msgspec.json.encode(auth).decode()


def read(text: str) -> Packet | None:
    """Read one message; None for one that says nothing to such a client.

    Raises:
        NotUnderstood: it is none.
    """
    try:
        return _read(text)
    except msgspec.MsgspecError as error:
        raise NotUnderstood(f"found {text[:40]!r}: {error}") from error


def _read(text: str) -> Packet | None:
    match text[:2]:
        case "2":
            return Ping()
        case "1" | "41":
            return Ended()
        case "40":
            return Connected()
        case "42":
            name, payload, *_ = [*msgspec.json.decode(text[2:], type=list[Any]), None, None]
            return Event(str(name), payload)
        case "44":
            error = msgspec.json.decode(text[2:], type=_Error)
            return Refused(error.data.code, error.data.detail) if error.data else Refused("error", error.message)
        case _ if text.startswith("0"):
            opening = msgspec.json.decode(text[1:], type=_Opening)
            return Opened(opening.ping_interval / 1000, opening.ping_timeout / 1000)
        case _:
            return None
