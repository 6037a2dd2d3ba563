"""What travels on the backplane: a frame, and who it is for when that is not everybody in the room.

Most frames are for everybody, and then the message is the frame itself: it begins with 0x81, a WebSocket text frame.
Otherwise it begins with a zero, followed by the length of a JSON header, the header and the frame.
"""

import msgspec

from chorus.realtime.transport.frames import Frame

_MARK = b"\x00"
ENVELOPED = _MARK[0]
"""The first byte of a message that is more than a frame."""

_LENGTH = 4


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """A frame's addressees within a channel."""

    without: tuple[str, ...] = ()
    """Rooms and sids that do not get it."""

    only: str = ""
    """The one sid that gets it."""

    volatile: bool = False
    """Not for those whose sockets are congested."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def pack(frame: Frame, envelope: Envelope | None = None) -> bytes:
    """The message for the backplane; without an envelope it is for everybody."""
    if envelope is None:
        return frame
    header = _encoder.encode(envelope)
    return b"".join((_MARK, len(header).to_bytes(_LENGTH, "big"), header, frame))


def unpack(message: bytes) -> tuple[Frame, Envelope | None]:
    """The frame and its addressees; None: everybody.

    Raises:
        msgspec.DecodeError: the header is none; the message comes from another version.
    """
    if message[:1] != _MARK:
        return Frame(message), None
    start = len(_MARK) + _LENGTH
    end = start + int.from_bytes(message[len(_MARK) : start], "big")
    return Frame(message[end:]), _decoder.decode(message[start:end])
