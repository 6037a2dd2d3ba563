"""What the command line and the manager say to each other: JSON lines on CHORUS_HOME/rpc.sock.

A connection carries one request and the stream of its answer: any number of `Progress`, ended by exactly one of
`Done`, `ClusterStatus`, `SampleSeries`, `LogFiles`, `Descriptions` or `Failed`. Another request may follow on the same
connection. The client may close at any time; what it asked for goes on.

    → {"type": "Scale", "target": "chat", "change": "+2"}
    ← {"type": "Progress", "text": "chat:2 online", "done": 1, "total": 2}
    ← {"type": "Progress", "text": "chat:3 online", "done": 2, "total": 2}
    ← {"type": "Done", "text": "chat has 4 instances", "changed": true}

A target is "all", an application's name, a namespace, an instance's id, "name:number", or "/regular expression/" over
names.
Version skew: a field added later has a default; a field that is not known is ignored.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chorus.cluster.series import HOUR, Span, Summary
from chorus.cluster.spec import LARGEST_CLUSTER, ApplicationSpec, ClusterSpec

LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes of one line, both ways."""

Target = Annotated[str, Meta(min_length=1, max_length=200)]
Targets = Annotated[list[Target], Meta(min_length=1, max_length=128)]


# Requests, in the imperative.


class Ping(msgspec.Struct, frozen=True, tag=True):
    """Is the manager there? Answered by Done with its version as text."""


class Start(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Run these applications. One that is there already and runs is restarted; one that was stopped starts again.

    A specification that differs from the one known replaces it.
    """

    applications: Annotated[list[ApplicationSpec], Meta(max_length=128)] = []
    only: list[str] = []
    """Names of `applications` to look at; empty means all of them."""

    targets: Annotated[list[Target], Meta(max_length=128)] = []
    """Applications that the manager knows, by target: `chorus start chat` after `chorus stop chat`."""

    if_absent: bool = False
    """Leave an application alone that runs already: Done.changed says whether anything was done."""

    must_be_new: bool = False
    """Fail with "already_there" where an application of that name is known."""


class Stop(msgspec.Struct, frozen=True, tag=True):
    """End the instances, gracefully, and keep the application known."""

    targets: Targets


class Restart(msgspec.Struct, frozen=True, tag=True):
    """Stop and start the instances."""

    targets: Targets
    environment: str | None = None
    """Select this environment of whole applications; None keeps the one they have."""


class Reload(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Replace the instances one by one without an unanswered request."""

    targets: Targets
    applications: Annotated[list[ApplicationSpec], Meta(max_length=128)] = []
    """New specifications for applications among the targets; they count once the reload succeeds."""

    environment: str | None = None
    """Select this environment of whole applications; None keeps the one they have."""


class Adopt(msgspec.Struct, frozen=True, tag=True):
    """Have these specifications hold for applications that are there, where they change what no process knows of.

    No process is touched; what would need new ones is refused.
    """

    applications: Annotated[list[ApplicationSpec], Meta(min_length=1, max_length=128)]


class Delete(msgspec.Struct, frozen=True, tag=True):
    """Stop the applications and forget them."""

    targets: Targets


class Scale(msgspec.Struct, frozen=True, tag=True):
    """Change the number of instances: "4", "+2" or "-1"."""

    target: Target
    change: Annotated[str, Meta(pattern=r"^[+-]?[0-9]{1,4}$")]


class Rebalance(msgspec.Struct, frozen=True, tag=True):
    """Move live connections among the instances until the counts are even."""

    targets: Targets


class Status(msgspec.Struct, frozen=True, tag=True):
    """What runs? Answered by ClusterStatus."""


class Samples(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What was seen of the instances lately? Answered by SampleSeries."""

    targets: Annotated[list[Target], Meta(max_length=128)] = []
    """Empty: all of them, also when there is none."""

    span: Span = "hour"
    """"hour": by the second, up to an hour back; "day": by the minute, up to a day back."""

    last: Annotated[int, Meta(ge=1, le=HOUR)] = 60
    """How many seconds or minutes."""

    values: bool = True
    """Whether each value is wanted, and not their summaries alone."""


class Logs(msgspec.Struct, frozen=True, tag=True):
    """Where do the applications log? Answered by LogFiles."""

    targets: Targets


class Signal(msgspec.Struct, frozen=True, tag=True):
    """Send a signal to the processes of the instances; what they do with it is theirs."""

    targets: Targets
    signal: Annotated[str, Meta(pattern=r"^SIG[A-Z0-9]{2,9}$")]


class Reset(msgspec.Struct, frozen=True, tag=True):
    """Set restart counts to 0 and forget earlier restarts."""

    targets: Targets
    fresh: bool = False
    """Stop the instances before and start them anew after it."""


class Describe(msgspec.Struct, frozen=True, tag=True):
    """How are the applications specified? Answered by Descriptions. Their variables are in it: for the owner's eyes."""

    targets: list[Target] = []
    """Empty: all of them, also when there is none."""


class Role(msgspec.Struct, frozen=True):
    """One instance as it is to be again."""

    number: int
    runs: bool
    finished: bool = False
    """It ended by itself, as it is meant to: a program that runs once."""


class Description(msgspec.Struct, frozen=True):
    """An application with the instances it has."""

    spec: ApplicationSpec
    instances: Annotated[list[Role], Meta(max_length=LARGEST_CLUSTER)]


class Restore(msgspec.Struct, frozen=True, tag=True):
    """Have these applications as described, numbers and states alike. One that is there is left alone."""

    applications: Annotated[list[Description], Meta(max_length=128)]
    cluster: ClusterSpec | None = None
    """Settings of the cluster; None leaves those that hold."""


class Configure(msgspec.Struct, frozen=True, tag=True):
    """Have these settings of the cluster hold from now on, also for a manager that follows."""

    cluster: ClusterSpec


class Update(msgspec.Struct, frozen=True, tag=True):
    """Have keeper and manager run the code that is installed now; the processes of the applications stay.

    Once Done is there the connection ends, and another manager answers a moment later.
    """


class Kill(msgspec.Struct, frozen=True, tag=True):
    """Stop everything: all applications, the manager and the keeper."""


Request = (
    Ping
    | Start
    | Stop
    | Restart
    | Reload
    | Adopt
    | Delete
    | Scale
    | Rebalance
    | Status
    | Samples
    | Logs
    | Signal
    | Reset
    | Describe
    | Restore
    | Configure
    | Update
    | Kill
)


# Answers.


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


class RaisedAlert(msgspec.Struct, frozen=True):
    """An alert that is raised."""

    application: str
    subject: str
    """An instance, "chat:0", or the application."""

    kind: str
    """memory, cpu, lag, errors, restarts or down."""

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


class MessageError(ValueError):
    """A line that is not one of our messages; the fault is its sender's."""


_encoder = msgspec.json.Encoder()
_requests = msgspec.json.Decoder(Request)
_answers = msgspec.json.Decoder(Answer)


def encode(message: Request | Answer) -> bytes:
    """A message as one line, its newline included."""
    return _encoder.encode(message) + b"\n"


def decode_request(line: bytes) -> Request:
    """Read what a client sent.

    Raises:
        MessageError: naming what is wrong with it.
    """
    try:
        return _requests.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not a request: {error}") from error


def decode_answer(line: bytes) -> Answer:
    """Read what the manager sent.

    Raises:
        MessageError: naming what is wrong with it.
    """
    try:
        return _answers.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not an answer: {error}") from error
