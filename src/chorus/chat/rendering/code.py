"""Colours for code: Pygments' short class names, which the page's style sheet knows.

Each lexer is a set of regular expressions that see whatever somebody sends, and some look at every end of a stretch of
text from every beginning. So only languages named here are coloured, and code that takes longer than code does stays
plain: what one expression does at one place takes little, and between two of them we look at the clock.
"""

import io
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from pygments.token import STANDARD_TYPES

LANGUAGES = frozenset({
    "bash", "c", "cpp", "css", "diff", "dockerfile", "elixir", "erlang", "go", "graphql", "haskell", "html",
    "ini", "java", "javascript", "js", "json", "kotlin", "lua", "makefile", "php", "py", "python", "ruby", "rust",
    "scala", "sh", "sql", "swift", "toml", "ts", "typescript", "xml", "yaml",
})  # fmt: skip
"""What may stand after the opening fence."""

CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name)
"""The classes that coloured code has."""

_LONGEST = 4000
"""Characters; longer code stays plain."""

_BLANKS = re.compile(r"\s{100}")
"""Code with so many in a row stays plain."""


PATIENCE = 0.1
"""Seconds of this thread; 4,000 characters of usual code take a fifth of it."""

Token = TypeVar("Token")


class TooLong(Exception):
    """The code stays plain."""


def colour(code: str, language: str, _attributes: str) -> str:
    """The code as HTML with classes, escaped; nothing when it stays plain (markdown-it escapes it then)."""
    language = language.lower()
    if language not in LANGUAGES or len(code) > _LONGEST or _BLANKS.search(code):
        return ""
    try:
        return _coloured(code, language)
    except TooLong:
        return ""


def _coloured(code: str, language: str) -> str:
    # With the first code that is to be coloured, in the thread that renders: a megabyte of each worker until then.
    from pygments import lex
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import (
        get_lexer_by_name,  # pyright: ignore[reportUnknownVariableType] - its options are not annotated
    )

    tokens = lex(code, get_lexer_by_name(language, stripnl=False))
    coloured = io.StringIO()
    HtmlFormatter[str](nowrap=True).format(within(tokens, time.thread_time), coloured)
    return coloured.getvalue()


def within(tokens: Iterable[Token], clock: Callable[[], float]) -> Iterator[Token]:
    """These, until they took longer than PATIENCE by the clock; raises TooLong then."""
    end = clock() + PATIENCE
    for token in tokens:
        if clock() > end:
            raise TooLong
        yield token
