"""Reloads what asked for it: at the times of `cron_restart`, and when watched files change.

Both are rolling reloads: the old instances serve until the new ones are ready, and a reload that fails leaves them
where they are. An application that is being changed by an operator at that moment is left to them; files that change
meanwhile reload it afterwards, since the first of its instances may run what they were before.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from chorus.cluster.manager import operations
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.local_zone import LOCAL
from chorus.cluster.manager.report import Report
from chorus.cluster.manager.watched import Look, TooManyFiles, look, watches
from chorus.cluster.spec import ApplicationSpec

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two looks at the clock and the files."""


SET_BACK = timedelta(minutes=1)
"""By so much the clock was set back, and not only put right: times of `cron_restart` are reckoned from it anew."""

FILES_CHANGED = "files changed"
"""Why there is a reload that no clock asked for."""


def wall_clock() -> datetime:
    """The time of this machine's people, with its zone."""
    return datetime.now(LOCAL)


class Upkeep:
    """The reloads that no operator asks for one by one."""

    def __init__(self, applications: Mapping[str, Application], clock: Callable[[], datetime] = wall_clock) -> None:
        self._applications = applications
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def run(self) -> None:
        """Look, again and again."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()

    async def look(self) -> None:
        """Reload what is due now."""
        for name in self._kept.keys() - self._applications.keys():
            del self._kept[name]
        for name, application in list(self._applications.items()):
            reason = await self._due(name, application)
            if reason is not None and application.active:
                await _alone(self._reload(application, reason))

    async def _due(self, name: str, application: Application) -> str | None:
        """Why the application is to be reloaded; None when it is not."""
        spec = application.spec
        idle = not application.active and application.doing is None  # a reload may stop all of it for a moment
        if (spec.cron_restart is None and not spec.watch) or idle:
            self._kept.pop(name, None)
            return None
        kept = self._kept.get(name)
        if kept is None or kept.spec != spec:
            kept = self._kept[name] = _Kept(spec, self._clock(), kept)
        if kept.is_time(self._clock()):
            return f"cron_restart {spec.cron_restart}"
        if spec.watch and await kept.files.changed(
            spec, application.site.now(), free=lambda: application.doing is None
        ):
            return FILES_CHANGED
        return None

    async def _reload(self, application: Application, reason: str) -> None:
        log.info("%s: reload: %s", application.name, reason)
        report = Report(lambda progress: log.info("%s", progress.text))
        try:
            await operations.reload(application, application.spec, list(application.instances), report)
        except OperationFailed as error:
            log.error("%s: the reload (%s) failed: %s", application.name, reason, error.message)
            if error.code == "busy" and reason == FILES_CHANGED:
                self._kept[application.name].files.put_off()


class _Kept:
    """What is remembered of one application between two looks."""

    def __init__(self, spec: ApplicationSpec, now: datetime, before: "_Kept | None") -> None:
        """`before`: what was remembered under another specification."""
        self.spec = spec
        self.files = before.files if before is not None and watches(before.spec) == watches(spec) else _Files()
        self._due = _next(spec, now)
        self._looked = now.astimezone(UTC)

    def is_time(self, now: datetime) -> bool:
        """Whether a time of `cron_restart` has come since the last call.

        A clock that was ahead and is set back does not hold up the next one until it is there again.
        """
        moment = now.astimezone(UTC)  # times of one zone are compared as people read them: an hour may come twice
        set_back = self._looked - moment >= SET_BACK
        self._looked = moment
        is_time = self._due is not None and moment >= self._due
        if is_time or set_back:
            self._due = _next(self.spec, now)
        return is_time


class _Files:
    """How the watched files were."""

    def __init__(self) -> None:
        self._seen: Look | None = None
        self._since = 0.0
        """When they were first seen so."""

        self._settled: Look | None = None
        """As of the last reload."""

        self._earlier: Look | None = None
        """As of the one before it."""

        self._given_up = False

    async def changed(self, spec: ApplicationSpec, now: float, *, free: Callable[[], bool]) -> bool:
        """Whether they differ from those of the last reload, and have not changed for `watch_delay`.

        While the application is not `free`, because others change it, a change is seen and kept for later.
        """
        if self._given_up:
            return False
        try:
            seen = await asyncio.to_thread(look, spec)
        except TooManyFiles as error:
            self._given_up = True
            log.error("%s is not watched: %s", spec.name, error)
            return False
        if self._settled is None:
            self._settled = self._seen = seen
            log.info("%s: watches %d files", spec.name, len(seen))
        if seen != self._seen:
            self._seen, self._since = seen, now
        if seen == self._settled or now - self._since < spec.watch_delay or not free():
            return False
        self._earlier, self._settled = self._settled, seen
        return True

    def put_off(self) -> None:
        """The reload for the last change did not begin: the change is found again."""
        self._settled = self._earlier


def _next(spec: ApplicationSpec, now: datetime) -> datetime | None:
    if spec.cron_restart is None:
        return None
    moment = now.astimezone(UTC)
    times = (each.astimezone(UTC) for each in CronSim(spec.cron_restart, now))
    # Of an hour that comes twice, cronsim gives the times of the first.
    return next(each for each in times if each > moment)


async def _alone(work: Coroutine[None, None, None]) -> None:
    """Wait for work in a task of its own: an operator who stops the application cancels the reload, and no more."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
    if not task.cancelled():
        task.result()
