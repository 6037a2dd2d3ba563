"""The selected instance at the side of a wide screen: its last minutes as areas, and what there is to know of it."""

from collections.abc import Callable
from typing import NamedTuple

from rich.text import Text
from textual.widget import Widget

from chorus.cluster.cli.monitor import charts
from chorus.cluster.cli.monitor.palette import ALERT, FAINT, INK, SOFT, WARM, heat
from chorus.cluster.cli.monitor.selection import Row
from chorus.cluster.cli.monitor.trails import Trail
from chorus.cluster.cli.samples_view import delay
from chorus.cluster.cli.status_view import size, url


class _Drawn(NamedTuple):
    """One of the charts."""

    label: str
    column: str
    told: Callable[[float], str]
    least: float
    """What the chart is at least as high as, so that nothing much looks like nothing much."""

    room: float = 1.0
    """How many times as high as the highest value."""

    colour: str = ""
    """Of its blocks; "": green to red, by height."""


def _per_cent(value: float) -> str:
    return f"{value:.1f}%"


def _bytes(value: float) -> str:
    return size(int(value))


_DRAWN = (
    _Drawn("cpu", "cpu", _per_cent, least=100.0),
    _Drawn("memory", "memory", _bytes, least=1.0, room=1.25, colour="#7f70e8"),
    _Drawn("event loop lag", "lag", delay, least=0.05),
)
_FACTS = 8
"""Lines that the charts leave to what is told in words."""


class Details(Widget):
    """Shows one row and its trail."""

    def __init__(self) -> None:
        super().__init__(id="details")
        self._row: Row | None = None
        self._trail: Trail | None = None

    def show(self, row: Row | None, trail: Trail | None) -> None:
        """Draw this from now on."""
        self._row, self._trail = row, trail
        self.border_title = row.target if row is not None else None
        self.refresh()

    def render(self) -> Text:
        """Draw the charts, as high as there is room for, and the facts."""
        if self._row is None or self._trail is None:
            return Text()
        height = min(max((self.size.height - _FACTS) // len(_DRAWN) - 2, 1), 6)
        return Text("\n").join([*self._charts(self._trail, height), *_facts(self._row)])

    def _charts(self, trail: Trail, height: int) -> list[Text]:
        lines: list[Text] = []
        for drawn in _DRAWN:
            values: list[float | None] = list(getattr(trail, drawn.column))
            seen = [value for value in values if value is not None]
            highest = max(seen, default=0.0)
            last = values[-1] if values else None
            now = "–" if last is None else drawn.told(last)
            title = Text.assemble((drawn.label, FAINT), (f"  {now}", f"bold {INK}"))
            if seen:
                title.append(f"   most {drawn.told(highest)}", FAINT)
            most = max(drawn.room * highest, drawn.least)
            rows = charts.area(values, width=self.size.width, height=height, most=most)
            colours = [drawn.colour or heat(0.9 * (height - n) / height) for n in range(height)]
            lines.append(title)
            lines += [Text(row, style=colour, no_wrap=True) for row, colour in zip(rows, colours, strict=True)]
            lines.append(Text())
        return lines


def _facts(row: Row) -> list[Text]:
    application, instance = row.application, row.instance
    address = application.address
    facts = [
        ("address", url(address) if address and application.kind == "asgi" else address),
        ("pid", str(instance.pid) if instance.pid is not None else None),
        ("says", instance.status or None),
        ("descriptors", str(instance.descriptors) if instance.descriptors is not None else None),
        ("own memory", size(instance.pss) if instance.pss is not None else None),
    ]
    lines = [Text.assemble((f"{name:<13}", FAINT), (told, SOFT)) for name, told in facts if told is not None]
    if instance.reason:
        lines.append(Text(instance.reason, style=ALERT))
    elif instance.last_failure:
        lines.append(Text.assemble((f"{'last failed':<13}", FAINT), (instance.last_failure, WARM)))
    return lines
