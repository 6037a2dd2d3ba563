"""What is said and done while the manager says nothing: whoever waits learns for what, and does not wait for ever.

    Client(path, on_silence=Silence(context))

A manager that is busy with something long answers another question meanwhile, and may take its time. One that answers
nothing hangs: its keeper ends it after 25 s (docs/decisions/watched-manager.md), and the command goes on with the next.
"""

import time
from typing import Final

from chorus.cluster.cli import daemon
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import ClusterStatus, Status
from chorus.cluster.rpc.client import Client, RpcError

FIRST: Final = 3.0
"""Seconds of silence until somebody looks, and between two looks."""

PATIENCE: Final = 90.0
"""Seconds for which a manager may answer nothing at all; longer than its keeper leaves it alone."""

_ANSWERS_WITHIN: Final = 2.0
_MOST_NAMED: Final = 3


class Silence:
    """Of one request."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told: set[str] = set()
        self._deaf_since: float | None = None

    def __call__(self, seconds: float) -> None:
        """The manager has said nothing for so long.

        Raises:
            RpcError: it has answered nothing at all for PATIENCE.
        """
        status = self._look()
        if status is not None:
            self._deaf_since = None
            held = daemon.is_stopped(status.keeper_pid)
            words = _keeper_is_held(status.keeper_pid) if held else at_work(status)
            self._tell("held" if held else "busy", f"{self._context.command.name}: waiting; {words}")
            return
        now = time.monotonic()
        self._deaf_since = now - min(seconds, FIRST) if self._deaf_since is None else self._deaf_since
        manager = found(self._context.home)
        if now - self._deaf_since > PATIENCE:
            raise RpcError(f"{manager} has answered nothing for {PATIENCE:.0f} s; chorus kill ends everything")
        self._tell("deaf", f"{manager} does not answer; its keeper ends one that hangs and starts another: waiting")

    def _look(self) -> ClusterStatus | None:
        """Ask something else; None when that is not answered either."""
        home = self._context.home
        try:
            with Client(home.rpc_socket, connect_timeout=_ANSWERS_WITHIN, timeout=_ANSWERS_WITHIN) as client:
                answer = client.ask(Status())
        except (OSError, RpcError):
            return None
        return answer if isinstance(answer, ClusterStatus) else None

    def _tell(self, what: str, text: str) -> None:
        """Say it, once."""
        if what not in self._told:
            self._told.add(what)
            self._context.terminal.note(text)


def at_work(status: ClusterStatus) -> str:
    """What the manager waits for itself, by the states of instances."""
    moving = [
        f"{application.name}:{instance.number} is {instance.state}"
        for application in status.applications
        for instance in application.instances
        if instance.state in {"starting", "stopping"}
    ]
    more = f" and {len(moving) - _MOST_NAMED} more" if len(moving) > _MOST_NAMED else ""
    return ", ".join(moving[:_MOST_NAMED]) + more if moving else "the manager is at it"


def found(home: Home) -> str:
    """The manager, with what the system says of its process: "the manager (pid 77, stopped by SIGSTOP)"."""
    pid = daemon.manager_pid(home)
    if pid is None:
        return "the manager"
    stopped = ", stopped by a signal: kill -CONT has it go on" if daemon.is_stopped(pid) else ""
    return f"the manager (pid {pid}{stopped})"


def _keeper_is_held(pid: int) -> str:
    return f"the keeper (pid {pid}) was stopped by a signal: kill -CONT {pid} has it go on"
