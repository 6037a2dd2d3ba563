"""The table of all instances: a line each, with the processor time of the last seconds as a line of blocks."""

from itertools import accumulate
from typing import NamedTuple

from rich.text import Text
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.widget import Widget

from chorus.cluster.cli.monitor import charts
from chorus.cluster.cli.monitor.palette import ACCENT, ALERT, FAINT, GOOD, INK, SOFT, WARM, heat
from chorus.cluster.cli.monitor.selection import Row, Selection
from chorus.cluster.cli.monitor.trails import Trail, Trails
from chorus.cluster.cli.samples_view import delay
from chorus.cluster.cli.status_view import duration, size, word

_SIGNS = {
    "online": ("●", GOOD),
    "starting": ("◐", WARM),
    "stopping": ("◑", WARM),
    "backing-off": ("◌", WARM),
    "errored": ("✖", ALERT),
    "stopped": ("○", FAINT),
}
_LEAST_NAME, _LONGEST_NAME = 8, 24
_STATE, _SHORT_STATE = 17, 11
_FIGURES = (7, 9, 7, 9, 9, 5)
"""Percent, size, connections, lag, uptime, restarts, each with the blanks before it: the last go first."""


class _Widths(NamedTuple):
    """How wide the columns are that are not always the same."""

    name: int
    state: int
    cpu: int
    memory: int
    """0: there is no room for the line of blocks."""
    whole: int
    """Of as many columns as there is room for; none is cut in the middle, where a number would be another one."""


class Instances(Widget, can_focus=True):
    """The table. The rows are those of the selection it is given; a click selects one."""

    class Selected(Message):
        """Another row is selected."""

    def __init__(self, selection: Selection, trails: Trails) -> None:
        super().__init__(id="instances")
        self._selection = selection
        self._trails = trails

    def move(self, by: int) -> None:
        """Select the row that is so many rows further down."""
        self.select(self._selection.place + by)

    def select(self, place: int) -> None:
        """Select the row at a place."""
        self._selection.select(place)
        self.refresh()
        self.post_message(self.Selected())

    def on_click(self, event: Click) -> None:
        """Select the row under the mouse."""
        places = self._selection.window(self.size.height - 1)
        if 1 <= event.y <= len(places):
            self.select(places[event.y - 1])

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The next row."""
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The row before."""
        event.stop()
        self.move(-1)

    def render(self) -> Text:
        """Draw the heading and the rows that there is room for."""
        widths = self._widths()
        lines = [_heading(widths)]
        for place in self._selection.window(self.size.height - 1):
            row = self._selection.rows[place]
            trail = self._trails.of(row.application.name, row.instance.number)
            lines.append(_line(row, trail, widths, selected=place == self._selection.place, width=self.size.width))
        return Text("\n", no_wrap=True, overflow="crop").join(lines)

    def _widths(self) -> _Widths:
        longest = max((len(row.target) for row in self._selection.rows), default=0)
        name = min(max(longest, _LEAST_NAME), _LONGEST_NAME)
        room = self.size.width - (2 + name + 2 + _STATE + sum(_FIGURES))
        if room < 24:
            cpu = max(room + _STATE - _SHORT_STATE - 1, 0)
            ends = accumulate(_FIGURES, initial=2 + name + 2 + _SHORT_STATE + cpu)
            whole = max((end for end in ends if end <= self.size.width), default=self.size.width)
            return _Widths(name, _SHORT_STATE, cpu, 0, whole)
        cpu = min((room - 2) * 3 // 5, 60)
        return _Widths(name, _STATE, cpu, min(room - 2 - cpu, 40), self.size.width)


def _heading(widths: _Widths) -> Text:
    cpu, memory = widths.cpu + 7, widths.memory + 9 + bool(widths.memory)
    text = f"  {'INSTANCE':<{widths.name}}  {'STATE':<{widths.state}}{'CPU':>{cpu}}{'MEMORY':>{memory}}"
    return Text(f"{text}{'CONN':>7}{'LAG':>9}{'UPTIME':>9}{'↻':>5}"[: widths.whole], style=FAINT)


def _line(row: Row, trail: Trail, widths: _Widths, *, selected: bool, width: int) -> Text:
    instance = row.instance
    sign, colour = _SIGNS.get(instance.state, ("?", INK))
    quiet = instance.pid is None
    line = Text()
    line.append("▌ " if selected else "  ", ACCENT)
    line.append(f"{row.target[: widths.name]:<{widths.name}}  ", f"bold {INK}" if selected else INK)
    line.append(f"{sign} ", colour)
    state = word(instance.state) if widths.state == _STATE else word(instance.state).partition(" ")[0]
    line.append(f"{state:<{widths.state - 2}}", SOFT if instance.state == "online" else colour)
    _append_cpu(line, instance.cpu, trail, widths.cpu)
    if widths.memory:
        most = max((value for value in trail.memory if value is not None), default=0.0)
        line.append(f" {charts.line(list(trail.memory), width=widths.memory, most=1.4 * most)}", "#7f70e8")
    line.append(f"{size(instance.memory) if instance.memory is not None else '–':>9}", FAINT if quiet else INK)
    line.append(f"{'–' if instance.connections is None else instance.connections:>7}", FAINT if quiet else SOFT)
    late = instance.lag
    line.append(f"{'–' if late is None else delay(late):>9}", SOFT if not late or late < 0.1 else ALERT)
    line.append(f"{'–' if instance.uptime is None else duration(instance.uptime):>9}", SOFT)
    line.append(f"{instance.restarts:>5}", WARM if instance.restarts else FAINT)
    line.truncate(widths.whole)
    if selected:
        line.pad_right(max(0, width - line.cell_len))
        line.stylize("on #2d2851")
    return line


def _append_cpu(line: Text, now: float | None, trail: Trail, width: int) -> None:
    """The line of blocks, each in the colour of its height, and the percentage."""
    values = list(trail.cpu)
    most = max(100.0, *(value or 0.0 for value in values)) if values else 100.0
    shown = [None] * (width - len(values)) + values[-width:] if width else []
    for character, value in zip(charts.line(values, width=width, most=most), shown, strict=True):
        line.append(character, heat((value or 0.0) / 100.0))
    line.append(f"{'–' if now is None else f'{now:.1f}%':>7}", FAINT if now is None else heat(now / 100.0))
