"""From a request of the command line to operations on the applications it names."""

import logging
import signal
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from chorus import __version__
from chorus.cluster import changes
from chorus.cluster.lifecycle import State
from chorus.cluster.manager import operations, update
from chorus.cluster.manager.application import Application, OperationFailed, try_address
from chorus.cluster.manager.manager import Manager
from chorus.cluster.manager.metrics import Metrics
from chorus.cluster.manager.ports import holder_of_port
from chorus.cluster.manager.rebalance import rebalance
from chorus.cluster.manager.report import Report
from chorus.cluster.manager.status import cluster_status, describe, log_files
from chorus.cluster.manager.targets import Named, UnknownTarget, resolve
from chorus.cluster.messages import (
    Adopt,
    Configure,
    Delete,
    Describe,
    Description,
    Descriptions,
    Done,
    Failed,
    Final,
    Kill,
    LogFiles,
    Logs,
    Ping,
    Progress,
    Rebalance,
    Reload,
    Request,
    Reset,
    Restart,
    Restore,
    Samples,
    SampleSeries,
    Scale,
    Signal,
    Start,
    Status,
    Stop,
    Update,
)
from chorus.cluster.spec import ApplicationSpec, ClusterSpec

log = logging.getLogger(__name__)

_LOOKS = (Ping, Status, Samples, Logs, Describe)

_STARTS = frozenset({"started", "restarted"})
_ENDS = frozenset({"stopped", "deleted"})
"""Operations that decide whether an application runs, in the words of `Application.operation`."""

MOST_VALUES = 30_000
"""Values of each column that one answer to Samples has at most: less than a message may have bytes."""

_Chosen = list[tuple[Application, list[int]]]


class Requests:
    """Answers the command line."""

    def __init__(self, manager: Manager, metrics: Metrics | None = None) -> None:
        self._manager = manager
        self._metrics = metrics

    async def answer(self, request: Request, send: Callable[[Progress], None]) -> Final:
        """Do what is asked, telling the steps, and say how it ended."""
        if not isinstance(request, _LOOKS):  # daemon.log is for what changes something
            log.info("asked to %s", _summary(request))
        try:
            return await self._dispatch(request, Report(send))
        except OperationFailed as error:
            log.warning("%s failed: %s", type(request).__name__, error.message)
            return Failed(error.code, error.message, error.detail)
        except UnknownTarget as error:
            return Failed("unknown_target", str(error))

    async def _dispatch(self, request: Request, report: Report) -> Final:
        match request:
            case Ping() | Status() | Samples() | Logs() | Describe() | Signal():
                return self._tell(request)
            case Start():
                return await self._start(request, report)
            case Restore() | Configure():
                return await self._arrange(request, report)
            case Scale(target, change):
                return await self._scale(target, change, report)
            case Rebalance(targets):
                return await self._rebalance(targets, report)
            case Kill():
                return await self._kill(report)
            case Update():
                await update.check(self._manager.handover)
                return Done("updating")
            case Stop() | Delete() | Restart() | Reload() | Reset() | Adopt():
                return await self._operate(request, report)

    async def _operate(self, request: Stop | Delete | Restart | Reload | Reset | Adopt, report: Report) -> Final:
        """What is done to each application among the targets."""
        match request:
            case Stop(targets):
                return await self._stop(targets, report)
            case Delete(targets):
                return await self._delete(targets, report)
            case Restart():
                return await self._restart(request, report)
            case Reload():
                return await self._reload(request, report)
            case Reset():
                return await self._reset(request, report)
            case Adopt(specs):
                return await self._adopt(specs)

    def _tell(self, request: Ping | Status | Samples | Logs | Describe | Signal) -> Final:
        """What can be answered at once."""
        match request:
            case Ping():
                return Done(__version__, changed=False)
            case Status():
                self._manager.observer.refresh()
                return cluster_status(self._manager)
            case Samples():
                return self._samples(request, self._find(request.targets) if request.targets else self._everything())
            case Logs(targets):
                return LogFiles([file for application, _ in self._find(targets) for file in log_files(application)])
            case Describe(targets):
                chosen = self._find(targets) if targets else self._everything()
                return Descriptions([describe(application) for application, _ in chosen], self._manager.cluster)
            case Signal(targets, name):
                return self._signal(targets, name)

    def _samples(self, request: Samples, chosen: _Chosen) -> SampleSeries:
        """What was seen of the instances.

        Raises:
            OperationFailed: "too_large", saying how many values there may be.
        """
        observer = self._manager.observer
        wanted = request.last * sum(len(numbers) for _, numbers in chosen)
        if request.values and wanted > MOST_VALUES:
            text = f"found {wanted} values of each column, expected at most {MOST_VALUES}: ask for fewer instances"
            raise OperationFailed("too_large", text)
        samples = [
            observer.samples(application.name, number, request) for application, numbers in chosen for number in numbers
        ]
        return SampleSeries(1.0 if request.span == "hour" else 60.0, samples)

    # Start

    async def _start(self, request: Start, report: Report) -> Final:
        specs = self._specs(request)
        known = self._manager.applications
        if request.must_be_new and (there := [spec.name for spec in specs if spec.name in known]):
            raise OperationFailed("already_there", f"{', '.join(there)}: there already; restart it by its name")
        brought: list[Application] = []
        touched: list[str] = []
        created: list[Application] = []
        await self._refuse_taken_addresses(specs)
        report.foresee(sum(spec.instances for spec in specs if not self._active(spec.name)))
        try:
            for spec in specs:
                if await self._start_spec(spec, request, created, brought, report):
                    touched += [spec.name]
            for application, numbers in self._find(request.targets) if request.targets else []:
                if await self._start_known(application, numbers, request, report):
                    touched.append(application.name)
        except OperationFailed:
            unheard = Report(lambda _: None)  # of a start that failed nobody wants to read how it was undone
            for application in reversed(brought):
                await operations.stop(application, list(application.instances), unheard)
            for application in reversed(created):  # so that the same command can be given again
                await operations.delete(application, list(application.instances), unheard)
                known.pop(application.name, None)
            raise
        return Done(f"started {', '.join(touched)}" if touched else _nothing_to_start(known), changed=bool(touched))

    def _active(self, name: str) -> bool:
        application = self._manager.applications.get(name)
        return application is not None and application.active

    async def _refuse_taken_addresses(self, specs: list[ApplicationSpec]) -> None:
        """Fail before the first of several applications is started, where a later one could not listen."""
        for spec in specs[1:]:
            known = self._manager.applications.get(spec.name)
            if spec.port and (known is None or not (known.opened or known.doing)):
                await try_address(self._manager.site, spec)

    def _specs(self, request: Start) -> list[ApplicationSpec]:
        names = {spec.name for spec in request.applications}
        if unknown := [name for name in request.only if name not in names]:
            raise OperationFailed(
                "unknown_target", f"{', '.join(unknown)}: not among the applications {', '.join(sorted(names))}"
            )
        if not request.applications and not request.targets:
            raise OperationFailed("invalid", "start names nothing, expected applications or targets")
        return [spec for spec in request.applications if not request.only or spec.name in request.only]

    async def _start_spec(
        self,
        spec: ApplicationSpec,
        request: Start,
        created: list[Application],
        brought: list[Application],
        report: Report,
    ) -> bool:
        """Have one application run under this specification; False when it ran already and was to be left alone."""
        if request.if_absent:
            await self._until_settled(spec.name, report)
        application = self._manager.applications.get(spec.name)
        if application is not None and application.active:
            if request.if_absent:
                return await self._start_failed(application, report)
            before = application.spec
            await operations.change(application, spec, report)
            if spec.instances not in {before.instances, len(application.instances)}:
                await operations.scale(application, spec.instances, self._manager.next_id, report)
            return True
        if application is None:
            application = self._manager.create(spec)
            created.append(application)
        else:
            self._renew(application, spec)
        await operations.start(application, list(application.instances), report)
        brought.append(application)
        return True

    async def _until_settled(self, name: str, report: Report) -> None:
        """Wait for what another command does to an application, or what a manager before us did; then it is known.

        Raises:
            OperationFailed: it was being started, and that failed.
        """
        application = self._manager.applications.get(name)
        if application is None:
            return
        started = application.doing in _STARTS or application.starting
        if not started and application.doing not in _ENDS:
            return
        report.say(f"{name} is being {application.doing or 'started'}; waiting for it")
        await application.until(lambda: application.doing not in {*_STARTS, *_ENDS} and not application.starting)
        if started and not application.active:
            raise OperationFailed("not_ready", application.reason or f"{name} was stopped while it was being started")

    async def _start_failed(self, application: Application, report: Report) -> bool:
        """Start what a failure ended; False when there is nothing of that. What an operator stopped stays stopped."""
        failed = [number for number, instance in application.instances.items() if instance.failed]
        if failed:
            await operations.start(application, failed, report)
        return bool(failed)

    def _renew(self, application: Application, spec: ApplicationSpec) -> None:
        """Have a stopped application run under another specification the next time."""
        if spec.instances != application.spec.instances or not application.instances:
            for number in sorted(application.instances)[spec.instances :]:
                application.remove(number)
            while len(application.instances) < spec.instances:
                application.add(self._manager.next_id())
        application.adopt(spec)

    async def _start_known(self, application: Application, numbers: list[int], request: Start, report: Report) -> bool:
        """Start instances of a known application; those that run are restarted, unless they are to be left alone."""
        idle = [number for number in numbers if not application.instances[number].state.runs]
        if idle:
            await operations.start(application, idle, report)
            return True
        if request.if_absent:
            return False
        await operations.restart(application, numbers, report)
        return True

    # The others

    async def _stop(self, targets: list[str], report: Report) -> Final:
        chosen = self._find(targets)
        for application, numbers in reversed(chosen):
            await operations.stop(application, numbers, report)
        return Done(f"stopped {_names(chosen)}")

    async def _restart(self, request: Restart, report: Report) -> Final:
        chosen = self._find(request.targets)
        specs = _selected(chosen, request.environment)

        async def restart(application: Application, numbers: list[int]) -> None:
            if request.environment is None:
                await operations.restart(application, numbers, report)
            else:
                await operations.change(application, specs[application.name], report)

        await _one_after_another(chosen, restart)
        return Done(f"restarted {_names(chosen)}{_kept(chosen, request.environment)}")

    async def _reload(self, request: Reload, report: Report) -> Final:
        chosen = self._find(request.targets)
        specs = _selected(chosen, request.environment) | {spec.name: spec for spec in request.applications}
        await _one_after_another(
            chosen,
            lambda application, numbers: operations.reload(application, specs[application.name], numbers, report),
        )
        kept = "" if request.applications else _kept(chosen, request.environment)
        return Done(f"reloaded {_names(chosen)}{kept}")

    async def _adopt(self, specs: list[ApplicationSpec]) -> Final:
        chosen = self._find([spec.name for spec in specs])
        wanted = {spec.name: spec for spec in specs}
        for application, _ in chosen:
            if not changes.is_managers_own(application.spec, wanted[application.name]):
                text = f"{application.name}: found a change that needs new processes; reload it"
                raise OperationFailed("invalid", text)
        for application, _ in chosen:
            async with application.operation("changed"):
                application.adopt_as_own(wanted[application.name])
        return Done(f"{_names(chosen)}: holds from now on")

    async def _reset(self, request: Reset, report: Report) -> Final:
        chosen = self._find(request.targets)
        for application, numbers in chosen:
            if request.fresh:
                await operations.stop(application, numbers, report)
            for number in numbers:
                application.instances[number].reset()
            if request.fresh:
                await operations.start(application, numbers, report)
        return Done(f"{_names(chosen)}: {'started fresh' if request.fresh else 'restart counts are 0'}")

    async def _arrange(self, request: Restore | Configure, report: Report) -> Final:
        """What is about the cluster as a whole."""
        if isinstance(request, Configure):
            return await self._configure(request.cluster)
        if request.cluster is not None:  # a port that is taken now must not keep the applications down
            self._manager.configure(request.cluster)
            if self._metrics is not None:
                self._metrics.insist(request.cluster.metrics)
        return await self._restore(request.applications, report)

    async def _configure(self, cluster: ClusterSpec) -> Final:
        """Have these settings hold. Those of before do when a port cannot be had."""
        port, changed = cluster.metrics, cluster != self._manager.cluster
        try:
            if self._metrics is not None:
                await self._metrics.listen(port)
        except OSError as error:
            holder = holder_of_port(port or 0)
            why = f"is held by {holder}" if holder else f"cannot be listened on: {error.strerror}"
            raise OperationFailed("address_in_use", f"cluster.metrics: port {port} on 127.0.0.1 {why}") from error
        self._manager.configure(cluster)
        return Done("the settings of the cluster hold", changed=changed)

    async def _restore(self, descriptions: list[Description], report: Report) -> Final:
        known = self._manager.applications
        absent = [each for each in descriptions if each.spec.name not in known]
        failures: list[OperationFailed] = []
        for description in absent:
            application = self._manager.create(description.spec, [role.number for role in description.instances])
            running = [role.number for role in description.instances if role.runs]
            try:
                if running:
                    await operations.start(application, running, report)
            except OperationFailed as error:
                failures.append(error)
        if failures:
            raise _joined(failures)
        names = ", ".join(each.spec.name for each in absent)
        return Done(f"restored {names}" if names else "all of it is there already", changed=bool(names))

    def _signal(self, targets: list[str], name: str) -> Final:
        chosen = self._find(targets)
        number = getattr(signal.Signals, name, None)
        if number is None:
            raise OperationFailed("invalid", f'found "{name}", expected a signal of this system')
        running = [a.instances[n] for a, numbers in chosen for n in numbers if a.instances[n].pid is not None]
        if not running:
            raise OperationFailed("invalid", f"{_names(chosen)}: no process runs")
        for instance in running:
            self._manager.site.keeper.signal(instance.key, number, group=False)
        return Done(f"sent {name} to {', '.join(instance.key.rpartition(':')[0] for instance in running)}")

    async def _delete(self, targets: list[str], report: Report) -> Final:
        chosen = self._find(targets)
        for application, numbers in reversed(chosen):
            if await operations.delete(application, numbers, report):
                self._manager.applications.pop(application.name, None)
        return Done(f"deleted {_names(chosen)}")

    async def _scale(self, target: str, change: str, report: Report) -> Final:
        chosen = self._find([target])
        if len(chosen) != 1:
            raise OperationFailed("invalid", f'"{target}" names {_names(chosen)}, expected one application')
        application = chosen[0][0]
        present = len(application.instances)
        wanted = present + int(change) if change[0] in "+-" else int(change)
        if wanted == present and application.active:
            return Done(f"{application.name} has {present} instances already", changed=False)
        await operations.scale(application, wanted, self._manager.next_id, report)
        return Done(f"{application.name} has {wanted} instances")

    async def _rebalance(self, targets: list[str], report: Report) -> Final:
        chosen = self._find(targets)
        if not any(application.active for application, _ in chosen):
            raise OperationFailed("invalid", f"{_names(chosen)}: nothing runs")
        told: list[tuple[str, bool]] = []

        async def even_out(application: Application, _numbers: list[int]) -> None:
            told.append(await rebalance(application, report))

        await _one_after_another(chosen, even_out)
        return Done("; ".join(text for text, _ in told), changed=any(moved for _, moved in told))

    async def _kill(self, report: Report) -> Final:
        everything = self._everything()
        for application, numbers in reversed(everything):
            await operations.stop(application, numbers, report)
        for application, _ in everything:
            await application.until(lambda application=application: not application.leaving)
        return Done("everything is stopped")

    def _everything(self) -> _Chosen:
        return [(application, list(application.instances)) for application in self._manager.applications.values()]

    def _find(self, targets: list[str]) -> _Chosen:
        named = [
            Named(a.name, a.spec.namespace, {number: i.record.id for number, i in a.instances.items()})
            for a in self._manager.applications.values()
        ]
        chosen = resolve(targets, named)
        return [(self._manager.applications[name], sorted(numbers)) for name, numbers in chosen.items()]


def _nothing_to_start(applications: Mapping[str, Application]) -> str:
    """Why a start changed nothing: everything runs, or waits for a restart that is sure to come."""
    waiting = [
        f"{application.name}:{instance.number} waits for its restart: {instance.record.reason or 'it ended'}"
        for application in applications.values()
        for instance in application.instances.values()
        if instance.state is State.BACKING_OFF
    ]
    return "; ".join(waiting) or "all of it runs already"


async def _one_after_another(chosen: _Chosen, operation: Callable[[Application, list[int]], Awaitable[None]]) -> None:
    """Run an operation on each application; one that fails does not keep the others from theirs."""
    failures: list[OperationFailed] = []
    for application, numbers in chosen:
        try:
            await operation(application, numbers)
        except OperationFailed as error:
            failures.append(error)
    if failures:
        raise _joined(failures)


def _joined(failures: list[OperationFailed]) -> OperationFailed:
    """Several failures as one: the first, with the others among its details."""
    first, *others = failures
    return OperationFailed(first.code, first.message, [*first.detail, *(other.message for other in others)])


def _selected(chosen: _Chosen, environment: str | None) -> dict[str, ApplicationSpec]:
    """The specifications of the applications with another environment selected, or as they are.

    Raises:
        OperationFailed: an application has environments, but none of that name, or is not meant as a whole.
    """
    if environment is None:
        return {application.name: application.spec for application, _ in chosen}
    for application, numbers in chosen:
        environments = application.spec.environments
        if environments and environment not in environments:
            text = f'{application.name}: found environment "{environment}", expected {" or ".join(environments)}'
            raise OperationFailed("invalid", text)
        if len(numbers) != len(application.instances):
            raise OperationFailed("invalid", f"{application.name}: an environment is selected for all its instances")
    return {a.name: msgspec.structs.replace(a.spec, environment=environment) for a, _ in chosen}


def _kept(chosen: _Chosen, environment: str | None) -> str:
    """What to say of the environments that go on to hold though the request names none."""
    kept = {a.spec.environment for a, _ in chosen if a.spec.environment is not None}
    return "" if environment is not None or not kept else f", environment {', '.join(sorted(kept))} kept"


def _names(chosen: _Chosen) -> str:
    """Applications, or where not all instances of one are meant, those: "chat:1"."""
    names: list[str] = []
    for application, numbers in chosen:
        part = 0 < len(numbers) < len(application.instances)
        names += [f"{application.name}:{number}" for number in numbers] if part else [application.name]
    return ", ".join(names) or "nothing"


def _summary(request: Request) -> str:
    """A request as the log tells it: without specifications, whose variables may be secret."""
    if isinstance(request, Start):
        return f"Start {', '.join(spec.name for spec in request.applications)} {' '.join(request.targets)}".strip()
    if isinstance(request, Reload):
        return f"Reload {' '.join(request.targets)}"
    if isinstance(request, Adopt):
        return f"Adopt {', '.join(spec.name for spec in request.applications)}"
    if isinstance(request, Restore):
        return f"Restore {', '.join(each.spec.name for each in request.applications)}"
    return str(request)
