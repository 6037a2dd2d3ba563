"""What the keeper knows of one child."""

import time
from typing import Any

from chorus.cluster.keeper import wire
from chorus.cluster.keeper.output import Output, Tail
from chorus.cluster.keeper.struct import as_dict


class Record:
    """One child, until it is forgotten."""

    def __init__(self, key: str, pid: int, started_at: float, notes: str, tail: Tail, outputs: list[Output]) -> None:
        self.key, self.started_at, self.notes = key, started_at, notes
        self.pid = pid
        """Of the process that was started; its session and its group have this number."""
        self.tail, self.outputs = tail, outputs
        self.treekill = True
        """Whether what descends from it ends with it."""
        self.number = 0
        """Of its mark; 0 when it has none."""
        self.main = pid
        """Of the process whose end is the child's; another one than `pid` after a MAINPID."""
        self.state: dict[str, str] = {}
        self.notified_at: float | None = None
        self.told_at = 0.0
        """When the last fact about its state went out; what it says meanwhile goes out together."""
        self.untold = False
        self.exited: wire.Exited | None = None
        self.left = False
        """Whether it has ended, and what it started has not. Once false, nothing of it is looked for any more."""
        self.killed = False
        """Whether all of it was sent SIGKILL: what it starts before that arrives gets one, too."""

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
            **as_dict(self.described()),
            "tail": [line.decode("latin-1") for line in self.tail.lines],
            "outputs": [output.state() for output in self.outputs if output.open],
            "main": self.main,
            "group_lives": self.exited is None or self.left,  # what a release before families reads
            "treekill": self.treekill,
            "number": self.number,
        }
