"""What belongs to a child: all that descends from it, whoever is its parent by now.

    families.signal(record, signal.SIGTERM)     # all of it
    families.ended(record)                      # its main process was reaped: what of it is left?
    families.look_again()                       # others were reaped: whose families are gone by now?

Below a process that runs, everything that descends from it can be found by going from parents to children. What has
lost its parent is the keeper's own child, because the keeper is a subreaper; its mark, or its session, says whose it
was. So a family is complete whenever it is looked at, and a process that starts another one while it is being killed
gains nothing: when it ends, its child comes to the keeper, and the family is looked at again.
"""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress

from chorus.cluster.keeper import descent, marks
from chorus.cluster.keeper.daemon_log import say
from chorus.cluster.keeper.descent import Process
from chorus.cluster.keeper.record import Record


class Families:
    """Of all children."""

    def __init__(self, known: Mapping[int, Record], gone: Callable[[Record], None]) -> None:
        """`known`: the children's processes that are not reaped; `gone` hears when nothing of an ended one is left."""
        self._known, self._gone = known, gone
        self.left: list[Record] = []
        """Ended children, of which something is there yet."""
        self.base, self._count = 0, 0
        self._beyond: set[tuple[int, str]] = set()
        """Processes that may not be signalled, by pid and start time: they are somebody else's by now."""

    def begin(self) -> None:
        """Choose marks, and leave the family of whoever started this keeper: it is to outlive a login or a service."""
        self.resume(marks.choose(), 0)

    def resume(self, base: int, count: int) -> None:
        """Go on counting where the release before did."""
        self.base, self._count = base, count
        marks.put(base)

    def state(self) -> tuple[int, int]:
        """What `resume` wants."""
        return self.base, self._count

    def next_number(self) -> int:
        """Of the mark of a new child; 0 where nothing can be marked."""
        if not self.base or self._count + 1 >= marks.MOST:
            return 0
        self._count += 1
        return self._count

    def signal(self, record: Record, number: int) -> bool:
        """Signal all of it; whether there was anything. Raises PermissionError for the child itself."""
        if record.exited is not None and not record.left:
            return False
        members = self._members(record)
        record.killed = record.killed or number == signal.SIGKILL
        reached = False
        if self._known.get(record.pid) is record:  # not reaped, so the group's number is nobody else's
            with suppress(ProcessLookupError):  # nothing but a process that is to be reaped
                os.killpg(record.pid, number)
                reached = True
                members = [process for process in members if process.group != record.pid]
        return self._send(record, members, number) or reached

    def ended(self, record: Record) -> None:
        """Its main process was reaped: see what is left of the others."""
        record.left = record.treekill and (bool(self._members(record)) or self._somebody_just_ended())
        if record.left:
            self.left.append(record)

    def look_again(self) -> None:
        """Processes were reaped: among them may have been the last of a family."""
        for record in list(self.left):
            members = self._members(record)
            if record.killed:
                self._send(record, members, signal.SIGKILL)
            if members or self._somebody_just_ended():
                continue
            self.left.remove(record)
            record.left = False
            self._gone(record)

    def _members(self, record: Record) -> list[Process]:
        own = [pid for pid, known in self._known.items() if known is record]  # former main processes, too
        found = descent.family([*own, *(pid for pid in self._orphans() if self._is_of(record, pid))])
        return [process for process in found if (process.pid, process.started) not in self._beyond]

    def _orphans(self) -> list[int]:
        """The processes that came to the keeper, and its manager; those that are to be reaped among them."""
        return [pid for pid in descent.children_of(os.getpid()) if pid not in self._known]

    def _somebody_just_ended(self) -> bool:
        """Whether an orphan is to be reaped: nobody knows whose it was and whether it started another one before.

        It is reaped in a moment, and then the families are looked at again.
        """
        return any(descent.seen(pid) is None for pid in self._orphans())

    def _is_of(self, record: Record, pid: int) -> bool:
        if number := marks.number(marks.of(pid), self.base):
            return number == record.number
        process = descent.seen(pid)  # without a mark: not to be had here, or it took another limit upon itself
        return process is not None and process.session == record.pid

    def _send(self, record: Record, members: list[Process], number: int) -> bool:
        reached = False
        for process in members:
            try:
                reached = descent.send(process, number) or reached
            except PermissionError:
                if process.pid == record.main:
                    raise
                self._beyond.add((process.pid, process.started))
                say(f"{record.key}: may not signal {process.pid}, which it started")
        return reached
