"""What the run and the processes of its clients say to each other: a line of JSON each. Pure.

The run writes Begin, Finish and Settle; a crowd writes Counted while it works, Finished and Settled.
"""

import msgspec


class Person(msgspec.Struct, frozen=True):
    """One client to be."""

    client: int
    account: int
    token: str
    channels: tuple[int, ...]


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Connect all of them and send without pause."""

    address: str
    """http://host:port"""

    people: list[Person]
    seed: int
    journals: str
    """The file to write at the end."""


class Finish(msgspec.Struct, frozen=True, tag=True):
    """Send nothing new; have what is under way acknowledged, within so many seconds."""

    within: float


class Settle(msgspec.Struct, frozen=True, tag=True):
    """Stay until everybody has seen what the channels hold, within so many seconds; then write the journals and end."""

    positions: dict[int, int]
    within: float


class Counted(msgspec.Struct, frozen=True, tag=True):
    """How far it is."""

    connected: int = 0
    """Clients that are connected now."""

    sent: int = 0
    acknowledged: int = 0
    delivered: int = 0
    retries: int = 0
    """Sends said again: the connection ended, or the answer was "later"."""

    reconnects: int = 0
    longest_gap: float = 0.0
    """Seconds that one client was without a delivery."""

    longest_silence: float = 0.0
    """Seconds in which nobody had one."""

    acknowledged_within: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Seconds from the first sending of a message to its acknowledgement: median, p99, worst."""


class Finished(msgspec.Struct, frozen=True, tag=True):
    """Nothing is under way, or what is has been given up."""

    unanswered: int


class Settled(msgspec.Struct, frozen=True, tag=True):
    """The journals are written."""

    behind: int
    """Clients that have not seen everything."""


Told = Begin | Finish | Settle
Heard = Counted | Finished | Settled


def line(message: Told | Heard) -> bytes:
    """A message as a line."""
    return msgspec.json.encode(message) + b"\n"


_TOLD: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)
_HEARD: msgspec.json.Decoder[Heard] = msgspec.json.Decoder(Heard)


def told(text: bytes) -> Told:
    """What the run wrote."""
    return _TOLD.decode(text)


def heard(text: bytes) -> Heard:
    """What a crowd wrote."""
    return _HEARD.decode(text)
