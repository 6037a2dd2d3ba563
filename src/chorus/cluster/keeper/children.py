"""The children: started, listened to, signalled, reaped. Each is known by its key until it is forgotten."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

from chorus.cluster.keeper import documents, main_process, notify, wire
from chorus.cluster.keeper.daemon_log import say
from chorus.cluster.keeper.execution import FIRST_PASSED, Program, execute
from chorus.cluster.keeper.families import Families
from chorus.cluster.keeper.listeners import Listeners, Pages
from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.orphans import Register
from chorus.cluster.keeper.output import Tail
from chorus.cluster.keeper.pipes import Pipes
from chorus.cluster.keeper.record import Record
from chorus.cluster.keeper.wire import Failure

MOST = 4096
"""Children a keeper knows, those that exited included."""

BETWEEN_WORDS = 0.05
"""Seconds between two facts about what one child says: a talkative child must not drown the manager."""

_OURS = ("LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "NOTIFY_SOCKET", "CHORUS_LOAD_FD")


class Children:
    """All children by key. `happened` gets every fact."""

    def __init__(
        self,
        loop: Loop,
        *,
        listeners: Listeners,
        pages: Pages,
        notify_path: str,
        happened: Callable[[wire.Fact], None],
        register: Register,
    ) -> None:
        self._loop, self._listeners, self._pages = loop, listeners, pages
        self._notify_path, self._happened, self._register = notify_path, happened, register
        self._pipes = Pipes(loop, self._log_told)
        self.failing_logs: dict[str, str] = {}
        """Why log files cannot be written, by their paths."""
        self._records: dict[str, Record] = {}
        self._by_pid: dict[int, Record] = {}
        self.families = Families(self._by_pid, self._left_nothing)

    def spawn(self, command: wire.SpawnChild) -> wire.ChildSpawned:
        """Start a child."""
        if command.key in self._records:
            raise Failure("conflict", f"child {command.key} is already known")
        if len(self._records) >= MOST:
            raise Failure("full", f"{MOST} children are known")
        passed = [self._listeners.named(name).fileno() for name in command.listeners]
        page = [] if command.page is None else [self._pages.named(command.page)]
        tail, number = Tail(), self.families.next_number() if command.treekill else 0
        with self._pipes.opened(command.key, command.logs) as (stdout, stderr, begin):
            pid = execute(
                Program(
                    argv=command.argv,
                    cwd=command.cwd,
                    env=self._environment(command),
                    stdout=stdout,
                    stderr=stderr,
                    passed=[*passed, *page],
                    uid=command.uid,
                    gid=command.gid,
                    mark=self.families.base - number if number else 0,
                )
            )
            outputs = begin(tail)
        record = Record(command.key, pid, time.monotonic(), command.notes, tail, outputs)
        record.treekill, record.number = command.treekill, number
        self._records[command.key] = self._by_pid[pid] = record
        self._register.add(pid, command.key, treekill=command.treekill)
        return wire.ChildSpawned(pid, record.started_at)

    def signal(self, command: wire.SignalChild) -> wire.Done:
        """Signal a child, or all that belongs to it."""
        record = self._named(command.key)
        if command.signal not in signal.valid_signals():
            raise Failure("invalid", f"{command.signal} is no signal")
        try:
            if command.group and record.treekill:
                reached = self.families.signal(record, command.signal)
            elif reached := record.exited is None:
                os.kill(record.main, command.signal)
            if not reached:
                raise ProcessLookupError
        except ProcessLookupError as error:
            raise Failure("not_running", f"child {command.key} does not run") from error
        except PermissionError as error:
            raise Failure("permission", f"child {command.key} may not be signalled") from error
        return wire.Done()

    def forget(self, command: wire.ForgetChild) -> wire.Done:
        """Drop an exited child."""
        if self._named(command.key).exited is None:
            raise Failure("running", f"child {command.key} still runs")
        del self._records[command.key]
        return wire.Done()

    def tail(self, command: wire.Tail) -> wire.Lines:
        """The last output lines of a child."""
        return wire.Lines(self._named(command.key).tail.last(command.lines))

    def reopen_logs(self, _command: wire.ReopenLogs) -> wire.Done:
        """Open every log file by its path again."""
        self._pipes.reopen()
        return wire.Done()

    def all(self) -> list[wire.Child]:
        """Every child, for the snapshot."""
        return [record.described() for record in self._records.values()]

    def state(self) -> list[dict[str, Any]]:
        """What the next release of the keeper goes on with."""
        return [record.state_of_it() for record in self._records.values()]

    def resume(self, state: Iterable[dict[str, Any]]) -> None:
        """Go on with what was handed over."""
        for each in state:
            child = documents.build(wire.Child, each)
            tail = Tail()
            tail.lines.extend(line.encode("latin-1") for line in each["tail"])
            outputs = [self._pipes.resume(output, tail) for output in each["outputs"]]
            record = Record(child.key, child.pid, child.started_at, child.notes, tail, outputs)
            record.state, record.notified_at = child.state, child.notified_at
            record.exited, record.left = child.exited, child.left
            record.main = each.get("main", child.pid)  # a release before MAINPID had none
            # A release before families had neither; nothing of its children is found but by their sessions.
            record.treekill, record.number = each.get("treekill", True), each.get("number", 0)
            self._records[child.key] = record
            if child.exited is None:
                for pid in {child.pid, record.main}:
                    self._by_pid[pid] = record
                    if main_process.belongs(pid, child.pid):
                        self._register.add(pid, child.key, treekill=record.treekill)
            elif child.left:
                self.families.ended(record)

    def living(self) -> list[str]:
        """The keys of those that run."""
        return [record.key for record in self._records.values() if record.exited is None]

    def notes_size(self) -> int:
        """Characters held for the manager with the children."""
        return sum(len(record.notes) for record in self._records.values())

    def notified(self, pid: int, said: dict[str, str]) -> None:
        """A process said something; it counts when it is a child or belongs to a child's session."""
        record = self._by_pid.get(pid) or self._by_pid.get(_session(pid))
        if record is None or not said:
            return
        record.notified_at = time.monotonic()
        if "MAINPID" in said:
            self._follow(record, said)
        after = notify.changed(record.state, said, record.notified_at)
        if after != record.state:
            record.state = after
            if not record.untold:
                record.untold = True
                self._loop.at(record.told_at + BETWEEN_WORDS, lambda: self._tell(record))

    def reaped(self, pid: int, status: int) -> bool:
        """A process ended; True when it was a child. What it still had to say is written before the fact goes out."""
        record = self._by_pid.pop(pid, None)
        if record is None:
            return False
        self._register.discard(pid)
        if pid != record.main and main_process.belongs(record.main, record.pid):
            self._by_pid[record.pid] = record  # by which its session is known, as long as there is one
            return True  # it named another process, and with that it goes on
        for each in [each for each, known in self._by_pid.items() if known is record]:
            del self._by_pid[each]
            self._register.discard(each)
        for output in record.outputs:
            output.drain()
        record.outputs = [output for output in record.outputs if output.open]
        self._tell(record)
        exited = record.end(os.waitstatus_to_exitcode(status))
        self.families.ended(record)
        self._happened(wire.ChildExited(record.key, pid, exited.code, exited.signal, exited.at, record.left))
        return True

    def signal_all(self, number: int) -> None:
        """Signal all children, and what ended ones left behind."""
        for key in self.living():
            try:
                self.signal(wire.SignalChild(key, number, group=True))
            except Failure as failed:  # the others are still to be told
                say(f"ending: {failed}")
        for record in list(self.families.left):
            self.families.signal(record, number)

    def _log_told(self, path: str, trouble: str | None) -> None:
        if trouble is None:
            self.failing_logs.pop(path, None)
            self._happened(wire.LogWritable(path))
        else:
            self.failing_logs[path] = trouble
            self._happened(wire.LogFailed(path, trouble))

    def _left_nothing(self, record: Record) -> None:
        self._happened(wire.FamilyEnded(record.key, record.pid))

    def _follow(self, record: Record, said: dict[str, str]) -> None:
        """Take the process that is named for the main one, or leave the word aside."""
        claimed = said["MAINPID"]
        main = main_process.named_by(claimed, session=record.pid, main=record.main)
        if main is None:
            del said["MAINPID"]
            say(f"{record.key}: MAINPID={claimed} left aside: not a process it started")
        elif main != record.main:
            record.main = main
            self._by_pid[main] = record
            self._register.add(main, record.key, treekill=record.treekill)

    def _tell(self, record: Record) -> None:
        if record.untold:
            record.untold = False
            record.told_at = time.monotonic()
            self._happened(wire.ChildNotified(record.key, record.pid, record.state))

    def _named(self, key: str) -> Record:
        if key not in self._records:
            raise Failure("not_found", f"no child is named {key}")
        return self._records[key]

    def _environment(self, command: wire.SpawnChild) -> dict[str, str]:
        env = {name: value for name, value in command.env.items() if name not in _OURS}
        env["NOTIFY_SOCKET"] = self._notify_path
        if command.listeners:
            env["LISTEN_FDS"] = str(len(command.listeners))
            env["LISTEN_FDNAMES"] = ":".join(command.listeners)
        if command.page is not None:
            env["CHORUS_LOAD_FD"] = str(FIRST_PASSED + len(command.listeners))
        return env


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0  # the sender is gone already: whose it was cannot be told
