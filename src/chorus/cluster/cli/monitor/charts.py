"""Numbers as pictures of block characters: a line of them, or an area several lines high. Pure.

    line([0, 25, 50, 100], width=4, most=100)              # "▁▂▄█"
    area([0, 25, 50, 100], width=4, height=2, most=100)    # ["  ▁█", "▁▄██"]

The newest value stands at the right edge; where nothing was seen there is a blank.
"""

from collections.abc import Sequence
from typing import Final

Values = Sequence[float | None]

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_STEPS: Final = len(_BLOCKS) - 1


def line(values: Values, *, width: int, most: float) -> str:
    """The last `width` values, one character each; `most` is as high as a character is."""
    return area(values, width=width, height=1, most=most)[0]


def area(values: Values, *, width: int, height: int, most: float) -> list[str]:
    """The last `width` values as columns, `height` lines high, the highest line first."""
    shown = list(values[-width:]) if width > 0 else []
    columns = [_steps(value, height, most) for value in [*[None] * (width - len(shown)), *shown]]
    return [
        "".join(_BLOCKS[min(max(steps - below * _STEPS, 0), _STEPS)] for steps in columns)
        for below in reversed(range(height))
    ]


def gauge(share: float, *, width: int) -> tuple[str, str]:
    """A bar for a share of 0 to 1: its full part and its empty part."""
    full = round(min(max(share, 0.0), 1.0) * width)
    return "━" * full, "━" * (width - full)


def _steps(value: float | None, height: int, most: float) -> int:
    """How many eighths of a line high a value is: at least one, so that nothing used is not nothing seen."""
    if value is None:
        return 0
    share = min(value / most, 1.0) if most > 0 else 0.0
    return max(1, min(round(share * height * _STEPS), height * _STEPS))
