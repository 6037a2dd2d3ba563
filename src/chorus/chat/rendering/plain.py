"""Most messages are a plain sentence, in which Markdown has nothing to do: they take a shorter way to the same HTML."""

import re

from chorus.chat.rendering.emoji import has_named

_SENTENCE = re.compile(r"[^\W\d_][^\\`*_\[\]<>&~\n\r\t\x00-\x1f\x7f\xa0]*")
"""One line that begins with a letter and has no character that Markdown or HTML reads in the middle of one."""


def render_plain(text: str) -> str | None:
    """The HTML of a plain sentence, the same that Markdown makes of it; None when the text is not one."""
    return f"<p>{text}</p>" if is_plain(text) else None


def is_plain(text: str) -> bool:
    """Whether the text is a plain sentence."""
    if text[-1:].isspace() or _SENTENCE.fullmatch(text) is None:
        return False
    return ":" not in text or not ("://" in text or has_named(text))


def has_fence(text: str) -> bool:
    """Whether there may be code of a language in it."""
    return "```" in text or "~~~" in text
