"""How often a worker may be restarted: a sliding window, as in OTP's supervisors.

A worker may start again `intensity` times in any `period` seconds; one more and it is given up.
Only monotonic time enters, as an argument, so a test needs no clock and a changed wall clock changes nothing.

    policy = RestartPolicy(intensity=5, period=3600.0, delay=4.0)
    history, verdict = decide(policy, history, now=12.5, uptime=0.3)

A program whose exit code is TRY_AGAIN_LATER says that what it needs is away: it did not crash, and a restart would not
mend it. `put_off` answers for it: it is tried again as long as it takes, ever more rarely, and no window counts it.

PM2 counts differently (restarts younger than min_uptime, within max_restarts times min_uptime of creation), which lets
a program that lives 900 ms restart for ever; see docs/decisions/restart-window.md.
"""

import math
from collections.abc import Sequence

import msgspec

TRY_AGAIN_LATER = 75
"""EX_TEMPFAIL of sysexits(3): "temporary failure; user is invited to retry"."""


class RestartPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When a worker that exited starts again. All times in seconds."""

    intensity: int = 5
    """Restarts allowed in one period; 0 means never again."""

    period: float = 3600.0
    delay: float = 4.0
    """Wait before a restart."""

    backoff: float = 1.0
    """Each further unstable restart waits this many times longer; 1.0 keeps the delay."""

    longest_delay: float = 60.0
    min_uptime: float = 10.0
    """A worker that lived this long was stable: its exit does not lengthen the delay."""


class RestartHistory(msgspec.Struct, frozen=True):
    """What `decide` remembers of one worker between exits. Never longer than the policy's intensity."""

    restarted_at: Sequence[float] = ()
    unstable: int = 0
    """Exits in a row before `min_uptime`."""

    put_off: int = 0
    """Exits in a row with TRY_AGAIN_LATER."""


class RestartAfter(msgspec.Struct, frozen=True):
    """Start the worker again when this many seconds have passed."""

    seconds: float


class GiveUp(msgspec.Struct, frozen=True):
    """The worker is errored; an operator must look. `reason` is for their eyes."""

    reason: str


Verdict = RestartAfter | GiveUp

_SHORTEST_WAIT = 1.0
"""Seconds: a delay of 0 would never grow."""

_MOST_DOUBLINGS = 30


def decide(
    policy: RestartPolicy, history: RestartHistory, *, now: float, uptime: float
) -> tuple[RestartHistory, Verdict]:
    """Say what follows the exit of a worker that lived `uptime` seconds.

    Args:
        policy: what the application's specification allows.
        history: the one returned by the call before, or a fresh one.
        now: monotonic seconds at the exit; never smaller than in an earlier call.
        uptime: seconds between the worker's start and its exit.

    Returns:
        the history to pass to the next call, and what to do. After `GiveUp` the history starts anew with the
        operator's next start.
    """
    if policy.intensity == 0:
        return RestartHistory(), GiveUp("restarts are off")

    recent = [at for at in history.restarted_at if now - at < policy.period]
    if len(recent) >= policy.intensity:
        return RestartHistory(), GiveUp(
            f"restarted {len(recent)} times in {now - recent[0]:.0f} s, "
            f"allowed {policy.intensity} in {policy.period:.0f} s"
        )

    unstable = 0 if uptime >= policy.min_uptime else history.unstable + 1
    return RestartHistory((*recent, now), unstable), RestartAfter(_delay(policy, unstable))


def put_off(policy: RestartPolicy, history: RestartHistory, *, served: bool) -> tuple[RestartHistory, RestartAfter]:
    """Say when a worker that exited with TRY_AGAIN_LATER is tried again.

    The first wait is `delay`, each further one in a row twice as long, up to `longest_delay`.

    Args:
        policy: what the application's specification allows.
        history: the one returned by the call before, or a fresh one.
        served: whether the worker was ready in between, which begins a new row. So does `decide`.

    Returns:
        the history to pass to the next call, and the wait.
    """
    doublings = 0 if served else min(history.put_off, _MOST_DOUBLINGS)
    seconds = min(max(policy.delay, _SHORTEST_WAIT) * 2.0**doublings, max(policy.delay, policy.longest_delay))
    return msgspec.structs.replace(history, put_off=doublings + 1), RestartAfter(seconds)


def _delay(policy: RestartPolicy, unstable: int) -> float:
    """The wait of the n-th unstable restart in a row; the cap holds even where the power leaves the floats."""
    try:
        wait = policy.delay * math.pow(policy.backoff, max(0, unstable - 1))
    except OverflowError:  # backoff ** unstable is beyond every cap
        return policy.longest_delay
    return max(policy.delay, min(wait, policy.longest_delay))
