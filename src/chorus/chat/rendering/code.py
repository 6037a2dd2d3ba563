"""Colours for code: Pygments' short class names, which the page's style sheet knows.

Only languages named here are coloured: each lexer is a set of regular expressions that see whatever somebody sends, and
some look at every end of a stretch of blanks from every beginning. Those that do so with lines of text (C#'s) are not
among them.
"""

import re

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


def colour(code: str, language: str, _attributes: str) -> str:
    """The code as HTML with classes, escaped; nothing when it stays plain (markdown-it escapes it then)."""
    language = language.lower()
    if language not in LANGUAGES or len(code) > _LONGEST or _BLANKS.search(code):
        return ""
    return _coloured(code, language)


def _coloured(code: str, language: str) -> str:
    # With the first code that is to be coloured, in the thread that renders: a megabyte of each worker until then.
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import (
        get_lexer_by_name,  # pyright: ignore[reportUnknownVariableType] - its options are not annotated
    )

    return highlight(code, get_lexer_by_name(language, stripnl=False), HtmlFormatter[str](nowrap=True))
