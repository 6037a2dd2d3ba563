"""What a channel's log is made of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from chorus.chat.domain.errors import Invalid, TooLarge

LONGEST_TEXT = 16_000
"""Characters."""

DEFAULT_PAGE = 50
"""Entries."""

LARGEST_PAGE = 200
"""Entries."""

LARGEST_SEQ = 2**53 - 1

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""Wall time for people: RFC 3339 in UTC with milliseconds, "2026-11-23T16:00:00.123Z"."""


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC throughout; without it the offset need not be cut off again


class EntryKind(StrEnum):
    """What happened."""

    POSTED = "posted"


class Entry(msgspec.Struct, frozen=True):
    """One numbered line of a channel's log; never changes."""

    channel: int
    seq: int
    kind: EntryKind
    at: Moment
    sender: int
    client_id: UUID
    """Made by the sender; the same one again is the same message."""

    text: str
    html: str
    """The text rendered, safe to show."""


class NewEntry(msgspec.Struct, frozen=True):
    """An entry that has no place in its log yet."""

    channel: int
    kind: EntryKind
    at: int
    """Wall time, milliseconds since 1970."""

    sender: int
    client_id: UUID
    text: str
    html: str


class HistoryPage(msgspec.Struct, frozen=True):
    """A stretch of a channel's log, ascending."""

    entries: Sequence[Entry]
    first: bool
    """Nothing comes before these."""

    last: bool
    """Nothing came after these when they were read."""


def check_text(text: str) -> str:
    r"""Return the text as it is kept: lines end with \n, no empty lines around it.

    Raises:
        Invalid: nothing to see, or characters that cannot be stored (NUL, half a surrogate pair).
        TooLarge: above 16,000 characters.
    """
    if len(text) > LONGEST_TEXT:
        raise TooLarge(f"text: found {len(text)} characters, expected at most {LONGEST_TEXT}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.strip("\n").rstrip()
    if not text.strip():
        raise Invalid("text: expected at least one character")
    if "\0" in text or not _encodable(text):
        raise Invalid("text: NUL characters and lone surrogates cannot be stored")
    return text


def check_seq(seq: int) -> int:
    """Return a position in a channel's log.

    Raises:
        Invalid: below 0, or above what a JavaScript number holds exactly.
    """
    if not 0 <= seq <= LARGEST_SEQ:
        raise Invalid(f"seq: found {seq}, expected 0 to {LARGEST_SEQ}")
    return seq


def check_limit(limit: int) -> int:
    """Return the size of a page.

    Raises:
        Invalid: not 1 to 200.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid(f"limit: found {limit}, expected 1 to {LARGEST_PAGE}")
    return limit


def moment(milliseconds: int) -> Moment:
    """Wall milliseconds since 1970 as people and programs read them."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds") + "Z"


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
