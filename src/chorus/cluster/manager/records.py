"""What the manager writes into the keeper's notebook, so that the next manager goes on where it was killed.

One note for the cluster, one or two for each application, one for each instance, all JSON; and with each child the few
things that never change about it. Times are monotonic seconds, which all processes of the machine share.
"""

from typing import TypeVar

import msgspec

from chorus.cluster.alerts import Notice, Standing
from chorus.cluster.lifecycle import State
from chorus.cluster.restarts import RestartHistory
from chorus.cluster.spec import ApplicationSpec, ClusterSpec

CLUSTER = "cluster"
APPLICATION = "application:"
INSTANCE = "instance:"
ALERTS = "alerts:"


class ClusterRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to no application."""

    next_id: int = 0
    """The id the next new instance gets."""

    spec: ClusterSpec = ClusterSpec()
    """Settings of the cluster."""


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """A reload under way: a new manager finishes it."""

    spec: ApplicationSpec
    waiting: tuple[int, ...]
    """Instances not yet replaced."""

    replaced: tuple[int, ...] = ()
    """Those that are, in this order."""

    back: bool = False
    """It puts back what a reload had replaced that failed."""

    @property
    def progress(self) -> str:
        """How far it has come, for people."""
        return f"{len(self.replaced)} of {len(self.replaced) + len(self.waiting)} instances replaced"


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """A reload in the middle of which a manager was killed, and what its successor did with it."""

    text: str
    """For people: how it ended."""

    at: float | None = None
    """When it ended; None: it goes on."""

    failed: bool = False
    """Whether it did not end as it was meant to."""


class ApplicationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One application that the manager knows."""

    spec: ApplicationSpec
    reason: str | None = None
    """Why it is not as it should be."""

    roll: Roll | None = None
    resumed: Resumed | None = None
    """The last reload that was cut short, until another operation begins."""


class AlertsRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of an application and what is to be told yet."""

    raised: dict[str, Standing] = {}
    """By subject and kind: "chat:0/cpu"."""

    texts: dict[str, str] = {}
    """What was told of those."""

    unsent: tuple[Notice, ...] = ()
    """Oldest first."""

    told: dict[str, tuple[str, ...]] = {}
    """By way the ids of those among them that were told, or given up, by this one, and wait for another."""


class InstanceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One instance, whatever processes it has had."""

    application: str
    number: int
    id: int
    generation: int = 0
    """Which of its processes is the current or last one; 0: none yet."""

    highest: int = 0
    """The highest generation ever given to a process of this number, a successor's that failed included."""

    state: State = State.STOPPED
    served: bool = False
    """Whether its current or last process was ever online."""

    deadline: float | None = None
    """When the state's deadline is over (lifecycle.DEADLINE)."""

    latest_end: float | None = None
    """When it is killed though it asked for more time to end."""

    restarts: int = 0
    history: RestartHistory = RestartHistory()
    reason: str | None = None
    last_failure: str | None = None
    """The latest reason there was."""

    last_failure_at: float | None = None
    exit_code: int | None = None
    """Of the last process that exited; negative is a signal."""

    finished: bool = False
    """Whether it is stopped because its process ended as it is meant to."""

    @property
    def key(self) -> str:
        """The key of its current or last process."""
        return f"{self.application}:{self.number}:{self.generation}"

    @property
    def failed(self) -> bool:
        """Whether it does not run because something went wrong, and nothing is going to start it."""
        stopped = self.state is State.STOPPED and self.reason is not None and not self.finished
        return self.state is State.ERRORED or stopped

    @property
    def wanted(self) -> bool:
        """Whether it should run: it was not stopped, and did not end as it is meant to."""
        return self.failed or self.state not in {State.STOPPED, State.STOPPING}

    @property
    def note(self) -> str:
        """The name of its note."""
        return f"{INSTANCE}{self.application}:{self.number}"

    def of_successor(self) -> "InstanceRecord":
        """The record of one that is to take its number over, whose process gets the generation just counted."""
        return msgspec.structs.replace(
            self, generation=0, highest=self.highest - 1, state=State.STOPPED, deadline=None, reason=None
        )


class ChildNotes(msgspec.Struct, frozen=True, kw_only=True):
    """What the keeper keeps with a child."""

    application: str
    number: int
    id: int
    generation: int
    slot: int
    """Its slot of the application's load page."""


_R = TypeVar("_R", bound=msgspec.Struct)


def write(record: msgspec.Struct) -> str:
    """A record as the text of a note."""
    return msgspec.json.encode(record).decode()


def read(kind: type[_R], text: str) -> _R:
    """A note's text as a record.

    Raises:
        msgspec.DecodeError: it is not one; another version wrote it.
    """
    return msgspec.json.decode(text, type=kind)
