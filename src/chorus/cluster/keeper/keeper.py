"""The keeper put together: which room does which command, and how it all ends."""

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from chorus.cluster.keeper import marks, wire
from chorus.cluster.keeper.children import Children
from chorus.cluster.keeper.control import Control
from chorus.cluster.keeper.daemon_log import say
from chorus.cluster.keeper.handover import VERSION, hear_signals, replace_program
from chorus.cluster.keeper.listeners import Listeners, Pages
from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.manager_process import ManagerProcess
from chorus.cluster.keeper.notify import ALL, NotifySocket
from chorus.cluster.keeper.orphans import Register
from chorus.cluster.keeper.wire import Failure

LARGEST_NOTEBOOK = 8 << 20
"""Characters in the notebook and in the children's notes together."""

KILL_AFTER = float(os.environ.get("CHORUS_KEEPER_KILL_AFTER", "10"))
"""Seconds between SIGTERM and SIGKILL when the keeper ends its children; tests want fewer."""

DEAF_AFTER = 5.0
"""Seconds after SIGKILL until what ended children left is waited for no more: the system does not end it, or we may
not.
"""

_MEANS_NOTHING = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that are ignored, where the system would end the process: whatever runs would end with the keeper. Python
ignores SIGPIPE already. A program that is started has all of them as the system has them.
"""

_NEVER_WHEN_ENDING = (wire.SpawnChild, wire.OpenListener, wire.OpenPage)


class Keeper:
    """Does commands by giving each to the room that knows how."""

    def __init__(self, home: str, manager: Sequence[str], lock: int) -> None:
        self._lock = lock
        self._loop = Loop()
        self._started_at = time.monotonic()
        self._notebook: dict[str, str] = {}
        self._ending = False
        self._listeners = Listeners()
        self._pages = Pages()
        self._register = Register(home)
        self._control = Control(self._loop, self._perform)
        self._children = Children(
            self._loop,
            listeners=self._listeners,
            pages=self._pages,
            notify_path=os.path.join(home, "notify.sock"),
            happened=self._control.publish,
            register=self._register,
        )
        self._notify = NotifySocket(self._notified)
        self._manager = ManagerProcess(self._loop, manager, home, self._register)
        self._rooms: dict[type[wire.Command], Callable[[Any], wire.Answer]] = {
            wire.OpenListener: self._listeners.open,
            wire.CloseListener: self._listeners.close,
            wire.OpenPage: self._pages.open,
            wire.ClosePage: self._pages.close,
            wire.SpawnChild: self._spawn,
            wire.SignalChild: self._children.signal,
            wire.ForgetChild: self._children.forget,
            wire.Tail: self._children.tail,
            wire.ReopenLogs: self._children.reopen_logs,
            wire.Update: self._update,
            wire.Note: self._note,
            wire.Inspect: self._inspect,
            wire.Exit: self._exit,
        }

    def begin(self, control: socket.socket, notify: socket.socket) -> None:
        """Begin from nothing, with these bound sockets."""
        self._children.families.begin()
        self._register.base = self._children.families.base
        self._listen(control, notify)
        self._manager.start()

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on where the release before stood."""
        self._started_at, self._notebook = state["started_at"], state["notebook"]
        self._listeners.resume(state["listeners"])
        self._pages.resume(state["pages"])
        self._children.families.resume(*state.get("marks", (marks.choose(), 0)))
        self._register.base = self._children.families.base
        self._children.resume(state["children"])
        self._listen(*(socket.socket(fileno=fd) for fd in state["sockets"]))
        self._manager.resume(state["manager"])
        self._loop.at(time.monotonic(), self._reap)  # who ended meanwhile is told of by no signal

    def _listen(self, control: socket.socket, notify: socket.socket) -> None:
        for each in (control, notify):
            each.setblocking(False)
            each.set_inheritable(False)
        self._sockets = (control, notify)
        self._notify.listen(self._loop, notify)
        self._control.listen(control)

    def run(self) -> None:
        """Serve until Exit or SIGTERM, and return when no child and no manager is left."""
        for number in _MEANS_NOTHING:
            signal.signal(number, signal.SIG_IGN)
        self._manager.look_after_log()
        self._loop.on_signal(signal.SIGCHLD, self._reap)
        self._loop.on_signal(signal.SIGTERM, self._end)
        self._loop.on_signal(signal.SIGINT, self._end)
        hear_signals()
        self._loop.run()

    def _notified(self, pid: int, said: dict[str, str]) -> None:
        self._manager.notified(pid, said)
        self._children.notified(pid, said)

    def _perform(self, command: wire.Command) -> wire.Answer:
        if self._ending and isinstance(command, _NEVER_WHEN_ENDING):
            raise Failure("ending", "the keeper is ending")
        return self._rooms[type(command)](command)

    def _spawn(self, command: wire.SpawnChild) -> wire.ChildSpawned:
        self._make_room(len(command.notes))
        return self._children.spawn(command)

    def _note(self, command: wire.Note) -> wire.Done:
        if command.text is None:
            self._notebook.pop(command.name, None)
        else:
            self._make_room(len(command.name) + len(command.text) - len(self._notebook.get(command.name, "")))
            self._notebook[command.name] = command.text
        return wire.Done()

    def _make_room(self, more: int) -> None:
        held = sum(len(name) + len(text) for name, text in self._notebook.items()) + self._children.notes_size()
        if held + more > LARGEST_NOTEBOOK:
            raise Failure("full", f"notebook and notes have at most {LARGEST_NOTEBOOK} characters, {held} are used")

    def _inspect(self, _command: wire.Inspect) -> wire.Snapshot:
        return wire.Snapshot(
            os.getpid(),
            self._started_at,
            self._children.all(),
            self._listeners.all(),
            dict(self._notebook),
            VERSION,
            dict(self._children.failing_logs),
        )

    def _update(self, _command: wire.Update) -> wire.Done:
        if self._ending:
            raise Failure("ending", "the keeper is ending")
        self._loop.at(time.monotonic(), self._replace)  # after the answer went out
        return wire.Done()

    def _replace(self) -> None:
        if self._ending:
            return  # told to end in between
        children, listeners, pages = self._children.state(), self._listeners.state(), self._pages.state()
        sockets = [each.fileno() for each in self._sockets]
        state = {
            "started_at": self._started_at,
            "notebook": self._notebook,
            "listeners": listeners,
            "pages": pages,
            "children": children,
            "sockets": sockets,
            "manager": self._manager.pid,
            "marks": self._children.families.state(),
            "lock": self._lock,
        }
        pipes = [output["fd"] for child in children for output in child["outputs"]]
        kept = [self._lock, *sockets, *pipes, *(fd for _, fd in listeners), *(fd for fd, _ in pages.values())]
        try:
            replace_program(state, kept)
        except OSError as error:  # the old program goes on
            say(f"cannot update: {error}")

    def _exit(self, command: wire.Exit) -> wire.Done:
        living = self._children.living()
        if living and not command.force:
            raise Failure("running", f"{len(living)} children still run: {', '.join(sorted(living)[:5])}")
        self._loop.at(time.monotonic(), self._end)  # after the answer went out
        return wire.Done()

    def _reap(self) -> None:
        self._notify.receive(ALL)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break  # no child is left
            if pid == 0:
                break
            if not self._manager.reaped(pid, status):
                self._children.reaped(pid, status)
        self._children.families.look_again()
        self._stop_when_alone()

    def _end(self) -> None:
        if not self._ending:
            self._ending = True
            with suppress(OSError):  # for whoever would start one or wait for us; a disk may be full
                os.pwrite(self._lock, b"%d ending\n" % os.getpid(), 0)
            self._signal_all(signal.SIGTERM)
            self._loop.at(time.monotonic() + KILL_AFTER, lambda: self._signal_all(signal.SIGKILL))
            self._loop.at(time.monotonic() + KILL_AFTER + DEAF_AFTER, self._leave_what_is_left)
            self._stop_when_alone()

    def _signal_all(self, number: int) -> None:
        self._manager.stop(number)
        self._children.signal_all(number)

    def _leave_what_is_left(self) -> None:
        self._children.families.left.clear()
        self._stop_when_alone()

    def _stop_when_alone(self) -> None:
        if self._ending and not (self._children.living() or self._children.families.left or self._manager.pid):
            self._loop.stop()
