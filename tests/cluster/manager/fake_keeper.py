# ruff: noqa: N802 - the methods that carry out commands have the commands' names
"""A keeper in memory: it has no processes, but it says everything a real one would say about them."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

from chorus.cluster.keeper import wire
from chorus.cluster.manager.keeper_client import KeeperLost
from chorus.cluster.spec.address import meet


def replace(child: wire.Child, **changes: object) -> wire.Child:
    return wire.Child(**{**vars(child), **changes})


class FakeKeeper:
    """Children live here as records. Tests say what happens to them."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.children: dict[str, wire.Child] = {}
        self.spawned: list[wire.SpawnChild] = []
        self.signals: list[tuple[str, int]] = []
        self.notebook: dict[str, str] = {}
        self.listeners: dict[str, wire.Listener] = {}
        self.pages: set[str] = set()
        self.taken_ports: set[int] = set()
        self.foreign_hosts: set[str] = set()
        """Addresses that this machine has not."""
        self.last_lines = ["the last line"]
        self.exited = False
        self.broken: Callable[[wire.SpawnChild], bool] = lambda _: False
        """Which children exit with code 1 as soon as they are started."""
        self.silent: Callable[[wire.SpawnChild], bool] = lambda _: False
        """Which children never say that they are ready."""
        self.stubborn = False
        """Whether children ignore every signal but SIGKILL."""
        self.leaves = False
        """Whether children leave something behind when they are told to end."""
        self._link: FakeLink | None = None
        self._pid = 5_000_000  # beyond what the system gives out

    def link(self) -> "FakeLink":
        """A connection for a new manager; the one before is dead."""
        if self._link is not None:
            self._link.dead = True
        self._link = FakeLink(self)
        return self._link

    def living(self) -> list[str]:
        """The keys of children that run."""
        return sorted(key for key, child in self.children.items() if child.exited is None)

    def notify(self, key: str, **state: str) -> None:
        """The child says something of itself."""
        child = self.children[key]
        if child.exited is None:
            self.children[key] = child = replace(child, state={**child.state, **state})
            self._tell(wire.ChildNotified(key, child.pid, child.state))

    def end(self, key: str, *, code: int | None = None, by_signal: int | None = None, left: bool = False) -> None:
        """The child ends; `left`: what it started goes on."""
        child = self.children[key]
        assert child.exited is None
        self.children[key] = replace(child, exited=wire.Exited(code, by_signal, self.now()), left=left)
        self._tell(wire.ChildExited(key, child.pid, code, by_signal, self.now(), left))

    def end_family(self, key: str) -> None:
        """What an exited child had started ends."""
        self.children[key] = replace(self.children[key], left=False)
        self._tell(wire.FamilyEnded(key, self.children[key].pid))

    def do(self, command: wire.Command) -> wire.Answer:
        """Carry out a command by the method of its name."""
        return getattr(self, f"_{type(command).__name__}")(command) or wire.Done()

    def _OpenListener(self, command: wire.OpenListener) -> wire.ListenerOpened:
        if command.host in self.foreign_hosts:
            raise wire.Failure("address_not_available", "Cannot assign requested address")
        others = [(each.host, each.port) for name, each in self.listeners.items() if name != command.name]
        here = (command.host, command.port)
        if command.port in self.taken_ports or any(meet(here, each) for each in others):
            raise wire.Failure("address_in_use", "Address already in use")
        port = command.port or 40000
        self.listeners[command.name] = wire.Listener(command.name, command.host, port)
        return wire.ListenerOpened(command.host, port)

    def _CloseListener(self, command: wire.CloseListener) -> None:
        self._drop(self.listeners, command.name)

    def _OpenPage(self, command: wire.OpenPage) -> None:
        self.pages.add(command.name)

    def _ClosePage(self, command: wire.ClosePage) -> None:
        self.pages.discard(command.name)

    def _ForgetChild(self, command: wire.ForgetChild) -> None:
        if command.key in self.children and self.children[command.key].exited is None:
            raise wire.Failure("running", f"{command.key} runs")
        self._drop(self.children, command.key)

    def _Note(self, command: wire.Note) -> None:
        self.notebook.pop(command.name, None)
        if command.text is not None:
            self.notebook[command.name] = command.text

    def _Subscribe(self, _: wire.Subscribe) -> None:
        pass

    def _Inspect(self, _: wire.Inspect) -> wire.Snapshot:
        listeners = list(self.listeners.values())
        return wire.Snapshot(1, 0.0, list(self.children.values()), listeners, dict(self.notebook))

    def _Tail(self, _: wire.Tail) -> wire.Lines:
        return wire.Lines(self.last_lines)

    def _ReopenLogs(self, _: wire.ReopenLogs) -> None:
        pass

    def _Exit(self, _: wire.Exit) -> None:
        self.exited = True

    def _SpawnChild(self, command: wire.SpawnChild) -> wire.ChildSpawned:
        if command.key in self.children:
            raise wire.Failure("conflict", f"{command.key} is known")
        self._pid += 1
        child = wire.Child(command.key, self._pid, self.now(), command.notes, {}, None, None)
        self.children[command.key] = child
        self.spawned.append(command)
        loop = asyncio.get_running_loop()
        if self.broken(command):
            loop.call_soon(lambda: self.end(command.key, code=1))
        elif not self.silent(command):
            loop.call_soon(lambda: self.notify(command.key, READY="1"))
        return wire.ChildSpawned(child.pid, child.started_at)

    def _SignalChild(self, command: wire.SignalChild) -> None:
        key, number = command.key, command.signal
        if key not in self.children:
            raise wire.Failure("not_found", f"{key} is not known")
        child = self.children[key]
        if child.exited is not None and not (child.left and command.group):
            raise wire.Failure("not_running", f"{key} has ended")
        if number == signal.SIGCONT:
            return
        self.signals.append((key, number))
        if child.exited is not None:
            if number == signal.SIGKILL:
                self.end_family(key)
        elif number == signal.SIGKILL:
            self.end(key, by_signal=number)
        elif not self.stubborn:
            self.end(key, code=0, left=self.leaves)

    def _drop(self, table: dict[str, object], name: str) -> None:
        if name not in table:
            raise wire.Failure("not_found", f"{name} is not known")
        del table[name]

    def _tell(self, fact: wire.Fact) -> None:
        if self._link is not None:
            self._link.tell(fact)


class FakeLink:
    """Answers at once, but as a socket does: what asked goes on in a later turn of the loop, in order."""

    def __init__(self, keeper: FakeKeeper) -> None:
        self.dead = False
        self._keeper = keeper
        self._handler = None

    def ask(self, command: wire.Command):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if self.dead:
            future.set_exception(KeeperLost("this manager was killed"))
            future.exception()
            return future
        try:
            loop.call_soon(_settle, future.set_result, self._keeper.do(command))
        except wire.Failure as error:
            loop.call_soon(_settle, future.set_exception, error)
        return future

    def listen(self, handler) -> None:
        self._handler = handler

    def tell(self, fact: wire.Fact) -> None:
        if self._handler is not None and not self.dead:
            asyncio.get_running_loop().call_soon(self._handler, fact)


def _settle(settle, outcome) -> None:
    with contextlib.suppress(asyncio.InvalidStateError):  # whoever asked was cancelled meanwhile
        settle(outcome)
