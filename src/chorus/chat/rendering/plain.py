"""Most messages are a plain sentence, in which Markdown has nothing to do: they take a shorter way to the same HTML."""

import re

_SENTENCE = re.compile(r"[^\W\d_][^\\`*_\[\]<>&~\n\r\t\x00-\x1f\x7f\xa0]*")
"""One line that begins with a letter and has no character that Markdown or HTML reads in the middle of one."""


def render_plain(text: str) -> str | None:
    """The HTML of a plain sentence, the same that Markdown makes of it; None when the text is not one."""
    if "://" in text or text[-1:].isspace() or not _SENTENCE.fullmatch(text):
        return None
    return f"<p>{text}</p>"
