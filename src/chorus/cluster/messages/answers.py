"""What the manager answers: steps on the way, and what ends a request."""

from typing import Literal

import msgspec

from chorus.cluster.messages.requests import Description
from chorus.cluster.series import Summary
from chorus.cluster.spec import ClusterSpec


class Progress(msgspec.Struct, frozen=True, tag=True):
    """One step of a longer work is done."""

    text: str
    done: int
    total: int


class Done(msgspec.Struct, frozen=True, tag=True):
    """The request succeeded."""

    text: str
    changed: bool = True
    """False when all was already as asked."""


FailureCode = Literal[
    "invalid",
    "unknown_target",
    "already_there",
    "busy",
    "not_ready",
    "address_in_use",
    "address_not_available",
    "permission",
    "exec_failed",
    "too_large",
    "keeper_lost",
    "manager_ended",
    "ending",
    "internal",
]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The request failed; what is said about the instances afterwards stands in the message."""

    code: FailureCode
    message: str
    """One line for a person."""

    detail: list[str] = []
    """Further lines: the last words of the program that did not start."""


InstanceState = Literal["starting", "online", "stopping", "stopped", "backing-off", "errored"]


class InstanceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One instance as `chorus status` shows it."""

    id: int
    """A running number over all instances of the cluster; a target."""

    number: int
    """The lowest free number among the instances of its application, and its CHORUS_INSTANCE_ID."""

    key: str
    """Of its current or last process: "chat:0:3"."""

    state: InstanceState
    pid: int | None = None
    generation: int = 0
    """Counts the processes this instance has had."""

    restarts: int = 0
    uptime: float | None = None
    """Seconds since its process started."""

    memory: int | None = None
    """Resident bytes."""

    pss: int | None = None
    """Bytes with pages that processes share counted in parts; a minute old at most."""

    cpu: float | None = None
    """Per cent of one processor over the last second."""

    descriptors: int | None = None
    """Open descriptors."""

    connections: int | None = None
    """Live connections, of an application of ours."""

    lag: float | None = None
    """Seconds by which its event loop was late at most over the last second, of an application of ours."""

    status: str = ""
    """What the process says of itself (STATUS=)."""

    reason: str | None = None
    """Why it is not online."""

    last_failure: str | None = None
    """Why it last was not; stays when it is online again."""

    last_failure_age: float | None = None
    """Seconds since then."""

    exit_code: int | None = None
    """Of the last process that exited; negative is a signal."""

    exit_signal: str | None = None
    """Of the signal that ended it, the name: "SIGKILL"."""


class ApplicationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One application as `chorus status` shows it."""

    name: str
    namespace: str
    kind: Literal["asgi", "command"]
    environment: str | None = None
    """The selected one of its environments."""

    address: str | None = None
    """Of its listening socket: "127.0.0.1:3000"."""

    wanted: int = 0
    """Instances that should run: those that were not stopped, and did not end as they are meant to."""

    instances: list[InstanceStatus] = []
    reason: str | None = None
    """Why it is not as wanted."""

    log_trouble: str | None = None
    """Which of its log files cannot be written, and why: what it writes there is lost."""

    resumed: str | None = None
    """What became of a reload in the middle of which a manager was killed, until another operation begins."""

    resumed_age: float | None = None
    """Seconds since it ended; None: it goes on."""

    resumed_failed: bool = False
    """Whether it did not end as it was meant to."""


class RaisedAlert(msgspec.Struct, frozen=True):
    """An alert that is raised."""

    application: str
    subject: str
    """An instance, "chat:0", or the application."""

    kind: str
    """memory, cpu, lag, errors, restarts, down or logs."""

    text: str
    age: float
    """Seconds since it was raised."""


class ClusterStatus(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Everything that `chorus status` shows."""

    keeper_pid: int
    manager_pid: int
    home: str
    version: str
    applications: list[ApplicationStatus] = []
    alerts: list[RaisedAlert] = []
    """The oldest first."""


class InstanceSamples(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one instance, whatever processes it has had."""

    application: str
    number: int
    summaries: dict[str, Summary | None]
    """By column (series.COLUMNS); None where nothing was seen."""

    values: dict[str, list[float | None]] = {}
    """By column, oldest first; None for a moment at which nothing was seen."""


class SampleSeries(msgspec.Struct, frozen=True, tag=True):
    """What was seen of the instances lately."""

    step: float
    """Seconds between two values."""

    instances: list[InstanceSamples]


class LogFile(msgspec.Struct, frozen=True):
    """One log file of an application; absolute path."""

    application: str
    stream: Literal["out", "error", "combined"]
    path: str


class LogFiles(msgspec.Struct, frozen=True, tag=True):
    """Where the applications log."""

    files: list[LogFile]


class Descriptions(msgspec.Struct, frozen=True, tag=True):
    """How the applications are specified."""

    applications: list[Description]
    cluster: ClusterSpec = ClusterSpec()
    """Settings of the cluster."""


Final = Done | Failed | ClusterStatus | SampleSeries | LogFiles | Descriptions
"""The answers that end a request."""

Answer = Progress | Final
