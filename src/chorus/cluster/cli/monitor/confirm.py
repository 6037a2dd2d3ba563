"""A question before something is done: y does it, n and Escape do not."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from chorus.cluster.cli.monitor.palette import ACCENT, FAINT, INK, SOFT


class Confirm(ModalScreen[bool]):
    """Asks; the answer is the screen's result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "yes"),
        Binding("n,escape,q", "answer(False)", "no"),
    ]

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self._question, self._consequence = question, consequence

    def compose(self) -> ComposeResult:
        """The question, what follows from a yes, and the keys."""
        with Vertical(id="confirm"):
            yield Static(Text(self._question, style=f"bold {INK}"))
            yield Static(Text(self._consequence, style=SOFT))
            keys = Text.assemble(
                ("y", f"bold {ACCENT}"), ("  yes     ", FAINT), ("n", f"bold {ACCENT}"), ("  no", FAINT)
            )
            yield Static(keys, id="keys")

    def action_answer(self, answer: bool) -> None:
        """It was answered."""
        self.dismiss(answer)
