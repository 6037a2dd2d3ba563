"""Tables whose cells are all written by somebody.

markdown-it fills short rows up with empty cells, 65,536 of them: a header of a hundred columns above rows of one
character makes a hundred cells of each, and of 1,000 characters 300 kB. Here a table ends at the row with which the
cells that nobody wrote become more than `MOST_EMPTY`; what follows is text.
"""

from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as as_standard

MOST_EMPTY = 64
"""Cells of one table that are filled up."""


def bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A markdown-it block rule in place of its `table`, whose signature it has."""
    if not as_standard(state, start, end, True):
        return False
    return silent or as_standard(state, start, _last(state, start, end), False)


def _last(state: StateBlock, start: int, end: int) -> int:
    """The line at which a table that starts here ends at the latest."""
    columns = _columns(state, start + 1)
    empty = 0
    for line in range(start + 2, end):
        empty += max(0, columns - _columns(state, line))
        if empty > MOST_EMPTY:
            return line
    return end


def _columns(state: StateBlock, line: int) -> int:
    """At least as many as the line has."""
    return state.src.count("|", state.bMarks[line], state.eMarks[line]) + 1
