"""What travels on the backplane: a frame, and who it is for when that is not everybody in the room.

Most frames are for everybody, and then the message is the frame itself: it begins with 0x81, a WebSocket text frame.
Otherwise it begins with a zero, followed by the length of a JSON header, the header and the frame.
"""

import msgspec

from chorus.realtime.transport.frames import Frame

_MARK = b"\x00"
_LENGTH = 4


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """A frame's addressees within a channel."""

    without: tuple[str, ...] = ()
    """Rooms and sids that do not get it."""

    only: str = ""
    """The one sid that gets it."""

    volatile: bool = False
    """Not for those whose sockets are congested."""


_EVERYBODY = Envelope()
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def pack(frame: Frame, envelope: Envelope = _EVERYBODY) -> bytes:
    """The message for the backplane."""
    if envelope == _EVERYBODY:
        return frame
    header = _encoder.encode(envelope)
    return b"".join((_MARK, len(header).to_bytes(_LENGTH, "big"), header, frame))


def unpack(message: bytes) -> tuple[Frame, Envelope]:
    """The frame and its addressees.

    Raises:
        msgspec.DecodeError: the header is none; the message comes from another version.
    """
    if message[:1] != _MARK:
        return Frame(message), _EVERYBODY
    start = len(_MARK) + _LENGTH
    end = start + int.from_bytes(message[len(_MARK) : start], "big")
    return Frame(message[end:]), _decoder.decode(message[start:end])
