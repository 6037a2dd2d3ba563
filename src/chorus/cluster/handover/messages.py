"""What is said on a worker's hand-over socket, CHORUS_HOME/run/<key>.hand. Pure.

The manager speaks to a worker:

    → Bequeath(heirs=["chat:0:4"])                                 when you end, hand over to these; no answer
    → Count()                       ← Counted(connections=812, movable=800)
    → Give(to="chat:1:2", count=40) ← Gave(count=40)

A worker speaks to the one that is to have its connections; each connection travels as a descriptor with its state:

    → Offer(format="…", news=b"…")  ← Welcome(connections=3), or Declined(reason="…")
    → Session(number=0, state=b"…")  + descriptor
                                    ← Taken(number=0), or Refused(number=0, reason="…")
    → Between(number=1)              + descriptor: HTTP between two requests, which has no state; answered likewise
    ⇄ Note(data=b"…")               the applications' own, about connections that were taken

Formats, news, states and notes are the application's; nobody here looks into them. A message is its length in 4 bytes,
big endian, and MessagePack. Descriptors come with the first byte of the message they belong to, in their order.
"""

import msgspec

LARGEST = 9 * 1024 * 1024
"""Bytes of a message."""

HEAD = 4
"""Bytes of the length before it."""


class Bequeath(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Hand over to the workers with these keys when you end, as far as they take it."""

    heirs: list[str]


class Count(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """How many connections do you have?"""


class Counted(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """So many."""

    connections: int
    movable: int
    """Those of them that could be handed over."""


class Give(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Hand so many connections over to the worker with this key, now."""

    to: str
    count: int


class Gave(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """So many were taken; why not all, when it were fewer."""

    count: int
    reason: str = ""


class Offer(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Do you take connections whose state is written so?"""

    format: str
    news: bytes
    """For the application: what it must be prepared for."""


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Yes; so many there are already."""

    connections: int


class Declined(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """No."""

    reason: str


class Session(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """One connection; its descriptor comes along."""

    number: int
    state: bytes


class Between(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """One connection of HTTP that is between two requests; its descriptor comes along."""

    number: int


class Taken(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """It is served here from now on."""

    number: int


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """It is not; its descriptor is closed here."""

    number: int
    reason: str


class Note(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """For the other side's application."""

    data: bytes


Message = (
    Bequeath | Count | Counted | Give | Gave | Offer | Welcome | Declined | Session | Between | Taken | Refused | Note
)  # fmt: skip


class MessageError(ValueError):
    """Bytes that are no message of ours; the fault is their sender's."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """A message with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(HEAD, "big") + body


class Reader:
    """Takes messages from bytes as they come, however they are cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are whole with `data`.

        Raises:
            MessageError: naming what is wrong; nothing can be read after it.
        """
        self._buffer += data
        messages: list[Message] = []
        at = 0
        while len(self._buffer) - at >= HEAD:
            size = int.from_bytes(self._buffer[at : at + HEAD], "big")
            if size > LARGEST:
                raise MessageError(f"a message of {size} bytes, allowed {LARGEST}")
            if len(self._buffer) - at < HEAD + size:
                break
            try:
                messages.append(_decoder.decode(memoryview(self._buffer)[at + HEAD : at + HEAD + size]))
            except msgspec.DecodeError as error:
                raise MessageError(f"not a message: {error}") from error
            at += HEAD + size
        del self._buffer[:at]
        return messages
