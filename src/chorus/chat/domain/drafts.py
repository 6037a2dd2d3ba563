"""What somebody has begun to write, on whichever device. Pure."""

import msgspec

from chorus.chat.domain.entries import LONGEST_TEXT
from chorus.chat.domain.errors import Invalid, TooLarge
from chorus.chat.domain.moments import Moment

MOST_DRAFTS = 100
"""Of one account; the oldest gives way."""


class Draft(msgspec.Struct, frozen=True):
    """The beginning of a message."""

    channel: int
    thread: int
    """The seq of the message that it is to reply to; 0: none."""

    text: str
    """Empty: there is none any more."""

    at: Moment
    """When it was written last."""


def check_draft(text: str) -> str:
    """Return the text as it is kept; only spaces are nothing.

    Raises:
        TooLarge: above 16,000 characters.
        Invalid: characters that cannot be stored.
    """
    if len(text) > LONGEST_TEXT:
        raise TooLarge(f"text: found {len(text)} characters, expected at most {LONGEST_TEXT}")
    if "\0" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise Invalid("text: NUL characters and lone surrogates cannot be stored")
    return text if text.strip() else ""
