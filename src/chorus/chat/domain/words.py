"""The words of a text, as search compares them. Pure.

    [each.word for each in words_in("Don't MEET at the Café!")]         # ['don', 't', 'meet', 'at', 'the', 'cafe']

Letters, digits and the marks on them make words; case, accents and compatibility forms do not count. Scripts that
write without spaces have no words that a rule could find, so each of their characters counts as one, and a word of
them that is searched for is a phrase. Both databases get these words and take none of their own, so they find the same.
"""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

LONGEST_WORD = 64
"""Characters that count; of a longer one its beginning."""

_ASCII = re.compile(r"[A-Za-z0-9]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_ALONE = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Kana and Han: no spaces between words."""


class Word(msgspec.Struct, frozen=True):
    """A place in a text."""

    word: str
    """As compared."""

    start: int
    end: int


def words_in(text: str) -> Iterator[Word]:
    """The text's words, in order."""
    if text.isascii():
        for found in _ASCII.finditer(text):
            yield Word(found[0].lower()[:LONGEST_WORD], found.start(), found.end())
        return
    start = -1
    for at, character in enumerate(text):
        part = unicodedata.category(character)[0] in "LMN"
        if start >= 0 and (not part or _ALONE.match(character)):
            yield from _word(text, start, at)
            start = -1
        if part and _ALONE.match(character):
            yield from _word(text, at, at + 1)
        elif part and start < 0:
            start = at
    if start >= 0:
        yield from _word(text, start, len(text))


def _word(text: str, start: int, end: int) -> Iterator[Word]:
    folded = unicodedata.normalize("NFKD", text[start:end]).casefold()
    word = unicodedata.normalize("NFC", _ACCENTS.sub("", folded))
    kept = "".join(each for each in word if unicodedata.category(each)[0] in "LMN")[:LONGEST_WORD]
    if kept:
        yield Word(kept, start, end)
