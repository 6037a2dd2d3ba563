"""Outgoing webhooks: what is said in a channel, told to a program of others. Pure."""

from collections.abc import Sequence

import msgspec

from chorus.chat.domain.errors import Invalid, TooLarge

MOST_OUTGOING = 100
"""On a server."""

MOST_WORDS = 20
"""Of a webhook."""

LONGEST_WORD = 64
"""Characters."""

MOST_WAITING = 1000
"""Deliveries of a webhook that wait; further messages are not told, and counted as dropped."""

WAITS = (5, 30, 120, 600, 3600, 3 * 3600, 8 * 3600)
"""Seconds between one attempt and the next; after the last of them a message is dropped, twelve hours old."""

_SPREAD = 0.2
"""Of a wait, which is so much longer at the most: what failed at once is not tried again at once."""

FURTHEST = int(WAITS[-1] * 1000 * (1 + _SPREAD))
"""Milliseconds that anything is put off. What seems to be due later is due now: the clock was set back meanwhile."""


class OutgoingWebhook(msgspec.Struct, frozen=True):
    """What is known of one, for those who run it."""

    id: str
    bot: int
    """The account that hears what is told, and says what is answered."""

    channel: int | None
    """None: every channel that the bot is in."""

    name: str
    url: str
    words: tuple[str, ...]
    """What a message has to begin with, one of them; none: anything."""

    creator: int
    created_at: int
    """Wall time, milliseconds since 1970, as all of these."""

    failed_at: int | None = None
    """When a delivery failed last, if none succeeded since."""

    trouble: str = ""
    """Why it did."""

    dropped: int = 0
    """Messages that were given up."""


def check_words(words: Sequence[str], *, everywhere: bool) -> tuple[str, ...]:
    """Return the words as they are kept.

    Raises:
        Invalid: an empty one, too many, or none for a webhook that hears everywhere.
        TooLarge: one above 64 characters.
    """
    kept = tuple(dict.fromkeys(word.strip() for word in words))
    if len(kept) > MOST_WORDS:
        raise Invalid(f"words: found {len(kept)}, expected at most {MOST_WORDS}")
    for word in kept:
        if not word or not word.isprintable():
            raise Invalid("words: expected words without control characters, none of them empty")
        if len(word) > LONGEST_WORD:
            raise TooLarge(f"words: found one of {len(word)} characters, expected at most {LONGEST_WORD}")
    if everywhere and not kept:
        raise Invalid("words: expected at least one where no channel is named")
    return kept


def word_of(text: str, words: Sequence[str]) -> str | None:
    """The word that the text begins with, in any case, before a space or the end; "" where none is asked for."""
    if not words:
        return ""
    said = text.lstrip().casefold()
    for word in words:
        key = word.casefold()
        if said.startswith(key) and not said[len(key) : len(key) + 1].isalnum():
            return word
    return None


def next_attempt(attempts: int, *, now: int, chance: float) -> int | None:
    """When to try again after so many attempts, in milliseconds; None when it is given up.

    `chance`, 0 to 1, says how much of the spread it is moved by.
    """
    if attempts > len(WAITS):
        return None
    return now + int(WAITS[attempts - 1] * 1000 * (1 + _SPREAD * chance))
