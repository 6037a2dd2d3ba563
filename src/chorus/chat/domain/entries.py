"""What a channel's log is made of."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from chorus.chat.domain.audit import Record
from chorus.chat.domain.errors import Invalid, TooLarge
from chorus.chat.domain.files import File
from chorus.chat.domain.moments import Moment
from chorus.chat.domain.visible import shows_something

LONGEST_TEXT = 16_000
"""Characters."""

DEFAULT_PAGE = 50
"""Entries."""

LARGEST_PAGE = 200
"""Entries."""

LARGEST_THREAD = 1000
"""Replies in one answer."""

MOST_EDITS = 200
"""Wordings of a message in one answer."""

LONGEST_EMOJI = 32
"""Characters: a family with skin tones has ten, a flag of a region seven."""

MOST_EMOJI = 50
"""Different emoji under one message."""

LARGEST_SEQ = 2**53 - 1

_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_OF_EMOJI = {"So", "Sk", "Sm", "Po", "Mn", "Cf"}
"""Unicode's categories of what emoji are made of: pictures, skin tones, signs, selectors, joiners and tags."""
_MARKS = {"Mn", "Cf"}
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_JOINER = "\u200d"


class EntryKind(StrEnum):
    """What happened."""

    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    REACTED = "reacted"
    UNREACTED = "unreacted"
    PINNED = "pinned"
    UNPINNED = "unpinned"

    @classmethod
    def _missing_(cls, value: object) -> "EntryKind | None":
        """A kind that a newer version beside this one wrote: passed on as it is."""
        if not isinstance(value, str):
            return None
        kind = str.__new__(cls, value)
        kind._name_, kind._value_ = value.upper(), value
        return kind


class Reaction(msgspec.Struct, frozen=True):
    """One emoji under a message."""

    emoji: str
    accounts: tuple[int, ...]
    """Who reacted with it, in the order they did."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One numbered line of a channel's log.

    What history answers of a message, kind "posted", is the same with the message's present state: its present text,
    and the fields from `edited_at` on, which the log's own lines do not have (see projection.py). Fields at their
    default are not sent.
    """

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

    target: int = 0
    """The seq of the message that was edited, deleted or reacted to; 0 in one that was posted."""

    thread: int = 0
    """The seq of the message that this one, or the target, replies to; 0 outside of threads."""

    emoji: str = ""
    """What was reacted with."""

    mentions: tuple[int, ...] = ()
    """The accounts that the text mentions; 0 is everybody in the channel."""

    unmentions: tuple[int, ...] = ()
    """The accounts that the target mentioned before it was edited or deleted."""

    files: tuple[File, ...] = ()
    """What is attached."""

    edited_at: Moment | None = None
    """When the text was changed last."""

    deleted: bool = False
    """Only the place is left: no text."""

    pinned: bool = False
    """To its channel, for everybody in it."""

    reactions: tuple[Reaction, ...] = ()
    """In the order in which each emoji came first."""

    reply_count: int = 0
    """Replies in the message's thread that are not deleted."""


class NewEntry(msgspec.Struct, frozen=True):
    """An entry that has no place in its log yet."""

    channel: int
    kind: EntryKind
    at: int
    """Wall time, milliseconds since 1970."""

    sender: int
    client_id: UUID
    text: str = ""
    html: str = ""
    target: int = 0
    thread: int = 0
    emoji: str = ""
    mentions: tuple[int, ...] = ()
    files: tuple[File, ...] = ()
    audit: Record | None = None
    """Written with it, if it is stored."""

    @property
    def plain(self) -> bool:
        """A message that changes no other one, mentions nobody and has nothing attached: most are."""
        return self.kind is EntryKind.POSTED and not (self.thread or self.mentions or self.files or self.audit)


class HistoryPage(msgspec.Struct, frozen=True):
    """A stretch of a channel's log, ascending; the messages in it in their present state."""

    entries: Sequence[Entry]
    first: bool
    """Nothing comes before these."""

    last: bool
    """Nothing came after these when they were read."""

    as_of: int = 0
    """The log's end when they were read: the present state has everything up to it."""


class WrittenPage(msgspec.Struct, frozen=True):
    """A HistoryPage whose entries are JSON already: written once for all who read them."""

    entries: Sequence[msgspec.Raw]
    first: bool
    last: bool
    as_of: int = 0


class Thread(msgspec.Struct, frozen=True):
    """A message and what was replied to it, in their present state."""

    root: Entry
    replies: Sequence[Entry]
    """The newest ones, ascending, as many as go into an answer; deleted ones are left out."""

    as_of: int
    """The channel's end when they were read."""


class Edit(msgspec.Struct, frozen=True):
    """One wording of a message."""

    at: Moment
    sender: int
    text: str
    html: str


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
    if not shows_something(text):
        raise Invalid("text: expected at least one character that can be seen")
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


def check_emoji(emoji: str) -> str:
    """Return the emoji as it is kept.

    Raises:
        Invalid: it is not one: letters, spaces, nothing, or more than one emoji has.
    """
    emoji = unicodedata.normalize("NFC", emoji)
    joined = _KEYCAP.fullmatch(emoji) or all(map(_is_picture, emoji.split(_JOINER)))
    unread = "\ufffd" in emoji  # what was no UTF-8 was read as this, and it counts as a symbol
    if not 1 <= len(emoji) <= LONGEST_EMOJI or not joined or unread or emoji.isascii():
        raise Invalid(f"emoji: found {emoji[:LONGEST_EMOJI]!r}, expected one emoji")
    return emoji


def check_limit(limit: int) -> int:
    """Return the size of a page.

    Raises:
        Invalid: not 1 to 200.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid(f"limit: found {limit}, expected 1 to {LARGEST_PAGE}")
    return limit


def _is_picture(part: str) -> bool:
    """Whether it is one picture, with what changes its looks: a skin tone, a selector, the tags of a flag."""
    if any(unicodedata.category(sign) not in _OF_EMOJI for sign in part):
        return False
    pictures = "".join(sign for sign in part if unicodedata.category(sign) not in _MARKS)
    return len(_SKIN.sub("", pictures) or pictures) == 1 or _FLAG.fullmatch(pictures) is not None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
