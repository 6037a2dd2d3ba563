"""The manager: policy. It owns nothing that it cannot get back from the keeper, so it can be killed at any moment.

Theory of operation. The keeper holds sockets, children, logs and a notebook. The manager connects, subscribes to facts
and asks for a snapshot; from the notebook it rebuilds its applications and instances, from the children what became of
their processes meanwhile, and goes on: deadlines are monotonic times in the records, half-done stops are signalled
again, a reload under way is finished, processes that no record knows (a successor of a reload that was cut short) are
ended.

    keeper.sock --facts--> Manager --> Instance --table--> effects --> keeper.sock
    rpc.sock --requests--> Requests --> operations --> Application, Instance
"""

import asyncio
import logging
import re
import signal
from collections.abc import Callable, Coroutine, Sequence

import msgspec

from chorus.cluster.keeper import wire
from chorus.cluster.lifecycle import State
from chorus.cluster.manager import operations
from chorus.cluster.manager.alerting import Alerting
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.observer import Observer
from chorus.cluster.manager.records import (
    APPLICATION,
    CLUSTER,
    INSTANCE,
    ApplicationRecord,
    ChildNotes,
    ClusterRecord,
    InstanceRecord,
    Resumed,
    Roll,
    read,
    write,
)
from chorus.cluster.manager.report import Report
from chorus.cluster.manager.rotation import Rotation
from chorus.cluster.manager.site import Site
from chorus.cluster.manager.upkeep import Upkeep
from chorus.cluster.spec import ApplicationSpec, ClusterSpec

log = logging.getLogger(__name__)

BEGINS_AGAIN = 10.0
"""Seconds until work without an end that failed is begun again: what it lacked, as a descriptor, may be there then."""

_FINISHED = "the reload that was interrupted is finished"

_INSTANCE_NOTE = re.compile(rf"{INSTANCE}[^:]+:[0-9]{{1,9}}")


class Manager:
    """All applications of a home, and what the keeper says of their processes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.applications: dict[str, Application] = {}
        self.keeper_pid = 0
        self.handover = 0
        """What the next release of the keeper must be able to read."""
        self._record = ClusterRecord()
        self._early: list[wire.Fact] | None = []
        """Facts that came before the snapshot was taken in; None afterwards."""
        self.alerting = Alerting(self.applications, site)
        self.observer = Observer(self.applications, site.now, on_look=self.alerting.look)
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Learn what there is and go on with it."""
        snapshot = await self.site.keeper.subscribe(self.happened)
        self.keeper_pid, self.handover = snapshot.keeper_pid, snapshot.handover
        self.site.failing_logs.update(snapshot.failing_logs)
        self._recover(snapshot)
        self.alerting.recover(snapshot.notebook)
        early, self._early = self._early or [], None
        for fact in early:
            self.happened(fact)
        for work in (self.observer, Upkeep(self.applications), Rotation(self.applications, self.site.keeper)):
            self._spawn(_for_ever(work.run))

    async def close(self) -> None:
        """Stop working. The instances run on."""
        self.alerting.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for application in self.applications.values():
            application.let_go()

    def happened(self, fact: wire.Fact) -> None:
        """The keeper says that something happened to a child."""
        if self._early is not None:
            self._early.append(fact)
            return
        if isinstance(fact, wire.LogFailed):
            self.site.failing_logs[fact.path] = fact.reason
            return
        if isinstance(fact, wire.LogWritable):
            self.site.failing_logs.pop(fact.path, None)
            return
        application = self.applications.get(fact.key.partition(":")[0])
        instance = application.find(fact.key) if application is not None else None
        if instance is None:
            if isinstance(fact, wire.ChildExited):  # a leftover of an application that was deleted
                self.site.keeper.forget(fact.key)
        elif isinstance(fact, wire.ChildNotified):
            instance.notified(fact.state)
        elif isinstance(fact, wire.FamilyEnded):
            instance.family_ended()
        elif instance.state.runs:  # else the snapshot had told it already
            instance.exited(fact.code, fact.signal, fact.at, left=fact.left)

    def create(self, spec: ApplicationSpec, numbers: Sequence[int] | None = None) -> Application:
        """Know a new application, with instances that are stopped; they get these numbers, or the first ones."""
        application = Application(self.site, ApplicationRecord(spec=spec))
        self.applications[spec.name] = application
        application.save()
        for number in range(spec.instances) if numbers is None else numbers:
            application.add(self.next_id(), number)
        return application

    @property
    def cluster(self) -> ClusterSpec:
        """The settings of the cluster."""
        return self._record.spec

    def configure(self, spec: ClusterSpec) -> None:
        """Have these settings of the cluster hold."""
        self._record = msgspec.structs.replace(self._record, spec=spec)
        self.site.keeper.note(CLUSTER, write(self._record))

    def next_id(self) -> int:
        """A number no instance of this cluster has had."""
        identity = self._record.next_id
        self._record = msgspec.structs.replace(self._record, next_id=identity + 1)
        self.site.keeper.note(CLUSTER, write(self._record))
        return identity

    # Going on where another manager was killed

    def _recover(self, snapshot: wire.Snapshot) -> None:
        notebook = snapshot.notebook
        unreadable = self._recover_applications(notebook)
        for listener in snapshot.listeners:
            if (application := self.applications.get(listener.name)) is not None:
                application.listener.found((listener.host, listener.port))
        children = {c.key: c for c in snapshot.children if c.key.partition(":")[0] not in unreadable}
        for record in self._instance_records(notebook, unreadable, children):
            self._recover_instance(record, children)
        for child in children.values():
            self._end_orphan(child)
        for application in self.applications.values():
            if application.active:
                application.listener.found()
            application.changed()
            if application.roll is not None:
                application.update(resumed=Resumed(text="goes on"))  # before anybody can ask
                self._spawn(self._finish_roll(application, application.roll))
            elif application.resuming:  # a manager was killed when nothing was left but to say so
                text, failed = application.reason or _FINISHED, application.reason is not None
                application.update(resumed=Resumed(text=text, at=self.site.now(), failed=failed))
        log.info("knows %d applications, %d processes", len(self.applications), len(snapshot.children))

    def _recover_applications(self, notebook: dict[str, str]) -> set[str]:
        """Rebuild the applications; the names of those whose record a manager of another version wrote."""
        unreadable: set[str] = set()
        # The notebook keeps the order in which they came, which is the order they stop in, the other way round.
        for name in (name for name in notebook if name.startswith(APPLICATION)):
            try:
                record = read(ApplicationRecord, notebook[name])
            except msgspec.DecodeError as error:
                unreadable.add(name.removeprefix(APPLICATION))
                log.error("left alone, its record cannot be read: %s: %s", name, error)
            else:
                self.applications[record.spec.name] = Application(self.site, record)
        return unreadable

    def _instance_records(
        self, notebook: dict[str, str], unreadable: set[str], children: dict[str, wire.Child]
    ) -> list[InstanceRecord]:
        """The record of each instance; of one that cannot be read, what its process and its name tell."""
        records: list[InstanceRecord] = []
        lost: list[str] = []
        for name in sorted(name for name in notebook if name.startswith(INSTANCE)):
            if name.split(":")[1] not in unreadable:
                try:
                    records.append(read(InstanceRecord, notebook[name]))
                except msgspec.DecodeError as error:
                    lost += [name] if _INSTANCE_NOTE.fullmatch(name) else []
                    log.error("begun anew, its record cannot be read: %s: %s", name, error)
        self._recover_ids(notebook, records)
        return records + [_record_of(name, self.next_id(), children) for name in lost]

    def _recover_ids(self, notebook: dict[str, str], records: list[InstanceRecord]) -> None:
        """Go on counting where the one before did."""
        if CLUSTER in notebook:
            try:
                self._record = read(ClusterRecord, notebook[CLUSTER])
            except msgspec.DecodeError as error:
                log.error("ids are counted anew, the record cannot be read: %s: %s", CLUSTER, error)
        next_id = max((record.id + 1 for record in records), default=0)
        self._record = msgspec.structs.replace(self._record, next_id=max(self._record.next_id, next_id))

    def _recover_instance(self, record: InstanceRecord, children: dict[str, wire.Child]) -> None:
        application = self.applications.get(record.application)
        if application is None:  # its application was being deleted
            self.site.keeper.note(record.note, None)
            return
        spec = application.spec
        if application.roll is not None and record.number not in application.roll.waiting:
            spec = application.roll.spec
        instance = application.put(application.make(spec, record, kept=True))
        child = children.pop(record.key, None)
        instance.resume(child, _slot(child))

    def _end_orphan(self, child: wire.Child) -> None:
        """A process that no record claims: an old one that was leaving, or a successor whose reload was cut short."""
        if child.exited is not None:
            self.site.keeper.forget(child.key)
            return
        application = self.applications.get(child.key.partition(":")[0])
        if application is None:
            self.site.keeper.signal(child.key, signal.SIGKILL, group=True)
            return
        _, number, generation = child.key.split(":")
        record = InstanceRecord(
            application=application.name,
            number=int(number),
            id=-1,
            generation=int(generation),
            state=State.STOPPING,
            deadline=self.site.now() + application.spec.kill_timeout,
        )
        instance = application.make(application.spec, record, kept=False)
        application.leave(instance)
        instance.resume(child, _slot(child))

    async def _finish_roll(self, application: Application, roll: Roll) -> None:
        """Go on with a reload that was cut short; what becomes of it stands in the log, and in `status`."""
        name = application.name
        log.warning("a manager was killed in the middle of a reload of %s, which goes on: %s", name, roll.progress)
        report = Report(lambda progress: log.info("reload of %s goes on: %s", name, progress.text))
        outcome, failed = "the reload that was interrupted was ended by another command", True
        try:
            await operations.finish(application, roll, report)
            outcome, failed = _outcome(roll), roll.back
            log.info("%s: %s", name, outcome)
        except OperationFailed as error:
            outcome = f"the reload that was interrupted failed: {error.message}"
            log.error("%s: %s", name, outcome)
        finally:
            application.update(resumed=Resumed(text=outcome, at=self.site.now(), failed=failed))
            application.changed()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of the manager failed", exc_info=error)


async def _for_ever(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Do work that has no end. Without it nobody was looked at, or no log rotated, as long as this manager lives."""
    said = ""
    while True:
        try:
            await work()
        except Exception as error:  # a fault of ours, or of the machine: written to daemon.log
            before, said = said, repr(error)
            traceback = error if said != before else None  # once: it would drown what else stands there
            log.error(
                "a task of the manager failed, it begins again in %g s: %s", BEGINS_AGAIN, said, exc_info=traceback
            )
        await asyncio.sleep(BEGINS_AGAIN)


def _outcome(roll: Roll) -> str:
    count = len(roll.replaced) + len(roll.waiting)
    if roll.back:
        return f"the reload that was interrupted had failed, and is taken back: {count} instances put back"
    return f"{_FINISHED}: {count} instances replaced"


def _record_of(name: str, identity: int, children: dict[str, wire.Child]) -> InstanceRecord:
    """The record of an instance of which only its processes are known: it is what the youngest of them is."""
    _, application, number = name.split(":")
    own = {key.split(":")[2]: child for key, child in children.items() if key.startswith(f"{application}:{number}:")}
    youngest = max((int(generation) for generation in own), default=0)
    runs = str(youngest) in own and own[str(youngest)].exited is None
    return InstanceRecord(
        application=application,
        number=int(number),
        id=identity,
        generation=youngest,
        highest=youngest,
        state=State.ONLINE if runs else State.STOPPED,
        served=runs,
        reason="what was known of it could not be read",
    )


def _slot(child: wire.Child | None) -> int | None:
    """The slot of a child that lives."""
    if child is None or child.exited is not None:
        return None
    try:
        return read(ChildNotes, child.notes).slot
    except msgspec.DecodeError:  # another version wrote it; its slot stays taken in the page until it ends
        return None
