"""A reload as a plan: which instance is replaced when, and what happens if a new one does not become ready.

The plan starts successors, at most `surge` more processes than before. A successor that is ready is switched in: from
then on it is the instance, and the old process is asked to end. Only when that has ended does the next successor start.
A successor that fails, or is not ready in time, ends the plan: it and the others not yet switched in are stopped, every
old process that is left stays, and where `restore` is set (the specification changed) the instances already replaced
are put back.

    rollout, actions = begin(Plan(numbers=(0, 1), listen_timeout=10.0), now=0.0)  # [StartSuccessor(0)]
    rollout, actions = advance(rollout, SuccessorReady(0), now=1.5)               # [Switch(0)]
    rollout, actions = advance(rollout, PredecessorGone(0), now=2.0)              # [StartSuccessor(1)]
    rollout, actions = advance(rollout, TimePassed(), now=12.0)                   # [Abort(1, ...)]

Where old and new cannot run at once (`overlap=False`: a program that binds its port itself) the old one is stopped
first.

Nothing happens here: the manager performs the actions in their order, feeds what became of them, and calls with
`TimePassed` at `next_deadline`. All times are monotonic seconds.
"""

from enum import Enum

import msgspec


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a reload is to do."""

    numbers: tuple[int, ...]
    """Instances to replace, in this order."""

    surge: int = 1
    """Instances replaced at a time."""

    listen_timeout: float = 10.0
    """Seconds a successor may take until it is ready."""

    overlap: bool = True
    """The successor starts while its predecessor runs."""

    restore: bool = False
    """After a failure, put back what was replaced."""

    replaced: tuple[int, ...] = ()
    """Instances that were replaced before: the plan goes on with one that was cut short."""


class Phase(Enum):
    """Where one instance is on its way."""

    MAKING_ROOM = "making room"
    """Its predecessor is ending; the successor starts after it. Only without overlap."""

    SURGING = "surging"
    """Its successor starts."""

    RETIRING = "retiring"
    """Its successor serves; its predecessor is ending."""


class Flight(msgspec.Struct, frozen=True):
    """One instance that is being replaced."""

    number: int
    phase: Phase
    deadline: float | None = None
    """When its successor must be ready."""


class Outcome(Enum):
    """How a rollout ended."""

    COMPLETED = "completed"
    ABORTED = "aborted"


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """A plan under way."""

    plan: Plan
    waiting: tuple[int, ...]
    flights: tuple[Flight, ...] = ()
    replaced: tuple[int, ...] = ()
    """Instances whose successor was switched in, in this order."""

    outcome: Outcome | None = None

    @property
    def next_deadline(self) -> float | None:
        """When to call `advance` with `TimePassed` at the latest; None when nothing is awaited by time."""
        return min((flight.deadline for flight in self.flights if flight.deadline is not None), default=None)


# What became of the actions.


class SuccessorReady(msgspec.Struct, frozen=True):
    """The successor is ready to serve."""

    number: int


class SuccessorFailed(msgspec.Struct, frozen=True):
    """The successor exited or could not be started."""

    number: int
    reason: str


class PredecessorGone(msgspec.Struct, frozen=True):
    """The old process has ended, or there was none."""

    number: int


class TimePassed(msgspec.Struct, frozen=True):
    """Nothing happened, but a deadline may be over."""


Event = SuccessorReady | SuccessorFailed | PredecessorGone | TimePassed


# What is to be done.


class StartSuccessor(msgspec.Struct, frozen=True):
    """Start a process of the new specification for this instance."""

    number: int


class Switch(msgspec.Struct, frozen=True):
    """The successor is the instance from now on; ask the old process to end."""

    number: int


class StopPredecessor(msgspec.Struct, frozen=True):
    """Ask the old process to end, so that its successor can start."""

    number: int


class Complete(msgspec.Struct, frozen=True):
    """All instances are replaced; the new specification holds."""


class Abort(msgspec.Struct, frozen=True):
    """The rollout has ended without success. Successors that were not switched in are not wanted any more.

    `number` is the instance that did not get ready, `restore` lists the ones to put back, last replaced first.
    """

    number: int
    reason: str
    restore: tuple[int, ...]


Action = StartSuccessor | Switch | StopPredecessor | Complete | Abort


def begin(plan: Plan, *, now: float) -> tuple[Rollout, list[Action]]:
    """Start a plan. A plan for no instance is complete at once."""
    return _launch(Rollout(plan=plan, waiting=plan.numbers, replaced=plan.replaced), now)


def advance(rollout: Rollout, event: Event, *, now: float) -> tuple[Rollout, list[Action]]:
    """Say what follows an event. Events for instances that are not in flight, or after the end, change nothing."""
    if rollout.outcome is not None:
        return rollout, []
    if isinstance(event, TimePassed):
        return _expire(rollout, now)
    flight = next((flight for flight in rollout.flights if flight.number == event.number), None)
    if flight is None:
        return rollout, []
    match event, flight.phase:
        case SuccessorReady(), Phase.SURGING:
            return _switch(rollout, flight, now)
        case SuccessorFailed(reason=reason), Phase.SURGING:
            return _abort(rollout, flight, reason)
        case PredecessorGone(), Phase.MAKING_ROOM:
            surging = Flight(flight.number, Phase.SURGING, now + rollout.plan.listen_timeout)
            return _replace(rollout, flight, surging), [StartSuccessor(flight.number)]
        case PredecessorGone(), Phase.RETIRING:
            return _launch(_replace(rollout, flight), now)
        case _:
            return rollout, []


def _launch(rollout: Rollout, now: float) -> tuple[Rollout, list[Action]]:
    """Put as many waiting instances in flight as the surge allows; complete when none is left."""
    free = rollout.plan.surge - len(rollout.flights)
    numbers, waiting = rollout.waiting[:free], rollout.waiting[free:]
    actions: list[Action] = []
    flights = list(rollout.flights)
    for number in numbers:
        if rollout.plan.overlap:
            flights.append(Flight(number, Phase.SURGING, now + rollout.plan.listen_timeout))
            actions.append(StartSuccessor(number))
        else:
            flights.append(Flight(number, Phase.MAKING_ROOM))
            actions.append(StopPredecessor(number))
    rollout = msgspec.structs.replace(rollout, waiting=waiting, flights=tuple(flights))
    if not rollout.flights:
        return msgspec.structs.replace(rollout, outcome=Outcome.COMPLETED), [*actions, Complete()]
    return rollout, actions


def _switch(rollout: Rollout, flight: Flight, now: float) -> tuple[Rollout, list[Action]]:
    """The successor takes over; without overlap its predecessor is gone already."""
    rollout = msgspec.structs.replace(rollout, replaced=(*rollout.replaced, flight.number))
    switch = Switch(flight.number)
    if rollout.plan.overlap:
        return _replace(rollout, flight, Flight(flight.number, Phase.RETIRING)), [switch]
    rollout, actions = _launch(_replace(rollout, flight), now)
    return rollout, [switch, *actions]


def _expire(rollout: Rollout, now: float) -> tuple[Rollout, list[Action]]:
    """Abort for the first successor that is late."""
    for flight in rollout.flights:
        if flight.deadline is not None and now >= flight.deadline:
            return _abort(rollout, flight, f"not ready within {rollout.plan.listen_timeout:g} s")
    return rollout, []


def _abort(rollout: Rollout, failed: Flight, reason: str) -> tuple[Rollout, list[Action]]:
    """End it all; predecessors that are ending already are let go."""
    restore = tuple(reversed(rollout.replaced)) if rollout.plan.restore else ()
    ended = msgspec.structs.replace(rollout, flights=(), waiting=(), outcome=Outcome.ABORTED)
    return ended, [Abort(failed.number, reason, restore)]


def _replace(rollout: Rollout, flight: Flight, new: Flight | None = None) -> Rollout:
    """The rollout with one flight changed, or taken out."""
    flights = [new if f is flight else f for f in rollout.flights]
    return msgspec.structs.replace(rollout, flights=tuple(f for f in flights if f is not None))
