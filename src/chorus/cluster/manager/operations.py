"""What an operator can have done to one application: start, stop, restart, reload, scale.

Each holds the application for itself; a second one is refused as busy, but `stop`, which ends what is under way. Each
returns when it is done, tells its steps, and raises `OperationFailed` with a state that is said in its message. Whoever
chose the numbers may have waited since, for another application: an instance that is gone by then is left out.
"""

from collections.abc import Callable, Iterable

from chorus.cluster.lifecycle import Event, State
from chorus.cluster.manager import ending
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.instance import Instance
from chorus.cluster.manager.listener import try_address
from chorus.cluster.manager.records import Roll
from chorus.cluster.manager.reload import LAST_LINES, Reload
from chorus.cluster.manager.report import Report
from chorus.cluster.spec import LARGEST_CLUSTER, ApplicationSpec
from chorus.cluster.spec.address import meet

_FAILED = frozenset({State.ERRORED, State.BACKING_OFF, State.STOPPED})
"""Where an instance that was to be started is not going to be ready."""


async def start(application: Application, numbers: Iterable[int], report: Report) -> None:
    """Have these instances online. When one of them does not get there, all of them are stopped again."""
    async with application.operation("started"):
        await _start(application, list(numbers), report)


async def stop(application: Application, numbers: Iterable[int], report: Report) -> None:
    """Have these instances stopped, gracefully; ends another operation that is under way."""
    await application.interrupt()
    if application.forgotten:
        return
    async with application.operation("stopped"):
        numbers = _there(application, numbers)
        report.expect(len(numbers))
        await application.stopped(numbers)
        for number in numbers:
            report.step(f"{application.name}:{number} stopped")
        if not application.active:
            application.update(reason=None)
    await application.listener.closed()


async def restart(application: Application, numbers: Iterable[int], report: Report) -> None:
    """Stop and start these instances at once. One that does not come up is left to the restart policy."""
    async with application.operation("restarted"):
        await application.listener.open(application.spec)
        chosen = [application.instances[number] for number in _there(application, numbers)]
        before = {instance: instance.record.generation for instance in chosen}
        report.expect(len(chosen))
        for instance in chosen:
            instance.awaited = True
        try:
            application.end_together(chosen, Event.RESTART)
            failed = await _watch(application, chosen, report, lambda i: i.record.generation > before[i])
        finally:
            for instance in chosen:
                instance.awaited = False
        if failed is not None:
            raise await _not_ready(application, failed, "was restarted and is not online")
        application.update(reason=None)


async def change(application: Application, spec: ApplicationSpec, report: Report) -> None:
    """Restart the whole application under a new specification. It goes on where it is if its new address is taken.

    Where both addresses meet, as one host and all of them on a port do, this is not known before it was stopped.
    """
    old = application.spec
    if (old.host, old.port) != (spec.host, spec.port):
        here = application.listener.address
        if spec.port and (here is None or not meet(here, (spec.host, spec.port))):
            await try_address(application.site, spec)
        await stop(application, list(application.instances), report)
        application.adopt(spec)
        await start(application, list(application.instances), report)
    else:
        application.adopt(spec)
        await restart(application, list(application.instances), report)


async def reload(application: Application, spec: ApplicationSpec, numbers: Iterable[int], report: Report) -> None:
    """Replace these instances without an unanswered request; one that does not run is started.

    A reload that is being finished because a manager was killed in the middle of it is waited for.
    """
    if application.resuming:
        report.say(f"{application.occupied}; waiting for its end")
        await application.until(lambda: not application.resuming)
        if application.resumed is not None:
            report.say(f"{application.name}: {application.resumed.text}")
    if not application.active:
        application.adopt(spec)
        await start(application, numbers, report)
        return
    async with application.operation("reloaded"):
        await application.listener.open(application.spec)
        await Reload(application, spec, report).run(tuple(_there(application, numbers)))


async def finish(application: Application, roll: Roll, report: Report) -> None:
    """Go on with a reload in the middle of which a manager was killed."""
    if not application.active:
        application.adopt(roll.spec)
        application.update(roll=None)
        await start(application, roll.waiting, report)
        return
    waiting, replaced = tuple(_there(application, roll.waiting)), tuple(_there(application, roll.replaced))
    async with application.operation("reloaded"):
        await application.listener.open(application.spec)
        await Reload(application, roll.spec, report, back=roll.back).run(waiting, replaced=replaced)


async def scale(application: Application, wanted: int, next_id: Callable[[], int], report: Report) -> None:
    """Have this many instances: new ones get the lowest free numbers, those with the highest are stopped.

    Raises:
        OperationFailed: more or fewer than there may be; it is stopped; or the new ones do not start, and none stays.
    """
    most = min(application.spec.max_instances, LARGEST_CLUSTER)
    if not 1 <= wanted <= most:
        have, allowed = len(application.instances), "1" if most == 1 else f"1 to {most}"
        text = f"{application.name}: found {wanted} instances (it has {have}), expected {allowed}"
        raise OperationFailed("invalid", text + ("; use stop to have none" if wanted < 1 else ""))
    if not application.active and application.doing is None:  # a reload may stop all of it for a moment
        raise OperationFailed("invalid", f"{application.name} is stopped; start it first")
    async with application.operation("scaled"):
        surplus = sorted(application.instances)[wanted:]
        if surplus:
            await _remove(application, surplus, report)
            application.update(reason=None)
            return
        await application.listener.open(application.spec)
        missing = wanted - len(application.instances)
        added = [application.add(next_id()).number for _ in range(missing)]
        try:
            await _start(application, added, report)
        except OperationFailed:
            for number in added:
                application.remove(number)
            raise


async def delete(application: Application, numbers: Iterable[int], report: Report) -> bool:
    """Stop these instances and forget them; True when this has the application forgotten with the last one."""
    await application.interrupt()
    if application.forgotten:
        return False
    async with application.operation("deleted"):
        await _remove(application, _there(application, numbers), report)
        if application.instances:
            return False
        await application.until(lambda: not application.leaving)
        application.forget()
        await application.listener.closed()
        return True


def _there(application: Application, numbers: Iterable[int]) -> list[int]:
    """Those of the numbers that an instance still has."""
    return [number for number in numbers if number in application.instances]


async def _remove(application: Application, numbers: list[int], report: Report) -> None:
    report.expect(len(numbers))
    await application.stopped(numbers)
    for number in numbers:
        application.remove(number)
        report.step(f"{application.name}:{number} stopped")


async def _start(application: Application, numbers: list[int], report: Report) -> None:
    try:
        await application.listener.open(application.spec)
    except OperationFailed as error:
        application.update(reason=error.message)
        raise
    application.update(reason=None)
    chosen = [application.instances[number] for number in _there(application, numbers)]
    report.expect(len(chosen))
    for instance in chosen:
        instance.trial = True
        instance.take(Event.START)
    failed = await _watch(application, chosen, report)
    if failed is None:
        for instance in chosen:
            instance.trial = False
        return
    error = await _not_ready(application, failed, "was not started")
    application.update(reason=error.message)
    others = [instance for instance in chosen if instance.state is not State.ERRORED]
    await application.stopped(instance.number for instance in others)
    for instance in others:
        instance.explain(f"{failed.key} did not start with it")
    raise error


async def _watch(
    application: Application,
    instances: list[Instance],
    report: Report,
    counts: Callable[[Instance], bool] = lambda _: True,
) -> Instance | None:
    """Wait until all of them are online; the first that will not be, if one is.

    `counts` says whether an instance's state is already that of its new process. A program that says nothing of its
    readiness and has ended well was started, too.
    """
    waiting = list(instances)
    while True:
        for instance in list(waiting):
            if not counts(instance):
                continue
            if instance.state is State.ONLINE or _has_run_well(instance):
                waiting.remove(instance)
                report.step(f"{instance.key} online")
            elif instance.state in _FAILED or instance.state is State.FAILING:
                await application.until(lambda instance=instance: instance.state is not State.FAILING)
                return instance
        if not waiting:
            return None
        await application.next_change()


def _has_run_well(instance: Instance) -> bool:
    return instance.state is State.STOPPED and ending.ran_well(instance.spec, instance.record)


async def _not_ready(application: Application, failed: Instance, what: str) -> OperationFailed:
    lines = await application.site.keeper.tail(failed.key, LAST_LINES)
    again = "; it is tried again" if failed.state is State.BACKING_OFF else ""
    reason = failed.record.reason or failed.state.shown
    return OperationFailed("not_ready", f"{failed.key} {what}: {reason}{again}", lines)
