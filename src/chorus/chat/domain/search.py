"""What people may type into the search box. Pure.

    parse('release "on friday" from:ada in:#general has:link after:2026-11-01 mentions:me')

Words must all be there, in any order; words in quotes next to each other; `wor*` finds what begins so. The rest
narrows:

    from:HANDLE, from:me        by this account; twice: by either
    in:CHANNEL                  in this channel; twice: in either
    before:DATE after:DATE on:DATE      sent before, after or on that day (UTC), as 2026-11-25
    has:link file image code    with one in it; twice: with both
    mentions:me                 that call me, or everybody

A word with a colon that is none of these, such as an address, is looked for as it is.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from itertools import accumulate
from typing import NamedTuple

import msgspec

from chorus.chat.domain.accounts import ME, handle_key
from chorus.chat.domain.errors import Invalid, TooLarge
from chorus.chat.domain.words import words_in

LONGEST_QUERY = 500
"""Characters."""

MOST_TERMS = 20

DEFAULT_RESULTS = 20

MOST_RESULTS = 100

_PIECE = re.compile(
    r'(?P<key>[A-Za-z]+):(?:"(?P<quoted>[^"]*)"?|(?P<value>[^\s"]*))|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)'
)


class Has(IntFlag):
    """What a message has in it, as stored beside its words."""

    LINK = 1
    CODE = 2
    FILE = 4
    IMAGE = 8


class Term(msgspec.Struct, frozen=True):
    """Words next to each other; one alone, mostly."""

    words: tuple[str, ...]
    """As compared; at least one."""

    prefix: bool = False
    """The last one is the beginning of one."""


class Search(msgspec.Struct, frozen=True):
    """A query, understood."""

    terms: tuple[Term, ...] = ()
    senders: tuple[str, ...] = ()
    """Handles as compared; `ME` is who asks. Empty: anybody."""

    channels: tuple[str, ...] = ()
    """Names; empty: any."""

    since: int | None = None
    """Milliseconds since 1970, included."""

    until: int | None = None
    """Milliseconds since 1970, not included."""

    has: Has = Has(0)
    mentions_me: bool = False


def parse(query: str) -> Search:
    """Understand a query.

    Raises:
        Invalid: nothing to look for, a date that is none, or a `has:` or `mentions:` of something else.
        TooLarge: above 500 characters or 20 terms.
    """
    if len(query) > LONGEST_QUERY:
        raise TooLarge(f"q: found {len(query)} characters, expected at most {LONGEST_QUERY}")
    reading = _Reading()
    for piece in _PIECE.finditer(query):
        reading.take(piece)
    search = reading.search()
    if search == Search():
        raise Invalid("q: expected at least one word, or from:, in:, before:, after:, on:, has: or mentions:me")
    if len(search.terms) + len(search.senders) + len(search.channels) > MOST_TERMS:
        raise TooLarge(f"q: expected at most {MOST_TERMS} words and filters")
    return search


class _Reading:
    """A query on its way to being understood."""

    def __init__(self) -> None:
        self._terms: list[Term] = []
        self._senders: dict[str, None] = {}
        self._channels: dict[str, None] = {}
        self._since: int | None = None
        self._until: int | None = None
        self._has = Has(0)
        self._mentions_me = False
        self._filters: Mapping[str, Callable[[str], None]] = {
            "from": lambda value: self._senders.update({handle_key(value.removeprefix("@")): None}),
            "in": lambda value: self._channels.update({value.removeprefix("#").lower(): None}),
            "before": lambda value: self._narrow(None, _day("before", value)),
            "after": lambda value: self._narrow(_day("after", value, 1), None),
            "on": lambda value: self._narrow(_day("on", value), _day("on", value, 1)),
            "has": self._need,
            "mentions": self._mention,
        }

    def take(self, piece: re.Match[str]) -> None:
        key = (piece["key"] or "").lower()
        if key not in self._filters:
            self._add(piece["phrase"] if piece["phrase"] is not None else piece[0])
            return
        value = piece["quoted"] if piece["quoted"] is not None else piece["value"]
        if not value:
            raise Invalid(f"q: {key}: expected something after the colon")
        self._filters[key](value)

    def search(self) -> Search:
        return Search(
            tuple(self._terms),
            tuple(self._senders),
            tuple(self._channels),
            self._since,
            self._until,
            self._has,
            self._mentions_me,
        )

    def _add(self, text: str) -> None:
        words = tuple(each.word for each in words_in(text))
        if words:
            self._terms.append(Term(words, prefix=text.endswith("*")))

    def _narrow(self, since: int | None, until: int | None) -> None:
        if since is not None:
            self._since = since if self._since is None else max(self._since, since)
        if until is not None:
            self._until = until if self._until is None else min(self._until, until)

    def _need(self, value: str) -> None:
        try:
            self._has |= Has[value.upper()]
        except KeyError:
            kinds = ", ".join(str(each.name).lower() for each in Has)
            raise Invalid(f"q: has: found {value[:32]!r}, expected one of {kinds}") from None

    def _mention(self, value: str) -> None:
        if value.lower().removeprefix("@") != ME:
            raise Invalid(f"q: mentions: found {value[:32]!r}, expected me")
        self._mentions_me = True


def _day(key: str, value: str, days: int = 0) -> int:
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise Invalid(f"q: {key}: found {value[:32]!r}, expected a day as 2026-11-25") from None
    return int(day.timestamp() * 1000)


class Span(NamedTuple):
    """A stretch of a text."""

    start: int
    end: int


LONGEST_EXCERPT = 240
"""Characters."""

_BEFORE = 60
"""Characters of an excerpt before the first hit."""


def excerpt(text: str, terms: Sequence[Term]) -> tuple[str, ...]:
    """A stretch of the text around the first hit: what is beside the hits and the hits, by turns.

    ("Shall we ", "meet", " at nine?"). Joined, it is a part of the text with its spaces evened, and "…" where it is
    cut. What it takes grows with the text alone, whatever is looked for and however often it is there.
    """
    hits = _hits(text, terms)
    start = max(0, hits[0].start - _BEFORE) if hits else 0
    if start:
        start = max(start, text.find(" ", start, hits[0].start) + 1)
    end = min(len(text), start + LONGEST_EXCERPT)
    parts, done = ["…" if start else ""], start
    for hit in hits:
        if hit.start < done or hit.end > end:
            continue
        parts[-1] += _evened(text[done : hit.start])
        parts += [_evened(text[hit.start : hit.end]), ""]
        done = hit.end
    parts[-1] += _evened(text[done:end]) + ("…" if end < len(text) else "")
    return tuple(parts)


def _hits(text: str, terms: Sequence[Term]) -> list[Span]:
    """Where the terms stand, in order, from the first hit on as far as an excerpt may reach; some may overlap."""
    words = list(words_in(text))
    line = " ".join(["", *(each.word for each in words), ""])
    begins = list(accumulate((len(each.word) + 1 for each in words), initial=0))
    places = {term: at for term in terms if (at := line.find(_needle(term))) >= 0}
    if not places:
        return []
    last = words[bisect_left(begins, min(places.values()))].start + LONGEST_EXCERPT
    hits: list[Span] = []
    for term, at in places.items():
        number = bisect_left(begins, at)
        while at >= 0 and words[number].start < last:
            hits.append(Span(words[number].start, words[number + len(term.words) - 1].end))
            at = line.find(_needle(term), at + 1)
            number = bisect_left(begins, at)
    return sorted(hits, key=lambda hit: (hit.start, -hit.end))


def _needle(term: Term) -> str:
    """What the words of a text, each between two spaces, have in them where the term stands."""
    return " ".join(["", *term.words, *([] if term.prefix else [""])])


def _evened(text: str) -> str:
    return re.sub(r"\s+", " ", text)
