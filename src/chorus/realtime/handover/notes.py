"""What two processes tell each other about a session that moved from one to the other. Pure.

Handlers that were called before the move may still run where it came from: what they send goes to the client through
the process that has it now, and the answers they wait for come back.
"""

from typing import Any

import msgspec

from chorus.realtime.errors import StateRefused


class Written(msgspec.Struct, frozen=True, array_like=True, tag="w"):
    """Forward: frames for this session's client."""

    sid: str
    frames: bytes


class Answered(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """Back: the client's answer to a call; None: none will come."""

    sid: str
    namespace: str
    number: int
    values: list[Any] | None


Note = Written | Answered

encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Note)


def decode(data: bytes) -> Note:
    """Read a note.

    Raises:
        StateRefused: it is none.
    """
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise StateRefused(f"a note about a session that moved: {error}") from None
