"""The pipes between children and log files: made at a start, given back at the end, handed on at an update.

    with pipes.opened(key, logs) as (stdout, stderr, begin):       # the ends for the child
        pid = execute(...)
        outputs = begin(tail)                                      # ours are read from here on

Nothing of this is left when the start fails: neither a descriptor nor a file that nobody else has.
"""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from chorus.cluster.keeper import wire
from chorus.cluster.keeper.logs import LogFile, LogFiles, Told
from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.output import Output, Tail, output_pipe
from chorus.cluster.keeper.wire import Failure

Begin = Callable[[Tail], list[Output]]
"""Begins to read both streams; the last lines of both go to the tail."""


class Pipes:
    """All of them, and the log files that they share."""

    def __init__(self, loop: Loop, told: Told) -> None:
        """`told` hears which log files cannot be written."""
        self._loop = loop
        self._files = LogFiles(told)

    @contextmanager
    def opened(self, key: str, logs: wire.Logs | None) -> Generator[tuple[int, int, Begin]]:
        """The ends for a child's stdout and stderr, closed here when the block ends, and what begins to read ours.

        Raises Failure: logs_failed, spawn_failed (no descriptor is left).
        """
        logs = logs or wire.Logs()
        name = _line_name(key, logs)
        with ExitStack() as undo, ExitStack() as theirs:
            files = [self._take((path, logs.combined), undo) for path in (logs.out, logs.err)]
            ends = [_pipe(key, undo, theirs) for _ in files]
            streams = ("out", "err") if logs.json else ("", "")

            def begin(tail: Tail) -> list[Output]:
                return [
                    Output(self._loop, ours, files=to, tail=tail, name=name, on_end=self._give_back, stream=stream)
                    for (ours, _), to, stream in zip(ends, files, streams, strict=True)
                ]

            yield ends[0][1], ends[1][1], begin
            undo.pop_all()

    def resume(self, state: dict[str, Any], tail: Tail) -> Output:
        """Go on with a pipe that was handed over."""
        os.set_inheritable(state["fd"], False)
        return Output(
            self._loop,
            state["fd"],
            files=[self._files.take(path, at_once=False) for path in state["files"]],
            tail=tail,
            name=None if state["name"] is None else state["name"].encode(),
            on_end=self._give_back,
            beginning=state["beginning"].encode("latin-1"),
            stream=state.get("stream", ""),  # a release before JSON had none
        )

    def reopen(self) -> None:
        """Open every log file by its path again."""
        self._files.reopen()

    def _take(self, paths: Sequence[str | None], undo: ExitStack) -> list[LogFile]:
        """The files at these paths; one that is named twice is written once."""
        files: list[LogFile] = []
        for path in {os.path.abspath(path): None for path in paths if path}:
            try:
                files.append(self._files.take(path))
            except OSError as error:
                raise Failure("logs_failed", f"cannot write {path}: {error.strerror}") from error
            undo.callback(self._files.give_back, files[-1])
        return files

    def _give_back(self, files: Sequence[LogFile]) -> None:
        for file in files:
            self._files.give_back(file)


def _pipe(key: str, undo: ExitStack, theirs: ExitStack) -> tuple[int, int]:
    try:
        ours, end = output_pipe()
    except OSError as error:
        raise Failure("spawn_failed", f"no output pipe for {key}: {error.strerror}") from error
    undo.callback(os.close, ours)
    theirs.callback(os.close, end)
    return ours, end


def _line_name(key: str, logs: wire.Logs) -> bytes | None:
    if not (logs.timestamps or logs.json):
        return None
    return (logs.name or key.rpartition(":")[0] or key).encode(errors="replace")
