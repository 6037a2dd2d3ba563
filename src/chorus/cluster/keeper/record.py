"""What the keeper knows of one child."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from chorus.cluster.keeper import wire
from chorus.cluster.keeper.output import Output, Tail


@dataclass
class Record:
    """One child, until it is forgotten."""

    key: str
    pid: int
    """Of the process that was started; its session and its group have this number."""
    started_at: float
    notes: str
    tail: Tail
    outputs: list[Output]
    treekill: bool = True
    """Whether what descends from it ends with it."""
    number: int = 0
    """Of its mark; 0 when it has none."""
    main: int = 0
    """Of the process whose end is the child's; another one than `pid` after a MAINPID."""
    state: dict[str, str] = field(default_factory=dict[str, str])
    notified_at: float | None = None
    told_at: float = 0.0
    """When the last fact about its state went out; what it says meanwhile goes out together."""
    untold: bool = False
    exited: wire.Exited | None = None
    left: bool = False
    """Whether it has ended, and what it started has not. Once false, nothing of it is looked for any more."""
    killed: bool = False
    """Whether all of it was sent SIGKILL: what it starts before that arrives gets one, too."""

    def __post_init__(self) -> None:
        self.main = self.main or self.pid

    def described(self) -> wire.Child:
        """The record as the wire has it."""
        return wire.Child(
            self.key, self.pid, self.started_at, self.notes, self.state, self.notified_at, self.exited, self.left
        )

    def end(self, code: int) -> wire.Exited:
        """It was reaped: an exit code, or a signal below 0."""
        self.exited = wire.Exited(code if code >= 0 else None, -code if code < 0 else None, time.monotonic())
        return self.exited

    def state_of_it(self) -> dict[str, Any]:
        """All of the record, for the next release."""
        return {
            **asdict(self.described()),
            "tail": [line.decode("latin-1") for line in self.tail.lines],
            "outputs": [output.state() for output in self.outputs if output.open],
            "main": self.main,
            "group_lives": self.exited is None or self.left,  # what a release before families reads
            "treekill": self.treekill,
            "number": self.number,
        }
