"""Performs a rollout: starts successors, watches them and their predecessors, and tells the plan what became of them.

The old instances keep serving until their successors are ready. Where a reload is cut short, because a successor
failed, because an operator stopped the application or because the manager was killed, what is left is whole: each
number has one instance that serves. A manager that was killed during a reload is followed by one that finishes it
(`records.Roll`).
"""

from chorus.cluster import rollout
from chorus.cluster.lifecycle import Event, State
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.instance import Instance
from chorus.cluster.manager.records import Roll
from chorus.cluster.manager.report import Report
from chorus.cluster.rollout import Abort, Phase, Plan, Rollout
from chorus.cluster.spec import ApplicationSpec

LAST_LINES = 20
"""Of a program's output, told when it does not start."""


class Reload:
    """One reload of one application; the caller holds the application's operation."""

    def __init__(self, application: Application, spec: ApplicationSpec, report: Report, *, back: bool = False) -> None:
        self._application = application
        self._spec = spec
        self._report = report
        self._back = back
        self._successors: dict[int, Instance] = {}
        self._predecessors: dict[int, Instance] = {}

    async def run(self, numbers: tuple[int, ...], *, replaced: tuple[int, ...] = ()) -> None:
        """Replace these instances; `replaced` are those that were before it was cut short.

        Raises:
            OperationFailed: "not_ready", with the reason and the last lines of the one that did not start.
        """
        application = self._application
        _refuse_other_address(application.spec, self._spec)
        plan = Plan(
            numbers=numbers,
            listen_timeout=self._spec.listen_timeout if self._spec.is_waited_for else self._spec.settle + 1.0,
            overlap=application.spec.overlaps and self._spec.overlaps,
            restore=self._spec != application.spec,
            replaced=replaced,
        )
        self._report.expect(len(numbers))
        try:
            abort = await self._perform(plan)
            if abort is None:
                application.adopt(self._spec)
                application.update(reason=None)
                return
            failure = await self._failure(abort)
        finally:
            application.update(roll=None)
            self._stop_successors()  # also where it was cut short and there is no Abort
        if abort.restore:
            failure.message += await self._restore(abort.restore)
        elif not application.spec.overlaps:
            application.instances[abort.number].take(Event.START)
        raise failure

    async def _perform(self, plan: Plan) -> Abort | None:
        """Go through the plan; how it was aborted, if it was."""
        application = self._application
        now = application.site.now
        state, actions = rollout.begin(plan, now=now())
        self._record(state)  # before the first process: whoever comes after us goes on with it
        while True:
            for action in actions:
                if isinstance(action, Abort):
                    return action
                self._do(action)
            self._record(state)
            if state.outcome is not None:
                return None
            event = self._look(state)
            while event is None:
                await application.next_change(state.next_deadline)
                event = self._look(state)
            state, actions = rollout.advance(state, event, now=now())

    def _record(self, state: Rollout) -> None:
        roll = Roll(spec=self._spec, waiting=_left(state), replaced=state.replaced, back=self._back)
        self._application.update(roll=roll if state.outcome is None else None)

    def _do(self, action: rollout.Action) -> None:
        match action:
            case rollout.StartSuccessor(number):
                self._start(number)
            case rollout.Switch(number):
                self._switch(number)
            case rollout.StopPredecessor(number):
                self._application.instances[number].take(Event.STOP)
                self._predecessors[number] = self._application.instances[number]
            case rollout.Complete() | Abort():
                pass  # `run` ends it

    def _start(self, number: int) -> None:
        application = self._application
        successor = application.make(self._spec, application.instances[number].successor(), kept=False)
        successor.trial = True
        self._successors[number] = successor
        application.stage(successor)
        successor.take(Event.START)

    def _switch(self, number: int) -> None:
        successor = self._successors.pop(number)
        self._predecessors[number] = self._application.instances[number]
        successor.promote()  # its record first: whoever comes after us must not start the old one again
        self._application.put(successor)
        self._report.step(f"{successor.key} online")

    def _look(self, state: Rollout) -> rollout.Event | None:
        """What has become of the instances in flight, as the plan wants to hear it."""
        for flight in state.flights:
            number = flight.number
            if flight.phase is Phase.SURGING:
                successor = self._successors[number]
                if successor.state is State.ONLINE:
                    return rollout.SuccessorReady(number)
                if successor.state is not State.STARTING:
                    return rollout.SuccessorFailed(number, successor.record.reason or "it ended")
            elif self._predecessors[number].state in {State.STOPPED, State.ERRORED}:
                return rollout.PredecessorGone(number)
        over = state.next_deadline is not None and self._application.site.now() >= state.next_deadline
        return rollout.TimePassed() if over else None

    def _stop_successors(self) -> None:
        """Whatever was started and not switched in is not wanted any more."""
        for successor in self._successors.values():
            self._application.unstage(successor)
        self._successors.clear()

    async def _failure(self, abort: Abort) -> OperationFailed:
        """What to tell of the successor that failed."""
        failed, application = self._successors[abort.number], self._application
        lines = await application.site.keeper.tail(failed.key, LAST_LINES)
        # The plan's time may be over before the instance's own.
        reason = failed.record.reason or failed.process.with_complaint(abort.reason)
        message = f"{failed.key} did not get ready: {reason}; {self._what_serves(abort)}"
        application.update(reason=f"the last reload failed: {failed.key}: {reason}")
        return OperationFailed("not_ready", message, lines)

    def _what_serves(self, abort: Abort) -> str:
        application = self._application
        if not application.spec.overlaps:
            return f"{application.name}:{abort.number} is started as before"
        return f"the old instances of {application.name} go on"

    async def _restore(self, numbers: tuple[int, ...]) -> str:
        """Bring the instances already replaced back to the specification that holds."""
        back = Reload(self._application, self._application.spec, self._report, back=True)
        try:
            await back.run(numbers)
        except OperationFailed as error:
            return f"; putting back what was replaced failed too: {error.message}"
        return f"; {len(numbers)} already replaced put back"


def _left(state: Rollout) -> tuple[int, ...]:
    """The numbers not yet switched in."""
    return (*(f.number for f in state.flights if f.phase is not Phase.RETIRING), *state.waiting)


def _refuse_other_address(old: ApplicationSpec, new: ApplicationSpec) -> None:
    if (old.host, old.port) != (new.host, new.port):
        found, expected = (f"{spec.host}:{spec.port}" for spec in (new, old))
        text = f"{old.name}: a reload keeps the address {expected}, found {found}; use restart to change it"
        raise OperationFailed("invalid", text)
