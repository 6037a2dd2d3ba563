"""A session as bytes: everything that another process of this machine needs to go on with it. Pure.

    data = encode(state)
    decode(data)                    # an equal state
    decode(data_of_another_release) # StateRefused: "session state: found version 2, expected 1"

Two releases that write differently have different versions and refuse each other's sessions whole; half a session would
be worse than a new one. Whoever changes a struct here, or what one of its fields means, counts VERSION up.
"""

from typing import Any, cast

import msgspec

from chorus.realtime.engineio.session import State
from chorus.realtime.errors import StateRefused
from chorus.realtime.socketio.decoder import Unfinished

VERSION = 2
"""Of the structs below and of what their fields mean."""

LARGEST = 8 * 1024 * 1024
"""Bytes of an encoded state. Above the largest message and the largest outbox together; a larger one is no state."""


class ClientState(msgspec.Struct, frozen=True, array_like=True):
    """One namespace of a session."""

    namespace: str
    sid: str
    rooms: tuple[str, ...]
    """The ones its application put it into; durable rooms carry their own cursors."""

    next_call: int
    """The number of the next event that wants an answer."""

    open_calls: tuple[int, ...]
    """Numbers whose answers the process it comes from awaits."""

    heard: dict[str, list[bytes]]
    """What its rooms brought since it was offered: `Overlap.heard`."""

    carried: dict[str, Any]
    """What the parts of the application gave along, by their names: `Namespace.carry`."""


class WireState(msgspec.Struct, frozen=True, array_like=True):
    """A WebSocket at a frame boundary; as it is by default where the session polled."""

    deflates: bool = False
    """Whether its client agreed to permessage-deflate."""

    fragments: tuple[bytes, ...] = ()
    """Frames of a message whose end has not come."""

    text: bool = False
    """Whether they are of a text."""

    compressed: bool = False
    """Whether they are compressed."""


class SessionState(msgspec.Struct, frozen=True, array_like=True):
    """A session at a frame boundary. Times are ages in seconds."""

    sid: str
    method: str
    target: str
    fields: bytes
    """The headers of the request it began with, as they came."""

    remote: str
    age: float
    engine: str
    """The name of its Engine.IO state."""

    pinged_ago: float
    wire: WireState
    unfinished: Unfinished | None
    """A packet whose attachments have not all come."""

    clients: tuple[ClientState, ...]
    unsent: bytes
    """Frames that were written and did not go out."""

    unheard: tuple[Any, ...] = ()
    """Messages, texts and bytes, that came by long polling and that the session had not taken yet."""


class _Enveloped(msgspec.Struct, frozen=True, array_like=True):
    version: int
    session: msgspec.Raw


_encoder = msgspec.msgpack.Encoder()
_envelopes = msgspec.msgpack.Decoder(_Enveloped)
_states = msgspec.msgpack.Decoder(SessionState)


def encode(state: SessionState) -> bytes:
    """Write a state.

    Raises:
        TypeError: something carried is not made of what MessagePack knows.
    """
    return _encoder.encode(_Enveloped(VERSION, msgspec.Raw(_encoder.encode(state))))


def decode(data: bytes) -> SessionState:
    """Read a state.

    Raises:
        StateRefused: it is of another version, or none.
    """
    try:
        enveloped = _envelopes.decode(data)
        if enveloped.version != VERSION:
            raise StateRefused(f"session state: found version {enveloped.version}, expected {VERSION}")
        state = _states.decode(enveloped.session)
    except msgspec.DecodeError as error:
        raise StateRefused(f"session state: {error}") from None
    if state.engine not in State.__members__ or state.engine == State.CLOSED.name:
        raise StateRefused(f"session state: found engine state {state.engine!r}, expected an open one")
    return state


def is_plain(value: object) -> bool:
    """Whether `value` comes back from MessagePack as it was: None, booleans, numbers, texts, bytes, lists and dicts."""
    if type(value) is list:
        return all(map(is_plain, cast("list[object]", value)))
    if type(value) is dict:
        items = cast("dict[object, object]", value).items()
        return all(type(key) is str and is_plain(inner) for key, inner in items)
    if type(value) is int:
        return -(2**63) <= value < 2**64
    return value is None or type(value) in (bool, float, str, bytes)
