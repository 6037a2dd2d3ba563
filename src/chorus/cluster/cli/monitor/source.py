"""Where the monitor gets what it shows, and whom it tells what is to be done: the manager, through rpc alone.

All of it blocks, so the screen calls it from threads. What is asked is bounded: a status a second, and once, at the
beginning, the last minutes of up to a hundred instances.
"""

from collections.abc import Callable
from typing import NamedTuple

from chorus.cluster.cli import daemon
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.monitor import host
from chorus.cluster.cli.monitor.host import Host
from chorus.cluster.cli.monitor.trails import LENGTH
from chorus.cluster.cli.product import Service
from chorus.cluster.messages import (
    ClusterStatus,
    Done,
    Failed,
    Final,
    LogFile,
    LogFiles,
    Logs,
    Progress,
    Request,
    Samples,
    SampleSeries,
    Status,
)
from chorus.cluster.rpc.client import Client, RpcError

_PATIENCE = 5.0
"""Seconds the manager may take for a look."""

_MOST_INSTANCES = 100
"""Instances whose past is asked for at the beginning; the others begin with the first look."""


class Scene(NamedTuple):
    """What there is to be shown at one moment."""

    host: Host
    status: ClusterStatus | None
    trouble: str = ""
    """Why there is no status."""


class Source:
    """The cluster of one home."""

    def __init__(self, home: Home, services: Callable[[], list[Service]] = list) -> None:
        self._home = home
        self._services = services
        self._doing: Client | None = None

    @property
    def place(self) -> str:
        """The home, for a person."""
        return self._home.path

    def look(self) -> Scene:
        """How everything is now."""
        seen = host.look()
        try:
            answer = self._ask(Status())
        except OSError as error:
            return Scene(seen, None, self._why(error))
        if not isinstance(answer, ClusterStatus):
            return Scene(seen, None, f"the manager answered {type(answer).__name__}, expected ClusterStatus")
        return Scene(seen, answer)

    def past(self, status: ClusterStatus) -> SampleSeries:
        """What the manager remembers of the last minutes."""
        targets = [f"{each.name}:{i.number}" for each in status.applications for i in each.instances][:_MOST_INSTANCES]
        if not targets:
            return SampleSeries(1.0, [])
        try:
            answer = self._ask(Samples(targets=targets, last=LENGTH))
        except OSError:  # it went away since the look before; the next look says so
            return SampleSeries(1.0, [])
        return answer if isinstance(answer, SampleSeries) else SampleSeries(1.0, [])

    def services(self) -> list[Service]:
        """How what the applications depend on is."""
        return self._services()

    def log_files(self, target: str) -> list[LogFile]:
        """Where an instance logs; nowhere when it is gone or the manager is away."""
        try:
            answer = self._ask(Logs([target]))
        except OSError:  # the next look says why
            return []
        return answer.files if isinstance(answer, LogFiles) else []

    def do(self, request: Request, on_progress: Callable[[Progress], None]) -> Done | Failed:
        """Have something done, and say how it ended."""
        try:
            with Client(self._home.rpc_socket) as client:
                self._doing = client
                answer = client.ask(request, on_progress)
        except OSError as error:
            return Failed("keeper_lost", self._why(error))
        finally:
            self._doing = None
        if isinstance(answer, (Done, Failed)):
            return answer
        return Failed("internal", f"the manager answered {type(answer).__name__}, expected Done")

    def hang_up(self) -> bool:
        """Wait no longer for what is being done; it goes on. False when nothing is."""
        if (doing := self._doing) is None:
            return False
        doing.interrupt()
        return True

    def _ask(self, request: Request) -> Final:
        with Client(self._home.rpc_socket, connect_timeout=_PATIENCE, timeout=_PATIENCE) as client:
            return client.ask(request)

    def _why(self, error: OSError) -> str:
        """What is wrong when nobody answers."""
        if daemon.keeper_pid(self._home) is None:
            if left := daemon.left_behind(self._home):
                return f"The keeper was killed; nobody looks after {', '.join(left)}: chorus start starts anew"
            return f"Nothing runs in {self._home.path}"
        if isinstance(error, RpcError):
            return f"{error}; looking again"
        return "The manager is being started again"
