"""What follows when a process has ended: pure, from what is known of it.

end = after(spec, record, trial=False, words="exited with code 1", said="", at=now, uptime=12.5)
end.event, end.reason      # Event.CRASHED, "exited with code 1"
end.restart_at             # when it starts again
"""

import signal

import msgspec

from chorus.cluster import restarts
from chorus.cluster.lifecycle import ENDING, Event, State
from chorus.cluster.manager.records import InstanceRecord
from chorus.cluster.restarts import TRY_AGAIN_LATER, RestartHistory
from chorus.cluster.spec import ApplicationSpec

LONGEST_EXTENSION = 60.0
"""Seconds beyond `kill_timeout` for which an instance that ends is waited for, where it asks for more time."""


class End(msgspec.Struct, frozen=True):
    """The event that the end of a process is, and what is to be remembered of it."""

    event: Event
    reason: str | None = None
    history: RestartHistory | None = None
    """The earlier restarts from now on; None: as they are."""

    restart_at: float | None = None
    """Monotonic seconds; of CRASHED."""


def after(
    spec: ApplicationSpec, record: InstanceRecord, *, trial: bool, words: str, said: str, at: float, uptime: float
) -> End:
    """Say what follows.

    Args:
        spec: of the process.
        record: of its instance, the exit code in it.
        trial: whether an operator waits for it: one that ends before it was ready is not started again.
        words: what the system says of its end.
        said: what it said of itself last.
        at: when it ended, in monotonic seconds.
        uptime: for how long it served.
    """
    reason, state = _reason(spec, record, words), record.state
    if state in {State.STOPPING, State.RESTARTING}:
        return End(Event.EXITED)
    if trial and state in {State.STARTING, State.FAILING} and not ran_well(spec, record):
        return End(Event.GIVEN_UP, reason)
    if state is State.FAILING:  # we ended it in order to start it again, whatever its code
        return _weighed(spec, record, reason, at, uptime)
    if record.exit_code is not None and record.exit_code in spec.stop_exit_codes:
        return End(Event.FINISHED, reason)
    if record.exit_code == TRY_AGAIN_LATER and spec.autorestart and spec.max_restarts > 0:
        return _put_off(spec, record, said or words, at)
    if not spec.autorestart:
        return End(Event.FINISHED if record.exit_code == 0 else Event.GIVEN_UP, reason)
    return _weighed(spec, record, reason, at, uptime)


def ran_well(spec: ApplicationSpec, record: InstanceRecord) -> bool:
    """Whether the last process, a program that says nothing of itself, ended as it is meant to."""
    code = record.exit_code
    meant = code in spec.stop_exit_codes or (code == 0 and not spec.autorestart)
    return code is not None and meant and not spec.says_ready


def waits_for_family(spec: ApplicationSpec, record: InstanceRecord, now: float) -> bool:
    """Whether what a process started, and has not ended with it, gets the rest of the time that the process had.

    It was sent the stop signal as well: a shell hears it and is gone, while the server that it runs still answers. Our
    own worker is told alone, and has ended what it started; what a crash leaves is ended at once.
    """
    asked = record.state in {State.STOPPING, State.RESTARTING, State.FAILING}
    return asked and spec.kind == "command" and record.deadline is not None and now < record.deadline


def extended(record: InstanceRecord, until: float) -> float | None:
    """The later end of one that is ending and asks for time until then, in monotonic seconds; None: there is none."""
    due, latest = record.deadline, record.latest_end
    if record.state not in ENDING or due is None or latest is None:
        return None
    later = min(until, latest)
    return later if later > due else None


def describe(code: int | None, by_signal: int | None) -> str:
    """What the system says of the end of a process."""
    return f"exited with code {code}" if by_signal is None else f"was killed by {signal_name(by_signal)}"


def signal_name(number: int) -> str:
    """The name of a signal; a real-time one has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _weighed(spec: ApplicationSpec, record: InstanceRecord, reason: str, at: float, uptime: float) -> End:
    """Ask the restart policy what follows an end nobody asked for."""
    policy, planned = spec.restart_policy, record.state is State.FAILING
    history, verdict = restarts.decide(policy, record.history, now=at, uptime=uptime)
    if isinstance(verdict, restarts.GiveUp):
        return End(Event.GIVEN_UP, f"{verdict.reason}; last: {reason}", history)
    # One that ran well for long and that we ended ourselves need not wait: it did not crash.
    wait = 0.0 if planned and uptime >= policy.min_uptime else verdict.seconds
    return End(Event.CRASHED, reason, history, at + wait)


def _put_off(spec: ApplicationSpec, record: InstanceRecord, reason: str, at: float) -> End:
    """It said that what it needs is away: no crash, so no window counts it, and it is tried until that is back."""
    history, wait = restarts.put_off(spec.restart_policy, record.history, served=record.served)
    return End(Event.CRASHED, f"{reason}; tried again after {wait.seconds:g} s", history, at + wait.seconds)


def _reason(spec: ApplicationSpec, record: InstanceRecord, words: str) -> str:
    """What to tell of its end: why we ended it, where we did; else what the system says."""
    if record.state is State.FAILING:
        return record.reason or words
    if record.state is State.STARTING and record.exit_code is not None and not ran_well(spec, record):
        return f"{words} before it was ready"
    return words
