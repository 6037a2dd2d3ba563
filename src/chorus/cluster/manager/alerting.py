"""Holds every instance against the rules of its application after each look, and has somebody told of what changed.

What is raised and what is not told yet stand in the keeper's notebook before anybody is told, so a manager that follows
one that was killed raises nothing twice and tells what was left. A notice that was under way when it was killed may be
told again; its id is the same.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from chorus.cluster.alerts import Kind, Notice, Standing
from chorus.cluster.lifecycle import State
from chorus.cluster.manager import messenger
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.error_lines import MINUTE, ErrorLines
from chorus.cluster.manager.instance import Instance
from chorus.cluster.manager.judging import Seen, judge, key
from chorus.cluster.manager.records import ALERTS, AlertsRecord, read, write
from chorus.cluster.manager.site import Site
from chorus.cluster.messages import RaisedAlert
from chorus.cluster.spec import ApplicationSpec

log = logging.getLogger(__name__)

MOST_UNSENT = 100
"""Notices of one application that wait to be told; of more, the oldest are dropped, and that is logged."""

_DOWN = frozenset({State.STARTING, State.RESTARTING, State.FAILING, State.BACKING_OFF, State.ERRORED})


class _Watched(msgspec.Struct):
    """What is remembered of one application."""

    spec: ApplicationSpec
    standings: dict[str, Standing] = {}
    """By subject and kind; none of those that are quiet."""

    texts: dict[str, str] = {}
    """What was told of those that are raised."""

    record: AlertsRecord = AlertsRecord()


class Alerting:
    """The alerts of all applications."""

    def __init__(
        self, applications: Mapping[str, Application], site: Site, clock: Callable[[], float] = time.time
    ) -> None:
        self._applications, self._site, self._clock = applications, site, clock
        self._watched: dict[str, _Watched] = {}
        self._errors = ErrorLines(site.now())
        self._telling: dict[tuple[str, str], asyncio.Task[None]] = {}
        """By application and way."""

    def recover(self, notebook: Mapping[str, str]) -> None:
        """Go on where another manager was killed."""
        for note in [note for note in notebook if note.startswith(ALERTS)]:
            name = note.removeprefix(ALERTS)
            try:
                record = read(AlertsRecord, notebook[note])
            except msgspec.DecodeError as error:
                log.error("alerts of %s are judged anew, their record cannot be read: %s", name, error)
                continue
            application = self._applications.get(name)
            if application is None:
                self._site.keeper.note(note, None)
                continue
            self._watched[name] = _Watched(application.spec, dict(record.raised), dict(record.texts), record)
            self._tell(name)

    def close(self) -> None:
        """Tell nobody any more; what is left is told by the next manager."""
        for task in self._telling.values():
            task.cancel()

    def look(self) -> None:
        """Judge what was seen last."""
        now = self._site.now()
        self._errors.look([(a.spec, a.instances) for a in self._applications.values()], now)
        for name, application in self._applications.items():
            watched = self._watched.setdefault(name, _Watched(application.spec))
            if watched.spec is not application.spec:
                self._heed(name, watched, application.spec)
            self._judge(name, watched, dict(_values(application, self._errors, now)), now)
        for name in self._watched.keys() - self._applications.keys():
            watched = self._watched[name]
            self._judge(name, watched, {}, now)
            if not watched.standings and not any(telling == name for telling, _ in self._telling):
                del self._watched[name]

    def _heed(self, name: str, watched: _Watched, spec: ApplicationSpec) -> None:
        """Go by another specification; what waits may wait for another way."""
        watched.spec = spec
        if watched.record.unsent:
            self._write(name, watched, watched.record.unsent, watched.record.told)
            self._tell(name)

    def raised(self) -> list[RaisedAlert]:
        """All alerts that are raised now, the oldest first."""
        now = self._site.now()
        found = [
            RaisedAlert(name, *alert.split("/", 1), text=watched.texts.get(alert, alert), age=now - at)
            for name, watched in self._watched.items()
            for alert, standing in watched.standings.items()
            if (at := standing.raised_at) is not None
        ]
        return sorted(found, key=lambda alert: -alert.age)

    def _judge(self, name: str, watched: _Watched, seen: Mapping[str, Seen], now: float) -> None:
        counts_errors = now - self._errors.began >= MINUTE
        judged = judge(
            name, watched.spec, watched.standings, seen, now=now, at=self._clock(), counts_errors=counts_errors
        )
        watched.standings = judged.standings
        if judged.notices:
            self._keep(name, watched, judged.notices)

    def _keep(self, name: str, watched: _Watched, notices: Sequence[Notice]) -> None:
        """Log what happened, write it down, and have it told."""
        for notice in notices:
            watched.texts[key(notice.subject, Kind(notice.kind))] = notice.text
            log.warning("alert %s: %s", notice.change, notice.text)
        self._write(name, watched, [*watched.record.unsent, *notices], watched.record.told)
        self._tell(name)

    def _write(
        self, name: str, watched: _Watched, notices: Sequence[Notice], told: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Keep what is raised, and of the notices those that wait for a way, as many as may."""
        waiting = [notice for notice in notices if _left(watched.spec, told, notice)]
        for dropped in waiting[:-MOST_UNSENT]:
            log.error("%s: dropped, too many alerts wait to be told", dropped.id)
        unsent = tuple(waiting[-MOST_UNSENT:])
        told = {way: tuple(each.id for each in unsent if each.id in ids) for way, ids in told.items()}
        raised = {alert: standing for alert, standing in watched.standings.items() if standing.raised}
        watched.texts = {alert: text for alert, text in watched.texts.items() if alert in raised}
        watched.record = AlertsRecord(raised=raised, texts=watched.texts, unsent=unsent, told=told)
        gone = name not in self._applications
        empty = not raised and not unsent
        self._site.keeper.note(ALERTS + name, None if gone or empty else write(watched.record))

    def _tell(self, name: str) -> None:
        """Have the notices that wait told by each way, one after another, unless that is under way.

        The ways are told beside each other: a webhook that is away for minutes keeps no command waiting.
        """
        for way in messenger.ways(self._watched[name].spec):
            if (name, way) not in self._telling and self._next(name, way) is not None:
                task = self._telling[name, way] = asyncio.create_task(self._tell_all(name, way))
                task.add_done_callback(partial(self._told, name, way))

    def _told(self, name: str, way: str, task: asyncio.Task[None]) -> None:
        self._telling.pop((name, way), None)
        if task.cancelled() or name not in self._watched:
            return
        if (error := task.exception()) is not None:  # a fault of ours; the next notice has the others told as well
            waiting = len(self._watched[name].record.unsent)
            log.error("alerts of %s: telling failed, %d wait", name, waiting, exc_info=error)
        else:
            self._tell(name)  # one may have been raised when the last one had just been told

    def _next(self, name: str, way: str) -> Notice | None:
        """The oldest notice that waits for this way."""
        watched = self._watched[name]
        left = (each for each in watched.record.unsent if way in _left(watched.spec, watched.record.told, each))
        return next(left, None)

    async def _tell_all(self, name: str, way: str) -> None:
        watched = self._watched[name]
        while (notice := self._next(name, way)) is not None:
            await messenger.tell(way, self._site, watched.spec, notice)
            before = watched.record.told
            self._write(name, watched, watched.record.unsent, {**before, way: (*before.get(way, ()), notice.id)})


def _left(spec: ApplicationSpec, told: Mapping[str, tuple[str, ...]], notice: Notice) -> list[str]:
    """The ways by which a notice is to be told yet."""
    return [way for way in messenger.ways(spec) if notice.id not in told.get(way, ())]


def _values(application: Application, errors: ErrorLines, now: float) -> Iterator[tuple[str, Seen]]:
    """What the rules are about, by subject and kind."""
    yield key(application.name, Kind.ERRORS), Seen(errors.of(application.name))
    trouble = application.log_trouble
    yield key(application.name, Kind.LOGS), Seen(float(trouble is not None), trouble or "")
    for number, instance in application.instances.items():
        subject, sample = f"{application.name}:{number}", instance.process.sample
        within = application.spec.alerts.restarts_within
        recent = [at for at in instance.record.history.restarted_at if now - at < within]
        yield key(subject, Kind.MEMORY), Seen(sample.memory if sample else None)
        yield key(subject, Kind.CPU), Seen(sample.cpu if sample else None)
        yield key(subject, Kind.LAG), Seen(instance.process.lag)
        yield key(subject, Kind.RESTARTS), Seen(len(recent))
        yield key(subject, Kind.DOWN), Seen(float(_is_down(instance)), instance.record.reason or "")


def _is_down(instance: Instance) -> bool:
    return instance.state in _DOWN or instance.record.failed
