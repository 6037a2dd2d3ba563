"""The lines above the table: whose cluster this is and how it is, the machine it runs on, and what alerts there are."""

from datetime import datetime

from rich.text import Text
from textual.widget import Widget

from chorus.cluster.cli.monitor import charts
from chorus.cluster.cli.monitor.host import Host
from chorus.cluster.cli.monitor.palette import ACCENT, ALERT, FAINT, GOOD, INK, SOFT, WARM, heat
from chorus.cluster.cli.monitor.source import Scene
from chorus.cluster.cli.product import Service
from chorus.cluster.cli.status_view import as_wanted, duration, size
from chorus.cluster.messages import ClusterStatus


class Heading(Widget):
    """Shows the last scene, and the services as they last were."""

    def __init__(self, product: str, place: str) -> None:
        super().__init__(id="heading")
        self._product, self._place = product, place
        self._scene: Scene | None = None
        self._services: list[Service] = []

    def show(self, scene: Scene) -> None:
        """Draw this from now on."""
        self._scene = scene
        self.refresh()

    def show_services(self, services: list[Service]) -> None:
        """Draw these from now on."""
        self._services = services
        self.refresh()

    def render(self) -> Text:
        """Draw the lines."""
        name = Text.assemble((" ◆ ", ACCENT), (self._product, f"bold {INK}"), ("  ", ""), (self._place, FAINT))
        clock = Text(datetime.now().astimezone().strftime("%H:%M:%S "), style=SOFT)
        first = _between(name, Text.assemble(self._summary(), ("   ", ""), clock), self.size.width)
        if self._scene is None:
            return first
        second = _between(_machine(self._scene.host), _services(self._services), self.size.width)
        return Text("\n").join([first, second, _alerts(self._scene.status, self.size.width)])

    def _summary(self) -> Text:
        if self._scene is None:
            return Text("looking …", style=FAINT)
        if self._scene.status is None:
            return Text("not running", style=WARM)
        return _counted(self._scene.status)


def _counted(status: ClusterStatus) -> Text:
    online = sum(i.state == "online" for each in status.applications for i in each.instances)
    wanted = sum(each.wanted for each in status.applications)
    return Text(f"{online} of {wanted} online", style=GOOD if as_wanted(status) else ALERT)


def _machine(host: Host) -> Text:
    line = Text(no_wrap=True)
    for label, share, told in (
        ("cpu", host.cpu / 100, f"{host.cpu:.0f}%"),
        ("memory", host.memory_used / host.memory, _of(host.memory_used, host.memory)),
    ):
        full, empty = charts.gauge(share, width=6)
        line.append(f"   {label} " if line else f" {label} ", FAINT)
        line.append(full, heat(share)).append(empty, "#45414f").append(f" {told}", SOFT)
    line.append("   load ", FAINT)
    return line.append(f"{host.load:.2f}", heat(host.load / host.processors))


def _alerts(status: ClusterStatus | None, width: int) -> Text:
    """The newest alert, and how many more there are; a blank line where there is none."""
    line = Text(no_wrap=True)
    if status is None or not status.alerts:
        return line
    newest, others = status.alerts[-1], len(status.alerts) - 1
    line.append(f" ▲ {newest.text}", f"bold {ALERT}").append(f"  {duration(newest.age)}", FAINT)
    line.append(f"  and {others} more" if others else "", WARM)
    line.truncate(width, overflow="ellipsis")
    return line


def _of(used: int, whole: int) -> str:
    """Two sizes, the unit once where it is the same."""
    first, second = size(used), size(whole)
    return f"{first.partition(' ')[0] if first[-2:] == second[-2:] else first} of {second}"


def _services(services: list[Service]) -> Text:
    line = Text(no_wrap=True)
    for service in services:
        line.append("● " if service.well else "✖ ", GOOD if service.well else ALERT)
        line.append(f"{service.text} ", SOFT if service.well else ALERT)
    return line


def _between(left: Text, right: Text, width: int) -> Text:
    """Both at their edges; what there is no room for goes, from the right side first."""
    room = width - left.cell_len - 2
    if right.cell_len > room:
        right = right.copy()
        right.truncate(max(room, 0), overflow="ellipsis")
    blanks = max(0, width - left.cell_len - right.cell_len)
    whole = Text.assemble(left, " " * blanks, right, no_wrap=True)
    whole.truncate(width)
    return whole
