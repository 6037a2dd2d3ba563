"""The monitor's screen: looks once a second, follows the selected instance's log, and has done what the keys ask for.

Theory of operation. Everything that waits for the manager or reads a file runs in a thread, one of each kind at a time;
a look that is not back when the next one is due takes its place. What comes back is drawn by the event loop, unless the
screen is gone by then.

    every second      Source.look     → heading, table, details
    every 5 seconds   Source.services → heading
    4 times a second  Tail.read       → log
    a key, confirmed  Source.do       → toasts with its steps and its end
"""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.markup import escape
from textual.widgets import Footer, RichLog, Static

from chorus.cluster.cli.monitor.confirm import Confirm
from chorus.cluster.cli.monitor.details import Details
from chorus.cluster.cli.monitor.heading import Heading
from chorus.cluster.cli.monitor.instances import Instances
from chorus.cluster.cli.monitor.palette import FAINT, INK, THEME, WARM
from chorus.cluster.cli.monitor.selection import Selection
from chorus.cluster.cli.monitor.source import Scene, Source
from chorus.cluster.cli.monitor.tailing import Line, Tail
from chorus.cluster.cli.monitor.trails import Trails
from chorus.cluster.messages import Failed, LogFile, Reload, Request, Restart, Scale

LOOK_EVERY = 1.0
SERVICES_EVERY = 5.0
LOG_EVERY = 0.25

MOST_LOG_LINES = 1000
WIDE = 120
"""Columns from which on the details stand beside the log."""


class Monitor(App[None]):
    """The whole of it."""

    CSS_PATH = "monitor.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "select", key_display="↑↓"),
        Binding("down,j", "move(1)", show=False),
        Binding("home,g", "move(-100000)", show=False),
        Binding("end,G", "move(100000)", show=False),
        Binding("r", "reload", "reload"),
        Binding("R", "restart", "restart", key_display="R"),
        Binding("plus", "scale(1)", "more", key_display="+"),
        Binding("minus", "scale(-1)", "less", key_display="-"),
        Binding("e", "errors", "errors"),
        Binding("p,space", "pause", "pause", key_display="p"),
        Binding("q,ctrl+c", "quit", "quit", key_display="q"),
    ]

    def __init__(self, source: Source, product: str, *, colours: bool = True) -> None:
        # Where NO_COLOR is set, Textual makes greys of 24 bits of its own colours, and nothing of a terminal's.
        super().__init__(ansi_color=None if colours else True)
        self._source = source
        self._selection, self._trails = Selection(), Trails()
        self._scene: Scene | None = None
        self._heading, self._instances, self._details = (
            Heading(product, source.place), Instances(self._selection, self._trails), Details(),
        )  # fmt: skip
        self._nothing = Static(id="nothing")
        self._log_view = RichLog(id="log", max_lines=MOST_LOG_LINES, wrap=False, min_width=0)
        self._below = Horizontal(self._log_view, self._details, id="below")
        self._begun = False
        self._errors = False
        self._paused = False
        self._tail: Tail | None = None
        self._busy: str = ""
        """What is being done."""
        self.goes_on: str = ""
        """What was being done when the screen went away."""

    def compose(self) -> ComposeResult:
        """Heading, table, log with details beside it, keys."""
        yield self._heading
        yield self._nothing
        yield self._instances
        yield self._below
        yield Footer()

    def on_mount(self) -> None:
        """Take colours and keys."""
        self.register_theme(THEME)
        self.theme = THEME.name
        self._log_view.can_focus = False
        self._instances.focus()

    def on_ready(self) -> None:
        """Begin to look: what comes back has something to be drawn on."""
        self._look()
        self._look_at_services()
        self.set_interval(LOOK_EVERY, self._look)
        self.set_interval(SERVICES_EVERY, self._look_at_services)
        self.set_interval(LOG_EVERY, self._read_log)

    def on_unmount(self) -> None:
        """Nobody waits for what is being done: the terminal is its owner's again at once."""
        if self._source.hang_up():
            self.goes_on = self._busy

    def on_resize(self) -> None:
        """Show as much as there is room for, as soon as it is known how much that is."""
        self.call_later(self._arrange)

    def on_instances_selected(self) -> None:
        """Another instance is meant from now on."""
        self._follow_selected()
        self._show_details()

    # What the keys do

    def action_move(self, by: int) -> None:
        """Select another instance."""
        self._instances.move(by)

    def action_errors(self) -> None:
        """Show standard error alone, or all of the log again."""
        self._errors = not self._errors
        self._follow_selected(anew=True)

    def action_pause(self) -> None:
        """Hold the log where it is, or go on with what came meanwhile."""
        self._paused = not self._paused
        self._title_log()

    def action_reload(self) -> None:
        """Replace the instances of the selected application one by one."""
        if (row := self._selection.row) is not None:
            name, count = row.application.name, len(row.application.instances)
            text = f"{_instances(count)}, one after another; no request is lost."
            self._confirm(f"Reload {name}?", text, Reload(targets=[name]))

    def action_restart(self) -> None:
        """Stop and start the selected instance."""
        if (row := self._selection.row) is not None:
            self._confirm(
                f"Restart {row.target}?", "It is stopped and started; the others go on.", Restart([row.target])
            )

    def action_scale(self, by: int) -> None:
        """Have one instance more or less of the selected application."""
        if (row := self._selection.row) is not None:
            name, count = row.application.name, len(row.application.instances)
            text = f"From {count} to {_instances(count + by)}."
            self._confirm(f"Scale {name} to {count + by}?", text, Scale(name, f"{by:+d}"))

    def _confirm(self, question: str, consequence: str, request: Request) -> None:
        if self._busy:
            self.notify(f"{self._busy} is under way", severity="warning")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._busy = question.removesuffix("?")
                self._do(request)

        self.push_screen(Confirm(question, consequence), answered)

    @work(thread=True, group="do")
    def _do(self, request: Request) -> None:
        answer = self._source.do(
            request, lambda step: self._told(f"{step.done} of {step.total}  {step.text}" if step.total else step.text)
        )
        if isinstance(answer, Failed):
            self._told("\n".join([answer.message, *answer.detail[-3:]]), failed=True)
        else:
            self._told(answer.text)
        self._draw(self._done)

    def _told(self, text: str, *, failed: bool = False) -> None:
        severity, seconds = ("error", 10) if failed else ("information", 4)
        self._draw(lambda: self.notify(text, severity=severity, timeout=seconds, markup=False))

    def _done(self) -> None:
        self._busy = ""
        self._look()

    # Looking

    def _draw(self, draw: Callable[[], None]) -> None:
        """Have the event loop draw what a thread came back with; nothing is drawn on a screen that is gone."""
        self.call_from_thread(lambda: draw() if self.is_running else None)

    @work(thread=True, exclusive=True, group="look")
    def _look(self) -> None:
        scene = self._source.look()
        if not self._begun and scene.status is not None:
            self._begun = True
            past = self._source.past(scene.status)
            self._draw(lambda: self._trails.begin(past))
        self._draw(lambda: self._show(scene))

    @work(thread=True, exclusive=True, group="services")
    def _look_at_services(self) -> None:
        services = self._source.services()
        self._draw(lambda: self._heading.show_services(services))

    def _show(self, scene: Scene) -> None:
        before, self._scene = self._scene, scene
        if scene.status is not None:
            self._trails.add(scene.status)
        self._selection.show(scene.status)
        self._heading.show(scene)
        self._instances.refresh()
        self._show_details()
        self._follow_selected()
        self._title_log()
        self._arrange()
        if before is None:
            self._instances.focus()

    def _arrange(self) -> None:
        """Show the table and what is below it, or in their place that there is nothing; both as high as they need."""
        if self._scene is None:
            return
        rows = len(self._selection.rows)
        self._nothing.display = rows == 0
        self._nothing.update(_hint(self._scene))
        self._instances.display = self._below.display = rows > 0
        self._instances.styles.height = min(rows + 1, max(self.size.height * 2 // 5, 5))
        self._details.display = self.size.width >= WIDE

    def _show_details(self) -> None:
        row = self._selection.row
        trail = None if row is None else self._trails.of(row.application.name, row.instance.number)
        self._details.show(row, trail)

    # The log

    def _follow_selected(self, *, anew: bool = False) -> None:
        row = self._selection.row
        target = row.target if row is not None else ""
        if not anew and self._tail is not None and self._tail.target == target:
            return
        if self._tail is not None:
            self._tail.close()
            self._tail = None
        self._log_view.clear()
        self._title_log()
        if target:
            self._find_log(target, errors=self._errors)

    def _title_log(self) -> None:
        row = self._selection.row
        words = [row.target if row is not None else "", "errors" if self._errors else "log"]
        self._log_view.border_title = "  ".join(words)
        reason = row.instance.reason if row is not None else None
        self._log_view.border_subtitle = "paused: p goes on" if self._paused else escape(reason or "")

    @work(thread=True, exclusive=True, group="log")
    def _find_log(self, target: str, *, errors: bool) -> None:
        files = self._source.log_files(target)
        self._draw(lambda: self._begin_log(target, files, errors))

    def _begin_log(self, target: str, files: list[LogFile], errors: bool) -> None:
        row = self._selection.row
        if row is None or (row.target, self._errors) != (target, errors):
            return  # another one was selected meanwhile
        if self._tail is not None:
            return  # two looked for it, and the other one was back first
        self._tail = Tail(target, files, errors=errors)
        self._read_log()

    def _read_log(self) -> None:
        if self._tail is None or self._paused:
            return
        if lines := self._tail.read():
            self._log_view.write(Text("\n").join(map(_written, lines)), scroll_end=True)


def _hint(scene: Scene) -> Text:
    """What is said where there is no instance."""
    trouble = scene.trouble or "The manager runs; there is no application"
    return Text.assemble((f"{trouble}\n\n", WARM), ("Start with  ", FAINT), ("chorus start", f"bold {INK}"))


def _written(line: Line) -> Text:
    text = Text(no_wrap=True)
    if line.at:
        text.append(f"{line.at} ", FAINT)
    upper = line.text[:200].upper()
    colour = "#ff8b80" if "ERROR" in upper or "CRITICAL" in upper else WARM if "WARN" in upper else INK
    return text.append(line.text, colour)


def _instances(count: int) -> str:
    return f"{count} instance{'' if count == 1 else 's'}"
