"""What two instances tell each other when a WebSocket reaches the one and the session polls at the other. Pure.

    Claim    →            the instance where the WebSocket is asks the owner, again and again, until it is
    Watch    ←            … to listen to this first, and to ask again, or
    Ready    ←            … told that the session stands still: its client may be told that the WebSocket gets through
    Take     →            the client has stopped polling
    Taken    ←            the session, as handover/state.py writes it
    Keeping  →  Done ←    it lives on there
    Refused  ←            instead of any of these

`Claim`, `Take` and `Keeping` are questions, each with an answer. `GivenUp` and `Noted` are told and not answered.
"""

from typing import Any

import msgspec

from chorus.realtime.errors import StateRefused


class Claimant(msgspec.Struct, frozen=True, array_like=True):
    """One WebSocket that wants to take a session over."""

    instance: str
    """Where it is."""

    number: int
    """Tells it from the others there."""


class Claim(msgspec.Struct, frozen=True, array_like=True, tag="claim"):
    """Make the session ready."""

    sid: str
    claimant: Claimant

    format: str
    """How sessions are written here: Mover.format."""


class Take(msgspec.Struct, frozen=True, array_like=True, tag="take"):
    """Its client has said UPGRADE."""

    sid: str
    claimant: Claimant


class Keeping(msgspec.Struct, frozen=True, array_like=True, tag="keeping"):
    """It has arrived, whole."""

    sid: str
    claimant: Claimant


class Watch(msgspec.Struct, frozen=True, array_like=True, tag="watch"):
    """What its clients are told by, which the other instance has to hear before they come."""

    crossings: dict[str, tuple[tuple[str, ...], str]]
    """Namespace → rooms, and the sid of its client."""


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """It stands still: what comes by polling is kept, and what it is sent."""


class Taken(msgspec.Struct, frozen=True, array_like=True, tag="taken"):
    """It is no longer here."""

    state: bytes


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """Understood."""


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="refused"):
    """Not this session, not now."""

    reason: str


class GivenUp(msgspec.Struct, frozen=True, array_like=True, tag="given up"):
    """The WebSocket is gone, or cannot have the session: it goes on polling, or is over if it was taken already."""

    sid: str
    claimant: Claimant


class Noted(msgspec.Struct, frozen=True, array_like=True, tag="noted"):
    """A note about a session that moved: handover/notes.py."""

    note: bytes


Question = Claim | Take | Keeping
Answer = Watch | Ready | Taken | Done | Refused
Word = GivenUp | Noted

encode = msgspec.msgpack.Encoder().encode
_questions: Any = msgspec.msgpack.Decoder(Question)
_answers: Any = msgspec.msgpack.Decoder(Answer)
_words: Any = msgspec.msgpack.Decoder(Word)


def decode_question(data: bytes) -> Question:
    """Read what another instance asks.

    Raises:
        StateRefused: it is of another release.
    """
    return _decode(_questions, data)


def decode_answer(data: bytes) -> Answer:
    """Read what another instance answers.

    Raises:
        StateRefused: it is of another release.
    """
    return _decode(_answers, data)


def decode_word(data: bytes) -> Word:
    """Read what another instance tells.

    Raises:
        StateRefused: it is of another release.
    """
    return _decode(_words, data)


def _decode(decoder: Any, data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as error:
        raise StateRefused(f"about a session that is to move: {error}") from None
