"""From a request of the command line to operations on the applications it names."""

import logging
import signal
from collections.abc import Callable

from chorus.cluster import changes
from chorus.cluster.manager import operations, update
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.manager import Manager
from chorus.cluster.manager.metrics import Metrics
from chorus.cluster.manager.ports import holder_of_port
from chorus.cluster.manager.queries import Query, answer
from chorus.cluster.manager.rebalance import rebalance
from chorus.cluster.manager.report import Report
from chorus.cluster.manager.selection import (
    Selection,
    count,
    everything,
    find,
    joined,
    kept,
    names,
    one_after_another,
    selected,
)
from chorus.cluster.manager.starting import Starting
from chorus.cluster.messages import (
    Adopt,
    Configure,
    Delete,
    Describe,
    Description,
    Done,
    Failed,
    Final,
    Kill,
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
    Scale,
    Signal,
    Start,
    Status,
    Stop,
    Update,
)
from chorus.cluster.spec import ApplicationSpec, ClusterSpec
from chorus.cluster.targets import UnknownTarget

log = logging.getLogger(__name__)


class Requests:
    """Answers the command line."""

    def __init__(self, manager: Manager, metrics: Metrics | None = None) -> None:
        self._manager = manager
        self._metrics = metrics

    async def answer(self, request: Request, send: Callable[[Progress], None]) -> Final:
        """Do what is asked, telling the steps, and say how it ended."""
        if not isinstance(request, Query):  # daemon.log is for what changes something
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
            case Ping() | Status() | Samples() | Logs() | Describe():
                return answer(self._manager, request)
            case Signal(targets, name):
                return self._signal(targets, name)
            case Start():
                return await Starting(self._manager).start(request, report)
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

    async def _stop(self, targets: list[str], report: Report) -> Final:
        chosen = self._find(targets)
        report.foresee(count(chosen))
        for application, numbers in reversed(chosen):
            await operations.stop(application, numbers, report)
        return Done(f"stopped {names(chosen)}")

    async def _restart(self, request: Restart, report: Report) -> Final:
        chosen = self._find(request.targets)
        report.foresee(count(chosen))
        specs = selected(chosen, request.environment)

        async def restart(application: Application, numbers: list[int]) -> None:
            if request.environment is None:
                await operations.restart(application, numbers, report)
            else:
                await operations.change(application, specs[application.name], report)

        await one_after_another(chosen, restart)
        return Done(f"restarted {names(chosen)}{kept(chosen, request.environment)}")

    async def _reload(self, request: Reload, report: Report) -> Final:
        chosen = self._find(request.targets)
        report.foresee(count(chosen))
        specs = selected(chosen, request.environment) | {spec.name: spec for spec in request.applications}
        await one_after_another(
            chosen,
            lambda application, numbers: operations.reload(application, specs[application.name], numbers, report),
        )
        told = "" if request.applications else kept(chosen, request.environment)
        return Done(f"reloaded {names(chosen)}{told}")

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
        return Done(f"{names(chosen)}: holds from now on")

    async def _reset(self, request: Reset, report: Report) -> Final:
        chosen = self._find(request.targets)
        report.foresee(2 * count(chosen) if request.fresh else 0)

        async def reset(application: Application, numbers: list[int]) -> None:
            if request.fresh:
                await operations.stop(application, numbers, report)
            for number in application.instances.keys() & numbers:  # one may have gone while another was stopped
                application.instances[number].reset()
            if request.fresh:
                await operations.start(application, numbers, report)

        await one_after_another(chosen, reset)
        return Done(f"{names(chosen)}: {'started fresh' if request.fresh else 'restart counts are 0'}")

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
            ours = await self._manager.site.keeper.listener_at(("127.0.0.1", port or 0))
            holder = holder_of_port(port or 0) if ours is None else f"{ours}, an application of this home"
            why = f"is held by {holder}" if holder else f"cannot be listened on: {error.strerror}"
            raise OperationFailed("address_in_use", f"cluster.metrics: port {port} on 127.0.0.1 {why}") from error
        self._manager.configure(cluster)
        return Done("the settings of the cluster hold", changed=changed)

    async def _restore(self, descriptions: list[Description], report: Report) -> Final:
        known = self._manager.applications
        absent = [each for each in descriptions if each.spec.name not in known]
        report.foresee(sum(role.runs for each in absent for role in each.instances))
        failures: list[OperationFailed] = []
        for description in absent:
            application = self._manager.create(description.spec, [role.number for role in description.instances])
            for role in description.instances:
                if role.finished:
                    application.instances[role.number].restore_finished()
            running = [role.number for role in description.instances if role.runs]
            try:
                if running:
                    await operations.start(application, running, report)
            except OperationFailed as error:
                failures.append(error)
        if failures:
            raise joined(failures)
        restored = ", ".join(each.spec.name for each in absent)
        return Done(f"restored {restored}" if restored else "all of it is there already", changed=bool(restored))

    def _signal(self, targets: list[str], name: str) -> Final:
        chosen = self._find(targets)
        number = getattr(signal.Signals, name, None)
        if number is None:
            raise OperationFailed("invalid", f'found "{name}", expected a signal of this system')
        running = [a.instances[n] for a, numbers in chosen for n in numbers if a.instances[n].process.pid is not None]
        if not running:
            raise OperationFailed("invalid", f"{names(chosen)}: no process runs")
        for instance in running:
            self._manager.site.keeper.signal(instance.key, number, group=False)
        return Done(f"sent {name} to {', '.join(instance.key.rpartition(':')[0] for instance in running)}")

    async def _delete(self, targets: list[str], report: Report) -> Final:
        chosen = self._find(targets)
        report.foresee(count(chosen))
        for application, numbers in reversed(chosen):
            if await operations.delete(application, numbers, report):
                self._manager.applications.pop(application.name, None)
        return Done(f"deleted {names(chosen)}")

    async def _scale(self, target: str, change: str, report: Report) -> Final:
        chosen = self._find([target])
        if len(chosen) != 1:
            raise OperationFailed("invalid", f'"{target}" names {names(chosen)}, expected one application')
        application = chosen[0][0]
        present = len(application.instances)
        wanted = present + int(change) if change[0] in "+-" else int(change)
        if wanted == present and application.active:
            return Done(f"{application.name} has {_instances(present)} already", changed=False)
        await operations.scale(application, wanted, self._manager.next_id, report)
        return Done(f"{application.name} has {_instances(wanted)}")

    async def _rebalance(self, targets: list[str], report: Report) -> Final:
        chosen, named = self._find(targets), "all" not in targets
        if named and not any(application.active for application, _ in chosen):
            raise OperationFailed("invalid", f"{names(chosen)}: nothing runs")
        told: list[tuple[str, bool]] = []

        async def even_out(application: Application, _numbers: list[int]) -> None:
            told.append(await rebalance(application, report, named=named))

        await one_after_another(chosen, even_out)
        text = "; ".join(text for text, _ in told if text)
        return Done(text or "nothing that runs hands connections over", changed=any(moved for _, moved in told))

    async def _kill(self, report: Report) -> Final:
        there = everything(self._manager.applications)
        report.foresee(count(there))
        for application, numbers in reversed(there):
            await operations.stop(application, numbers, report)
        for application, _ in there:
            await application.until(lambda application=application: not application.leaving)
        return Done("everything is stopped")

    def _find(self, targets: list[str]) -> Selection:
        return find(self._manager.applications, targets)


def _instances(number: int) -> str:
    return "1 instance" if number == 1 else f"{number} instances"


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
