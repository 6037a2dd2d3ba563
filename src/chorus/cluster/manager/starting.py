"""`Start`: what is new is made, what was stopped starts again, and a start that fails leaves things as they were."""

from collections.abc import Mapping

from chorus.cluster.lifecycle import State
from chorus.cluster.manager import operations
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.listener import try_address
from chorus.cluster.manager.manager import Manager
from chorus.cluster.manager.report import Report
from chorus.cluster.manager.selection import find, names
from chorus.cluster.messages import Done, Start
from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.spec.address import Address, meet

_STARTS = frozenset({"started", "restarted"})
_ENDS = frozenset({"stopped", "deleted"})
"""Operations that decide whether an application runs, in the words of `Application.operation`."""


class Starting:
    """Has applications run."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    async def start(self, request: Start, report: Report) -> Done:
        """Have them online. Raises OperationFailed."""
        specs = self._specs(request)
        known = self._manager.applications
        if request.must_be_new and (there := [spec.name for spec in specs if spec.name in known]):
            raise OperationFailed("already_there", f"{', '.join(there)}: there already; restart it by its name")
        brought: list[Application] = []
        touched: list[str] = []
        created: list[Application] = []
        await self._refuse_taken_addresses(specs, moving=not request.if_absent)
        report.foresee(sum(spec.instances for spec in specs if not self._active(spec.name)))
        try:
            for spec in specs:
                if await self._start_spec(spec, request, created, brought, report):
                    touched += [spec.name]
            for application, numbers in find(known, request.targets) if request.targets else []:
                touched += await self._start_known(application, numbers, request, report)
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

    async def _refuse_taken_addresses(self, specs: list[ApplicationSpec], *, moving: bool) -> None:
        """Fail before the first of several applications is started, where a later one could not listen.

        `moving`: one that runs and is to listen somewhere else leaves its address to those after it.
        """
        freed: list[Address] = []
        for spec in specs:
            wanted, known = spec.address, self._manager.applications.get(spec.name)
            idle = known is None or not (known.listener.is_open or known.doing)
            left = known.listener.address if moving and known is not None and known.spec.address != wanted else None
            comes = wanted if spec.port and (idle or left) and spec is not specs[0] else None  # its start finds out
            if left:
                freed.append(left)  # before it comes: it leaves its own address in any case
            if comes and not any(meet(comes, each) for each in freed):
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
        failed = [number for number, instance in application.instances.items() if instance.record.failed]
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

    async def _start_known(
        self, application: Application, numbers: list[int], request: Start, report: Report
    ) -> list[str]:
        """Start instances of a known application; those that run are restarted, unless they are to be left alone.

        Returns what was touched, as people call it.
        """
        there = application.instances  # without those that went while another application was started
        idle = [number for number in numbers if number in there and not there[number].state.runs]
        if idle:
            await operations.start(application, idle, report)
            return [names([(application, idle)])]
        if request.if_absent:
            return []
        await operations.restart(application, numbers, report)
        return [names([(application, numbers)])]


def _nothing_to_start(applications: Mapping[str, Application]) -> str:
    """Why a start changed nothing: everything runs, or waits for a restart that is sure to come."""
    waiting = [
        f"{application.name}:{instance.number} waits for its restart: {instance.record.reason or 'it ended'}"
        for application in applications.values()
        for instance in application.instances.values()
        if instance.state is State.BACKING_OFF
    ]
    return "; ".join(waiting) or "all of it runs already"
