"""One application the manager knows: its instances, its socket, its load page, and the one operation it is in."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import msgspec

from chorus.cluster.lifecycle import Event, State
from chorus.cluster.manager.condition import Condition
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.instance import Instance
from chorus.cluster.manager.listener import Listener
from chorus.cluster.manager.records import APPLICATION, ApplicationRecord, InstanceRecord, Resumed, Roll, write
from chorus.cluster.manager.site import Site
from chorus.cluster.manager.slots import Slots
from chorus.cluster.spec import ApplicationSpec

_ENDING = frozenset({"stopped", "deleted"})


class Application:
    """What runs under one name."""

    def __init__(self, site: Site, record: ApplicationRecord) -> None:
        self.site = site
        self.instances: dict[int, Instance] = {}
        """By number: those that count."""
        self.leaving: set[Instance] = set()
        """Processes that were replaced or not wanted in the end, until they are gone."""
        self.staged: set[Instance] = set()
        """Successors of a reload that are not ready yet."""
        self.listener = Listener(site, record.spec.name)
        """Its socket and its load page."""
        self.forgotten = False
        """Whether it was deleted; whoever still waits for it finds nothing to do."""
        self._record = record
        self._slots = Slots()
        self._ending: frozenset[Instance] = frozenset()
        """Those that are being asked to end at this moment."""
        self._condition = Condition()
        self._operation: tuple[str, asyncio.Task[object]] | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self._record.spec.name

    @property
    def spec(self) -> ApplicationSpec:
        """What holds for its next processes."""
        return self._record.spec

    @property
    def reason(self) -> str | None:
        """Why it is not as it should be."""
        return self._record.reason

    @property
    def roll(self) -> Roll | None:
        """The reload under way."""
        return self._record.roll

    @property
    def resumed(self) -> Resumed | None:
        """The reload that was cut short last, with what became of it."""
        return self._record.resumed

    @property
    def resuming(self) -> bool:
        """Whether a reload is being finished in the middle of which a manager was killed."""
        return self.resumed is not None and self.resumed.at is None

    @property
    def log_trouble(self) -> str | None:
        """Which of its log files cannot be written, and why; None where all can."""
        files = (self.spec.out_file, self.spec.error_file, self.spec.combined_file)
        paths = [self.spec.log_path(path, number) for number in self.instances for path in files if path is not None]
        failing = self.site.failing_logs
        return next((f"cannot write {path}: {failing[path]}" for path in paths if path in failing), None)

    @property
    def active(self) -> bool:
        """Whether any instance runs or is going to."""
        return any(i.state.runs or i.state is State.BACKING_OFF for i in self.instances.values())

    @property
    def doing(self) -> str | None:
        """What it is being: "started", "stopped"; None when no operation holds it."""
        return self._operation[0] if self._operation is not None else None

    @property
    def starting(self) -> bool:
        """Whether any instance is not ready yet."""
        return any(instance.state is State.STARTING for instance in self.instances.values())

    def update(self, **changes: object) -> None:
        """Change its record, in the notebook too."""
        self._record = msgspec.structs.replace(self._record, **changes)
        self.save()

    def save(self) -> None:
        """Write its record into the notebook, which a deleted one has left for good."""
        if not self.forgotten:
            self.site.keeper.note(APPLICATION + self.name, write(self._record))

    def adopt(self, spec: ApplicationSpec) -> None:
        """Have this specification hold for its next processes."""
        self.update(spec=spec)
        for instance in self.instances.values():
            instance.next_spec = spec

    def adopt_as_own(self, spec: ApplicationSpec) -> None:
        """Have a specification hold at once that differs in nothing a process has to do with."""
        self.adopt(msgspec.structs.replace(spec, inherited=self.spec.inherited))
        for instance in self.instances.values():
            instance.spec = instance.next_spec

    # Instances

    def add(self, identity: int, number: int | None = None) -> Instance:
        """Make an instance with the lowest free number, without a process yet."""
        if number is None:
            number = next(n for n in range(len(self.instances) + 1) if n not in self.instances)
        record = InstanceRecord(application=self.name, number=number, id=identity)
        return self.put(Instance(self.site, self.spec, record, self._slots, self.changed, self._heirs))

    def put(self, instance: Instance) -> Instance:
        """Have this instance count under its number; the one that did so far leaves."""
        self.staged.discard(instance)
        before = self.instances.get(instance.number)
        self.instances[instance.number] = instance
        self.instances = dict(sorted(self.instances.items()))
        if before is not None:
            before.retire()
            self.leave(before)
        return instance

    def make(self, spec: ApplicationSpec, record: InstanceRecord, *, kept: bool) -> Instance:
        """Make an instance that does not count (yet): a successor, or one found in the notebook."""
        return Instance(self.site, spec, record, self._slots, self.changed, self._heirs, kept=kept)

    def stage(self, successor: Instance) -> None:
        """Have the keeper's facts reach a successor, which does not count before it is `put`."""
        self.staged.add(successor)

    def unstage(self, successor: Instance) -> None:
        """The successor is not wanted any more."""
        self.staged.discard(successor)
        successor.retire()
        self.leave(successor)

    def leave(self, instance: Instance) -> None:
        """Keep an instance that does not count any more until its process is gone."""
        self.leaving.add(instance)
        self.changed()

    def remove(self, number: int) -> None:
        """Forget an instance that has no process."""
        self.instances.pop(number).discard()

    def let_go(self) -> None:
        """The manager ends; what runs goes on."""
        for instance in (*self.instances.values(), *self.staged, *self.leaving):
            instance.let_go()

    def find(self, key: str) -> Instance | None:
        """The instance whose process has this key."""
        everyone = (*self.instances.values(), *self.staged, *self.leaving)
        return next((instance for instance in everyone if instance.key == key), None)

    def forget(self) -> None:
        """Remove every trace of an application that does not run."""
        self.forgotten = True
        self.listener.close()
        for number in list(self.instances):
            self.remove(number)
        self.site.keeper.note(APPLICATION + self.name, None)

    # Waiting

    def changed(self) -> None:
        """Something happened to an instance: let go of what is not needed any more, wake those that wait."""
        for instance in [i for i in self.leaving if i.state is State.STOPPED]:
            self.leaving.discard(instance)
            instance.discard()
        if self.listener.is_open and self._operation is None and not self.active:
            self.listener.close()  # nobody would answer
        self._condition.notify()

    async def next_change(self, deadline: float | None = None) -> None:
        """Wait until something happens to an instance, or the deadline is over."""
        await self._condition.wait(deadline)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; it is looked at after every change."""
        await self._condition.until(holds)

    async def stopped(self, numbers: Iterable[int]) -> None:
        """Ask these instances to end and wait until they have."""
        ending = [self.instances[number] for number in numbers]
        self.end_together(ending, Event.STOP)
        await self.until(lambda: all(instance.state is State.STOPPED for instance in ending))

    def end_together(self, ending: Sequence[Instance], event: Event) -> None:
        """Ask these instances to end; none of them is to take over what another one has."""
        self._ending = frozenset(ending)
        for instance in ending:
            instance.trial = False
            instance.take(event)
        self._ending = frozenset()

    def _heirs(self, instance: Instance) -> list[str]:
        """Who may take over the connections of an instance that ends: its successor, else all others that serve."""
        staying = [
            other
            for other in self.instances.values()
            if other.state is State.ONLINE and other is not instance and other not in self._ending
        ]
        return [o.key for o in staying if o.number == instance.number] or [o.key for o in staying]

    # One operation at a time

    @property
    def occupied(self) -> str:
        """What it is being, how far that has come and, where nobody here asked for it, why; for people."""
        roll = self.roll
        parts = [roll.progress] if roll is not None else []
        parts += ["a manager was killed in the middle of it"] if self.resuming else []
        how_far = f" ({'; '.join(parts)})" if parts else ""
        return f"{self.name} is being {self.doing or 'reloaded'}{how_far}"

    @asynccontextmanager
    async def operation(self, words: str) -> AsyncGenerator[None]:
        """Hold the application for one operation; a second one is refused.

        Raises:
            OperationFailed: "busy", naming the operation it is in; "unknown_target" where it was deleted meanwhile.
        """
        if self._operation is not None:
            raise OperationFailed("busy", f"{self.occupied}; try again when that has ended")
        if self.forgotten:
            raise OperationFailed("unknown_target", f"{self.name} was deleted meanwhile")
        if self.resumed is not None and not self.resuming:
            self.update(resumed=None)
        task = asyncio.current_task()
        assert task is not None
        self._operation = (words, task)
        try:
            yield
        finally:
            self._operation = None
            self.changed()

    async def interrupt(self) -> None:
        """End the operation it is in, if any, and have its caller told. One that stops instances is waited for."""
        if self._operation is not None and self._operation[1] is not asyncio.current_task():
            words, task = self._operation
            if words not in _ENDING:
                task.cancel()
            await self.until(lambda: self._operation is None)
