"""What a healthy instance depends on, asked together, with a time limit, and not more often than needed.

    health = Health([
        Check("database", store.ping, required=True),
        Check("redis", backplane.ping, required=False),
    ])
    report = await health.report()        # Report(status="degraded", checks={"database": ..., "redis": ...})

A required check that fails makes the instance unavailable; another one only degrades it, unless its probe finds that it
is this instance alone that is cut off (`CutOff`): others are then the better answer. Whoever asks while an answer
is being made, or within `fresh_for` seconds after it, gets that answer: probes cannot load what they probe. A check
that changes is logged in one line, with the error; the report itself, which anybody may read, names no address: it has
the kind of the error, or the text of an `Impaired`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

logger = logging.getLogger(__name__)

Status = Literal["ready", "degraded", "unavailable"]


class Impaired(Exception):
    """Raised by a probe: the thing answers and does not do what it is for. The text is shown to everybody."""


class CutOff(Impaired):
    """Raised by a probe: the thing works, and this instance has no part in it. The text is shown to everybody."""


class Check(msgspec.Struct, frozen=True):
    """One thing the instance depends on."""

    name: str
    probe: Callable[[], Awaitable[object]]
    """Returns when the thing answered; any exception means that it did not."""

    required: bool
    """Without it the instance is unavailable; otherwise it is degraded, unless it is cut off."""


class CheckResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one check went."""

    status: Literal["ok", "failing", "cut off"]
    latency_ms: float
    """Until the answer, or until it was given up."""

    detail: str | None = None


class Report(msgspec.Struct, frozen=True):
    """The answer of `/health/ready`."""

    status: Status
    checks: dict[str, CheckResult]


class Health:
    """Runs the checks and keeps their last answer for a moment."""

    def __init__(
        self,
        checks: Sequence[Check],
        *,
        timeout: float = 2.0,
        fresh_for: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the checks; `timeout` and `fresh_for` in seconds, `clock` monotonic."""
        self._checks = tuple(checks)
        self._timeout = timeout
        self._fresh_for = fresh_for
        self._clock = clock
        self._running: asyncio.Task[Report] | None = None
        self._last: Report | None = None
        self._last_at = 0.0

    async def report(self) -> Report:
        """Say how the instance is; never raises, never takes much longer than the time limit of a check."""
        if self._last is not None and self._clock() - self._last_at < self._fresh_for:
            return self._last
        if self._running is None:
            self._running = asyncio.create_task(self._ask_all())
            self._running.add_done_callback(self._forget_run)
        return await asyncio.shield(self._running)  # a probe that hangs up does not take the answer from the others

    async def _ask_all(self) -> Report:
        results = await asyncio.gather(*(self._ask(check) for check in self._checks))
        checks = {check.name: result for check, result in zip(self._checks, results, strict=True)}
        report = Report(status=overall(self._checks, checks), checks=checks)
        self._last, self._last_at = report, self._clock()
        return report

    async def _ask(self, check: Check) -> CheckResult:
        started = self._clock()
        try:
            async with asyncio.timeout(self._timeout):
                await check.probe()
        except TimeoutError:
            return self._failed(check, started, f"no answer within {self._timeout:g} s", None)
        except CutOff as error:
            return self._failed(check, started, str(error), None, cut_off=True)
        except Impaired as error:
            return self._failed(check, started, str(error), None)
        except Exception as error:  # noqa: BLE001 - whatever the probe raises is the finding
            return self._failed(check, started, f"failed with {type(error).__name__}", error)
        if self._was_failing(check):
            logger.warning("%s answers again", check.name)
        return CheckResult("ok", self._elapsed_ms(started))

    def _failed(
        self, check: Check, started: float, detail: str, error: Exception | None, *, cut_off: bool = False
    ) -> CheckResult:
        result = CheckResult("cut off" if cut_off else "failing", self._elapsed_ms(started), detail)
        if self._last is None or self._last.checks[check.name].status != result.status:
            unavailable = check.required or cut_off
            consequence = "this instance is unavailable" if unavailable else "this instance goes on, degraded"
            logger.error("%s: %s%s; %s", check.name, detail, f" ({error})" if error else "", consequence)
        return result

    def _was_failing(self, check: Check) -> bool:
        return self._last is not None and self._last.checks[check.name].status != "ok"

    def _elapsed_ms(self, started: float) -> float:
        return round((self._clock() - started) * 1000, 2)

    def _forget_run(self, _: asyncio.Task[Report]) -> None:
        self._running = None


def overall(checks: Sequence[Check], results: dict[str, CheckResult]) -> Status:
    """Weigh the results: a required check that fails, or one that is cut off, outweighs everything."""
    failing = [check for check in checks if results[check.name].status != "ok"]
    if any(check.required or results[check.name].status == "cut off" for check in failing):
        return "unavailable"
    return "degraded" if failing else "ready"
