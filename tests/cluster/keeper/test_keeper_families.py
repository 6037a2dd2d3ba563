"""What is left of a child that ended, looked at again and again; what the system says of processes is the test's."""

import json
import signal
from types import SimpleNamespace

import pytest

from chorus.cluster.keeper import families as module
from chorus.cluster.keeper import main_process, wire
from chorus.cluster.keeper.children import Children
from chorus.cluster.keeper.descent import Process
from chorus.cluster.keeper.families import Families
from chorus.cluster.keeper.output import Tail
from chorus.cluster.keeper.record import Record

STARTER, DAEMON, LATER = 70, 71, 72


class System:
    """The processes that came to the keeper, and the signals that they got."""

    def __init__(self) -> None:
        self.orphans: list[int] = []
        self.zombies: list[int] = []
        self.sent: list[tuple[int, int]] = []
        self.session: int | None = None
        """Of all of them; None: each has its own."""

    def children_of(self, _pid: int) -> list[int]:
        return [*self.orphans, *self.zombies]

    def seen(self, pid: int) -> Process | None:
        return Process(pid, 1, pid, self.session or pid, "0") if pid in self.orphans else None

    def family(self, pids) -> list[Process]:
        return [process for pid in pids if (process := self.seen(pid)) is not None]

    def send(self, process: Process, number: int) -> bool:
        self.sent.append((process.pid, number))
        return True


@pytest.fixture
def system(monkeypatch):
    """Everything there is bears the mark of the child with the number 3."""
    system = System()
    for name in ("children_of", "seen", "family", "send"):
        monkeypatch.setattr(module.descent, name, getattr(system, name))
    monkeypatch.setattr(module.marks, "of", lambda _pid: 0)
    monkeypatch.setattr(module.marks, "number", lambda _mark, _base: 3)
    return system


def ended(families: Families, *, treekill: bool = True) -> Record:
    """A child that was reaped."""
    record = Record("x:0:1", STARTER, 0.0, "", Tail(), [])
    record.number, record.treekill, record.exited = 3, treekill, wire.Exited(0, None, 0.0)
    families.ended(record)
    return record


def test_what_appears_after_all_of_it_was_killed_is_killed_too_until_nothing_is_left(system):
    """Row 29: it was started before the signal came, and its starter is gone."""
    gone = []
    families = Families({}, gone.append)
    system.orphans = [DAEMON]
    record = ended(families)

    families.signal(record, signal.SIGKILL)
    system.orphans = [LATER]
    families.look_again()
    told_too_soon = list(gone)
    system.orphans = []
    families.look_again()

    assert system.sent == [(DAEMON, signal.SIGKILL), (LATER, signal.SIGKILL)]
    assert (told_too_soon, gone) == ([], [record])
    assert not record.left


def test_what_was_only_asked_to_end_is_not_killed_by_a_look(system):
    families = Families({}, lambda _: None)
    system.orphans = [DAEMON]
    record = ended(families)

    families.signal(record, signal.SIGTERM)
    families.look_again()

    assert system.sent == [(DAEMON, signal.SIGTERM)]


def test_while_somebody_is_to_be_reaped_nothing_is_taken_for_the_end(system):
    """Row 29: nobody knows yet what that one has started."""
    gone = []
    families = Families({}, gone.append)
    system.zombies = [DAEMON]
    record = ended(families)
    left = record.left

    families.look_again()
    before = list(gone)
    system.zombies = []
    families.look_again()

    assert (left, before, gone) == (True, [], [record])


def test_a_former_main_process_is_signalled_with_the_others(system):
    """Row 29: one that named a successor and goes on, in a group of its own."""
    record = Record("x:0:1", STARTER, 0.0, "", Tail(), [])
    record.number, record.main = 3, LATER
    families = Families({DAEMON: record, LATER: record}, lambda _: None)
    system.orphans = [DAEMON, LATER]

    families.signal(record, signal.SIGTERM)

    assert sorted(system.sent) == [(DAEMON, signal.SIGTERM), (LATER, signal.SIGTERM)]


@pytest.mark.parametrize(("session", "left"), [(STARTER, True), (4000, False)])
def test_without_a_mark_the_session_tells_whose_a_process_is(system, monkeypatch, session, left):
    """Row 29: where nothing can be marked, or the process took another limit upon itself."""
    monkeypatch.setattr(module.marks, "number", lambda _mark, _base: 0)
    system.orphans, system.session = [DAEMON], session

    assert ended(Families({}, lambda _: None)).left is left


def test_of_a_child_without_treekill_nothing_is_looked_for(system):
    system.orphans = [DAEMON]

    assert not ended(Families({}, lambda _: None), treekill=False).left


def test_what_is_known_of_a_child_outlives_an_update_of_the_keeper():
    """Row 31: its mark and `treekill` as well, by which its family is found, or left alone."""
    record = Record("x:0:1", STARTER, 1.5, "opaque", Tail(), [])
    record.tail.add(b"one\n\xfftwo\n")
    record.number, record.treekill, record.main, record.state = 3, False, DAEMON, {"READY": "1"}
    record.notified_at, record.exited = 2.5, wire.Exited(7, None, 3.5)
    handed_over = json.loads(json.dumps([record.state_of_it()]))
    nothing = {"listeners": None, "pages": None, "register": None, "notify_path": "", "happened": lambda _: None}

    children = Children(None, **nothing)
    children.resume(handed_over)

    assert children.state() == [record.state_of_it()]
    assert (record.state_of_it()["treekill"], record.state_of_it()["number"]) == (False, 3)


@pytest.fixture
def replaced_twice(system, monkeypatch):
    """A child whose main process was replaced, and that one too: it is LATER now."""
    told = []
    loop = SimpleNamespace(at=lambda *_: None)
    register = SimpleNamespace(add=lambda *_, **__: None, discard=lambda _: None)
    nothing = {"listeners": None, "pages": None, "notify_path": ""}
    children = Children(loop, happened=told.append, register=register, **nothing)
    record = Record("x:0:1", STARTER, 0.0, "", Tail(), [])
    record.number = 3
    monkeypatch.setattr(main_process, "belongs", lambda pid, _session: pid in system.orphans)
    monkeypatch.setattr(main_process, "named_by", lambda claimed, **_: int(claimed))
    monkeypatch.setattr(module.os, "killpg", lambda *_: None)
    system.orphans = [DAEMON, LATER]
    children.resume([record.state_of_it()])
    for main in (DAEMON, LATER):
        children.notified(STARTER, {"MAINPID": str(main)})
    return children, told


def test_a_process_that_was_the_main_one_before_is_not_taken_for_it_when_its_pid_is_anothers(replaced_twice, system):
    children, _ = replaced_twice
    system.orphans = [LATER]
    children.reaped(DAEMON, 0)
    system.orphans = [DAEMON, LATER]  # another one, which the child started

    children.signal(wire.SignalChild("x:0:1", signal.SIGTERM, group=True))

    assert (DAEMON, signal.SIGTERM) in system.sent


def test_nothing_is_kept_of_the_main_processes_of_a_child_that_ended(replaced_twice, system):
    children, told = replaced_twice
    system.orphans = []
    children.reaped(LATER, 0)

    known = [children.reaped(pid, 0) for pid in (STARTER, DAEMON, LATER)]  # pids of others by now

    assert known == [False, False, False]
    assert [type(fact) for fact in told].count(wire.ChildExited) == 1
