"""The life of an instance: states and events in a table, each pair with the next state and what is to be done.

    transition = step(State.ONLINE, Event.STOP)
    transition.state       # State.STOPPING
    transition.effects     # (Effect.SIGNAL_STOP,)

Nothing happens here. The manager feeds events, keeps the state and performs the effects in their order; what it armed
in a state (a deadline, a health check) ends with that state, and `DEADLINE` names the event that a
state's deadline brings.

An exit nobody asked for is weighed by `restarts.decide` first and enters the table as what follows from it: CRASHED (it
starts again after a delay), GIVEN_UP (it stays down, errored) or FINISHED (it stays down and that is all right). An
exit that was asked for is EXITED.

A pair that is not in the table cannot happen; `step` says so with an `UnexpectedEvent`.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import msgspec


class State(Enum):
    """Where an instance is in its life."""

    STARTING = "starting"
    """Its process runs, or is about to; it does not count as ready."""

    ONLINE = "online"
    STOPPING = "stopping"
    """It was asked to end, for good."""

    RESTARTING = "restarting"
    """It was asked to end, and starts again at once."""

    FAILING = "failing"
    """It was asked to end because it is not well; what follows is decided as after a crash."""

    LEAVING = "leaving"
    """It says that it ends by itself; what follows is decided when it has."""

    STOPPED = "stopped"
    BACKING_OFF = "backing-off"
    """It waits for its restart."""

    ERRORED = "errored"
    """It is given up until an operator starts it."""

    @property
    def shown(self) -> str:
        """The state in the words of `chorus status`, which knows one word for everything that is ending."""
        return "stopping" if self in ENDING else self.value

    @property
    def runs(self) -> bool:
        """Whether it has a process in this state, or one is about to be there."""
        return self is State.STARTING or self is State.ONLINE or self in ENDING


ENDING = frozenset({State.STOPPING, State.RESTARTING, State.FAILING, State.LEAVING})
"""It was asked to end, or ends by itself, and its process is still there."""


class Event(Enum):
    """What happens to an instance."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    READY = "ready"
    """It can serve: it said so, and its first health check passed where there is one."""

    LATE = "late"
    """It was not ready within listen_timeout."""

    UNWELL = "unwell"
    """Its health checks failed, or it holds more memory than it may."""

    LEAVE = "leave"
    """Its process says that it ends, unasked."""

    KILL_DUE = "kill due"
    """It did not end within kill_timeout."""

    EXITED = "exited"
    """Its process ended after it was asked to."""

    CRASHED = "crashed"
    """Its process ended unasked, and may start again."""

    GIVEN_UP = "given up"
    """Its process ended unasked, and may not start again."""

    FINISHED = "finished"
    """Its process ended unasked, and shall stay ended."""

    DELAY_OVER = "delay over"
    """The wait for its restart is over."""


class Effect(Enum):
    """What is to be done at a transition."""

    SPAWN = "spawn the next process"
    SIGNAL_STOP = "send the stop signal"
    SIGNAL_KILL = "send SIGKILL"
    AWAIT_EXIT = "wait for the exit"
    WATCH = "check its health"
    COUNT_RESTART = "count a restart"
    FORGET_HISTORY = "forget earlier restarts"


class Transition(msgspec.Struct, frozen=True):
    """Where an event leads and what is to be done on the way."""

    state: State
    effects: tuple[Effect, ...] = ()


class UnexpectedEvent(LookupError):
    """An event that cannot happen in this state; the fault is the caller's."""

    def __init__(self, state: State, event: Event) -> None:
        self.state = state
        self.event = event
        super().__init__(f'an instance that is {state.value} cannot take the event "{event.value}"')


def _to(state: State, *effects: Effect) -> Transition:
    return Transition(state, effects)


_SPAWN_ANEW = _to(State.STARTING, Effect.FORGET_HISTORY, Effect.SPAWN)
_SPAWN_COUNTED = _to(State.STARTING, Effect.COUNT_RESTART, Effect.SPAWN)
_SPAWN_ANEW_COUNTED = _to(State.STARTING, Effect.FORGET_HISTORY, Effect.COUNT_RESTART, Effect.SPAWN)

TABLE: Mapping[State, Mapping[Event, Transition]] = MappingProxyType(
    {
        State.STOPPED: {
            Event.START: _SPAWN_ANEW,
            Event.RESTART: _SPAWN_ANEW,
            Event.STOP: _to(State.STOPPED),
        },
        State.STARTING: {
            Event.START: _to(State.STARTING),
            Event.READY: _to(State.ONLINE, Effect.WATCH),
            Event.LATE: _to(State.FAILING, Effect.SIGNAL_STOP),
            Event.STOP: _to(State.STOPPING, Effect.SIGNAL_STOP),
            Event.RESTART: _to(State.RESTARTING, Effect.SIGNAL_STOP),
            Event.CRASHED: _to(State.BACKING_OFF),
            Event.GIVEN_UP: _to(State.ERRORED),
            Event.FINISHED: _to(State.STOPPED),
        },
        State.ONLINE: {
            Event.START: _to(State.ONLINE),
            Event.STOP: _to(State.STOPPING, Effect.SIGNAL_STOP),
            Event.RESTART: _to(State.RESTARTING, Effect.SIGNAL_STOP),
            Event.UNWELL: _to(State.FAILING, Effect.SIGNAL_STOP),
            Event.LEAVE: _to(State.LEAVING, Effect.AWAIT_EXIT),
            Event.CRASHED: _to(State.BACKING_OFF),
            Event.GIVEN_UP: _to(State.ERRORED),
            Event.FINISHED: _to(State.STOPPED),
        },
        State.STOPPING: {
            Event.START: _to(State.RESTARTING),
            Event.RESTART: _to(State.RESTARTING),
            Event.STOP: _to(State.STOPPING),
            Event.KILL_DUE: _to(State.STOPPING, Effect.SIGNAL_KILL),
            Event.EXITED: _to(State.STOPPED),
        },
        State.RESTARTING: {
            Event.START: _to(State.RESTARTING),
            Event.RESTART: _to(State.RESTARTING),
            Event.STOP: _to(State.STOPPING),
            Event.KILL_DUE: _to(State.RESTARTING, Effect.SIGNAL_KILL),
            Event.EXITED: _SPAWN_COUNTED,
        },
        State.FAILING: {
            Event.START: _to(State.RESTARTING),
            Event.RESTART: _to(State.RESTARTING),
            Event.STOP: _to(State.STOPPING),
            Event.KILL_DUE: _to(State.FAILING, Effect.SIGNAL_KILL),
            Event.CRASHED: _to(State.BACKING_OFF),
            Event.GIVEN_UP: _to(State.ERRORED),
            Event.FINISHED: _to(State.STOPPED),
        },
        State.LEAVING: {
            Event.START: _to(State.RESTARTING),
            Event.RESTART: _to(State.RESTARTING),
            Event.STOP: _to(State.STOPPING),
            Event.KILL_DUE: _to(State.LEAVING, Effect.SIGNAL_KILL),
            Event.CRASHED: _to(State.BACKING_OFF),
            Event.GIVEN_UP: _to(State.ERRORED),
            Event.FINISHED: _to(State.STOPPED),
        },
        State.BACKING_OFF: {
            Event.START: _SPAWN_ANEW,
            Event.RESTART: _SPAWN_ANEW_COUNTED,
            Event.STOP: _to(State.STOPPED),
            Event.DELAY_OVER: _SPAWN_COUNTED,
        },
        State.ERRORED: {
            Event.START: _SPAWN_ANEW,
            Event.RESTART: _SPAWN_ANEW_COUNTED,
            Event.STOP: _to(State.STOPPED),
        },
    }
)

DEADLINE: Mapping[State, Event] = MappingProxyType(
    {
        State.STARTING: Event.LATE,
        State.STOPPING: Event.KILL_DUE,
        State.RESTARTING: Event.KILL_DUE,
        State.FAILING: Event.KILL_DUE,
        State.LEAVING: Event.KILL_DUE,
        State.BACKING_OFF: Event.DELAY_OVER,
    }
)
"""What a state's deadline brings. A deadline outlives a transition only into a state where it brings the same."""


def step(state: State, event: Event) -> Transition:
    """Say where an event leads.

    Raises:
        UnexpectedEvent: the pair is not in the table.
    """
    try:
        return TABLE[state][event]
    except KeyError:
        raise UnexpectedEvent(state, event) from None
