r"""Whether there is anything to see in a text. Pure.

shows_something("\u200b\u200d")     # False: characters of no width
shows_something("👍")                # True
"""

import unicodedata

_NOTHING = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode's categories of what only spaces, joins or directs other characters."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that are drawn as nothing: fillers, an empty pattern of Braille, a joiner of graphemes."""


def shows_something(text: str) -> bool:
    """Whether a reader sees anything of it."""
    return any(map(_is_seen, text))


def _is_seen(character: str) -> bool:
    return not (character in _BLANK or _selects(character) or unicodedata.category(character) in _NOTHING)


def _selects(character: str) -> bool:
    """Whether it says only how the character before it is drawn."""
    return (
        "\u180b" <= character <= "\u180f"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )
