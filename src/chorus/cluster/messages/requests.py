"""What the command line asks the manager for, in the imperative."""

from typing import Annotated

import msgspec
from msgspec import Meta

from chorus.cluster.series import HOUR, Span
from chorus.cluster.spec import LARGEST_CLUSTER, ApplicationSpec, ClusterSpec

Target = Annotated[str, Meta(min_length=1, max_length=200)]
Targets = Annotated[list[Target], Meta(min_length=1, max_length=128)]


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
