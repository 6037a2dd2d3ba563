"""Quotes that do not read the rest of the message again and again.

A line without ">" below a quotation continues its last paragraph. markdown-it looks for such lines up to the end of the
text before it knows whether there is a paragraph to continue: where a fence stands in each quotation, of 16,000
characters it reads several million lines. Here a quotation looks at `MOST_LAZY` of them; its paragraph takes more by
itself, so what changes is only a quotation that goes on with ">" after as many lines without.
"""

from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import blockquote as as_standard

MOST_LAZY = 10
"""Lines without ">" that one quotation looks at."""


def bounded_quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A markdown-it block rule in place of its `blockquote`, whose signature it has."""
    return as_standard(state, start, end if silent else _last(state, start, end), silent)


def _last(state: StateBlock, start: int, end: int) -> int:
    """The line at which a quotation that starts here ends at the latest."""
    lazy = 0
    for line in range(start + 1, end):
        lazy += not state.src.startswith(">", state.bMarks[line] + state.tShift[line])
        if lazy > MOST_LAZY:
            return line
    return end
