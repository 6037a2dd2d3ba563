"""From a request of the command line to operations on the applications it names."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from chorus import __version__
from chorus.cluster.manager import operations
from chorus.cluster.manager.application import Application, OperationFailed
from chorus.cluster.manager.manager import Manager
from chorus.cluster.manager.report import Report
from chorus.cluster.manager.status import cluster_status, log_files
from chorus.cluster.manager.targets import Named, UnknownTarget, resolve
from chorus.cluster.messages import (
    Delete,
    Done,
    Failed,
    Final,
    Kill,
    LogFiles,
    Logs,
    Ping,
    Progress,
    Reload,
    Request,
    Restart,
    Scale,
    Start,
    Status,
    Stop,
)
from chorus.cluster.spec import ApplicationSpec

log = logging.getLogger(__name__)

_Chosen = list[tuple[Application, list[int]]]


class Requests:
    """Answers the command line."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    async def answer(self, request: Request, send: Callable[[Progress], None]) -> Final:
        """Do what is asked, telling the steps, and say how it ended."""
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
            case Ping() | Status() | Logs():
                return self._tell(request)
            case Start():
                return await self._start(request, report)
            case Stop(targets):
                return await self._stop(targets, report)
            case Restart(targets):
                return await self._restart(targets, report)
            case Reload():
                return await self._reload(request, report)
            case Delete(targets):
                return await self._delete(targets, report)
            case Scale(target, change):
                return await self._scale(target, change, report)
            case Kill():
                return await self._kill(report)

    def _tell(self, request: Ping | Status | Logs) -> Final:
        """What can be answered at once."""
        match request:
            case Ping():
                return Done(__version__, changed=False)
            case Status():
                self._manager.sample()
                return cluster_status(self._manager)
            case Logs(targets):
                return LogFiles([file for application, _ in self._find(targets) for file in log_files(application)])

    # Start

    async def _start(self, request: Start, report: Report) -> Final:
        specs = self._specs(request)
        known = self._manager.applications
        if request.must_be_new and (there := [spec.name for spec in specs if spec.name in known]):
            raise OperationFailed("already_there", f"{', '.join(there)}: there already; restart it by its name")
        brought: list[Application] = []
        touched: list[str] = []
        try:
            for spec in specs:
                if await self._start_spec(spec, request, brought, report):
                    touched += [spec.name]
            for application, numbers in self._find(request.targets) if request.targets else []:
                if await self._start_known(application, numbers, request, report):
                    touched.append(application.name)
        except OperationFailed:
            for application in reversed(brought):
                await operations.stop(application, list(application.instances), report)
            raise
        return Done(f"started {', '.join(touched)}" if touched else "all of it runs already", changed=bool(touched))

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
        self, spec: ApplicationSpec, request: Start, brought: list[Application], report: Report
    ) -> bool:
        """Have one application run under this specification; False when it ran already and was to be left alone."""
        application = self._manager.applications.get(spec.name)
        if application is not None and application.active:
            if request.if_absent:
                return False
            before = application.spec
            await operations.change(application, spec, report)
            if spec.instances not in {before.instances, len(application.instances)}:
                await operations.scale(application, spec.instances, self._manager.next_id, report)
            return True
        if application is None:
            application = self._manager.create(spec)
        else:
            self._renew(application, spec)
        await operations.start(application, list(application.instances), report)
        brought.append(application)
        return True

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
        await asyncio.gather(*(operations.stop(application, numbers, report) for application, numbers in chosen))
        return Done(f"stopped {_names(chosen)}")

    async def _restart(self, targets: list[str], report: Report) -> Final:
        chosen = self._find(targets)
        await _one_after_another(chosen, lambda application, numbers: operations.restart(application, numbers, report))
        return Done(f"restarted {_names(chosen)}")

    async def _reload(self, request: Reload, report: Report) -> Final:
        chosen = self._find(request.targets)
        specs = {spec.name: spec for spec in request.applications}
        await _one_after_another(
            chosen,
            lambda application, numbers: operations.reload(
                application, specs.get(application.name, application.spec), numbers, report
            ),
        )
        return Done(f"reloaded {_names(chosen)}")

    async def _delete(self, targets: list[str], report: Report) -> Final:
        chosen = self._find(targets)
        for application, numbers in chosen:
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

    async def _kill(self, report: Report) -> Final:
        everything = [(a, list(a.instances)) for a in self._manager.applications.values()]
        await asyncio.gather(*(operations.stop(application, numbers, report) for application, numbers in everything))
        for application, _ in everything:
            await application.until(lambda application=application: not application.leaving)
        return Done("everything is stopped")

    def _find(self, targets: list[str]) -> _Chosen:
        named = [
            Named(a.name, a.spec.namespace, {number: i.record.id for number, i in a.instances.items()})
            for a in self._manager.applications.values()
        ]
        chosen = resolve(targets, named)
        return [(self._manager.applications[name], sorted(numbers)) for name, numbers in chosen.items()]


async def _one_after_another(chosen: _Chosen, operation: Callable[[Application, list[int]], Awaitable[None]]) -> None:
    """Run an operation on each application; one that fails does not keep the others from theirs."""
    failures: list[OperationFailed] = []
    for application, numbers in chosen:
        try:
            await operation(application, numbers)
        except OperationFailed as error:
            failures.append(error)
    if failures:
        first, *others = failures
        raise OperationFailed(first.code, first.message, [*first.detail, *(other.message for other in others)])


def _names(chosen: _Chosen) -> str:
    return ", ".join(application.name for application, _ in chosen) or "nothing"


def _summary(request: Request) -> str:
    """A request as the log tells it: without specifications, whose variables may be secret."""
    if isinstance(request, Start):
        return f"Start {', '.join(spec.name for spec in request.applications)} {' '.join(request.targets)}".strip()
    if isinstance(request, Reload):
        return f"Reload {' '.join(request.targets)}"
    return str(request)
