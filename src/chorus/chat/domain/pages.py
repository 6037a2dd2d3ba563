"""How much of a page goes into one answer: as many entries as were asked for, or fewer when these are large. Pure."""

from collections.abc import Sequence

MOST_BYTES = 2_000_000
"""Of the entries of an answer, but for one that is larger by itself. An answer waits in memory until it was taken."""


def within(sizes: Sequence[int], *, most: int, around: int) -> slice:
    """Which of a page's entries, by their sizes, go into an answer of so many: those nearest to the one at `around`.

    That one does, whatever its size.
    """
    start, stop, left = around, around + 1, most - sizes[around]
    grows = True
    while grows:
        grows = False
        if stop < len(sizes) and sizes[stop] <= left:
            left, stop, grows = left - sizes[stop], stop + 1, True
        if start > 0 and sizes[start - 1] <= left:
            left, start, grows = left - sizes[start - 1], start - 1, True
    return slice(start, stop)
