"""One instance: feeds what happens to it through the lifecycle's table and performs the effects.

Everything that must outlive the manager is in `record`, written to the keeper's notebook at each transition, before a
process is started and not after. Everything else (deadlines, health checks) is armed anew from the record by `resume`.

An instance on trial is one that an operator waits for: when it ends before it was ready it is not started again, so
that the command can say why and stop.
"""

import asyncio
import logging
import signal
from collections.abc import Callable

from chorus.cluster import lifecycle
from chorus.cluster.keeper import wire
from chorus.cluster.lifecycle import Effect, Event, State
from chorus.cluster.manager import ending, handover
from chorus.cluster.manager.berth import Berth
from chorus.cluster.manager.checking import check
from chorus.cluster.manager.deadline import Deadline
from chorus.cluster.manager.health_watch import HealthWatch
from chorus.cluster.manager.ledger import Ledger
from chorus.cluster.manager.notify_state import NotifyState
from chorus.cluster.manager.probe import ProbeAnswer
from chorus.cluster.manager.process import Process
from chorus.cluster.manager.records import InstanceRecord
from chorus.cluster.manager.samples import Sample
from chorus.cluster.manager.site import Site
from chorus.cluster.manager.slots import Slots
from chorus.cluster.restarts import RestartHistory
from chorus.cluster.spec import ApplicationSpec

log = logging.getLogger(__name__)


class Instance:
    """The process of one number of an application, whichever it is at the moment."""

    def __init__(
        self,
        site: Site,
        spec: ApplicationSpec,
        record: InstanceRecord,
        slots: Slots,
        changed: Callable[[], None],
        heirs: "Callable[[Instance], list[str]]",
        *,
        kept: bool = True,
    ) -> None:
        """Make an instance without a process.

        `changed` is called after every transition. `heirs` gives the keys of the workers that may take its connections
        over when it ends. `kept`: its record stands in the notebook (a successor's does once it is switched in).
        """
        self.spec = spec
        """Of its current process."""
        self.next_spec = spec
        """Of its next process."""
        self.process = Process()
        """What is known of its current process."""
        self.trial = False
        self.awaited = False
        """An operator waits for it, and the restart policy goes on with it where it fails."""
        self._site = site
        self._berth = Berth(site, slots)
        self._changed = changed
        self._heirs = heirs
        self._ledger = Ledger(site.keeper, record, kept=kept)
        self._deadline = Deadline(self._ledger, self._deadline_over)
        self._health_watch = HealthWatch(self)

    @property
    def record(self) -> InstanceRecord:
        """What must outlive the manager."""
        return self._ledger.record

    @property
    def state(self) -> State:
        """Where it is in its life."""
        return self.record.state

    @property
    def slot(self) -> int | None:
        """Its process's slot of the load page."""
        return self._berth.slot

    @property
    def number(self) -> int:
        """Its number among the instances of its application."""
        return self.record.number

    @property
    def key(self) -> str:
        """The key of its current or last process."""
        return self.record.key

    def restore_finished(self) -> None:
        """Know that its process, of a time that was saved, ended as it is meant to."""
        self._ledger.note(finished=True)

    def explain(self, reason: str) -> None:
        """Show why it is stopped."""
        self._ledger.note(reason=reason)

    def take(self, event: Event, reason: str | None = None) -> None:
        """Let something happen to it. `reason` is shown until the next one."""
        before = self.state
        transition = lifecycle.step(before, event)
        self._ledger.change(
            state=transition.state,
            served=self.record.served or transition.state is State.ONLINE,
            finished=event is Event.FINISHED,
        )
        if reason is not None:
            self._ledger.change(last_failure=reason, last_failure_at=self._site.now())
        if reason is not None or transition.state in {State.STOPPED, State.ONLINE}:
            self._ledger.change(reason=reason)
        if transition.state is not before:
            self._health_watch.end()
            self._deadline.leave(before)
        for effect in transition.effects:
            self._perform(effect)
        if transition.state is not before:
            log.info("%s: %s -> %s%s", self.key, before.value, transition.state.value, f": {reason}" if reason else "")
        self._ledger.write()
        self._changed()

    def exited(self, code: int | None, by_signal: int | None, at: float, *, left: bool = False) -> None:
        """Its process ended, at that monotonic time; `left`: something that it started has not."""
        self._ledger.change(exit_code=code if by_signal is None else -by_signal)
        self.process.ended = (ending.describe(code, by_signal), at)
        self.process.pid = None
        if not (left and ending.waits_for_family(self.spec, self.record, self._site.now())):
            self.family_ended()

    def family_ended(self) -> None:
        """Its process has ended, and whatever that started has, or had the time for it."""
        if self.process.ended is None:
            return  # that was weighed already
        self._site.keeper.signal(self.key, signal.SIGKILL, group=True)
        self._site.remove_sockets(self.key)  # of one that was killed
        self._gone(*self.process.ended)

    def notified(self, said: dict[str, str]) -> None:
        """Its process said something of itself."""
        self.process.hear(NotifyState(said), now=self._site.now(), reload_time=self.spec.listen_timeout)
        if self.process.said.ready and self.state is State.STARTING and self.spec.says_ready:
            self._health_watch.said_ready()
        self._health_watch.said_something()
        self._give_time()
        self._follow_words()
        self._changed()

    def _follow_words(self) -> None:
        """Do what it asks for, once it is online."""
        if self.state is State.ONLINE and self.process.said.stopping:
            self.take(Event.LEAVE)
        elif self.state is State.ONLINE and self.process.said.wants_restart:
            self.take(Event.UNWELL, "asked to be restarted (WATCHDOG=trigger)")

    def sampled(self, sample: Sample | None) -> None:
        """Its process was looked at."""
        self.process.sample = sample
        limit = self.spec.max_memory_restart
        if sample is not None and limit is not None and sample.memory > limit and self.state is State.ONLINE:
            held, allowed = sample.memory / 1024**2, limit / 1024**2
            self.take(Event.UNWELL, f"held {held:.0f} MB of memory, allowed {allowed:.0f} MB")

    def reset(self) -> None:
        """Count its restarts from 0 again."""
        self._ledger.note(restarts=0, history=RestartHistory())

    def successor(self) -> InstanceRecord:
        """The record of an instance that is to take its number over; its process gets a generation of its own."""
        self._ledger.note(highest=self.record.highest + 1)
        return self.record.of_successor()

    def promote(self) -> None:
        """From now on its record is the one in the notebook."""
        self._ledger.kept = True
        self.trial = False
        self._ledger.note(restarts=self.record.restarts + 1)

    def retire(self) -> None:
        """Another instance has its number from now on; end, and leave no record."""
        self._ledger.kept = False
        self.trial = False
        if self.state is not State.STOPPED:
            self.take(Event.STOP)

    def discard(self) -> None:
        """It has no process any more and is not coming back: leave nothing of it."""
        self._health_watch.end()
        self._deadline.arm(None)
        self._berth.release()
        self._berth.forget()
        self._ledger.strike()

    def let_go(self) -> None:
        """The manager ends: wait for nothing any more. Its process goes on, and the next manager with it."""
        self._health_watch.close()
        self._deadline.let_go()

    def resume(self, child: wire.Child | None, slot: int | None) -> None:
        """Go on where another manager was killed, with what the keeper knows of its process."""
        self._berth.resume(child.key if child is not None else None, slot)
        if not self.state.runs:
            self._deadline.arm(self.record.deadline)
            return
        if child is None:
            self._resume_without_process()
            return
        self.process.pid, self.process.started_at = child.pid, child.started_at
        self.process.hear(NotifyState(child.state), now=self._site.now(), reload_time=self.spec.listen_timeout)
        self._deadline.arm(self.record.deadline)
        if child.exited is not None:
            self.exited(child.exited.code, child.exited.signal, child.exited.at, left=child.left)
            return
        self._give_time()
        if self.state is State.ONLINE:
            self._watch()
        elif self.state is State.STARTING:
            self._resume_start()
        elif not self.process.said.stopping:
            self._signal_stop(deadline=self.record.deadline)

    def _resume_without_process(self) -> None:
        if self.state is State.STARTING:
            self._spawn()
            self._ledger.write()
        else:
            self._ledger.change(exit_code=None)
            self._gone("its process was lost", self._site.now())

    def _resume_start(self) -> None:
        if not self.spec.says_ready:
            self._health_watch.said_nothing(0.0)
        elif self.process.said.ready:
            self._health_watch.said_ready()

    # Effects

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Effect.SPAWN:
                self._spawn()
            case Effect.SIGNAL_STOP:
                self._signal_stop(deadline=self._end_due())
            case Effect.SIGNAL_KILL:
                log.warning("%s: did not end within %g s, killing it", self.key, self.spec.kill_timeout)
                self._site.keeper.signal(self.key, signal.SIGKILL, group=True)
                asyncio.get_running_loop().call_soon(self.family_ended)  # where what it started was waited for
            case Effect.AWAIT_EXIT:
                self._deadline.arm(self._end_due())
            case Effect.WATCH:
                self._watch()
            case Effect.COUNT_RESTART:
                self._ledger.change(restarts=self.record.restarts + 1)
            case Effect.FORGET_HISTORY:
                self._ledger.change(history=RestartHistory(), reason=None)

    def _spawn(self) -> None:
        """Start the next process: the record first, so that no manager ever meets a process it does not know."""
        self.spec = self.next_spec
        self.process = Process()
        generation = self.record.highest + 1
        self._ledger.change(generation=generation, highest=generation, served=False)
        self._berth.take(self.key)
        self._deadline.arm(self._site.now() + self.spec.listen_timeout if self.spec.is_waited_for else None)
        self._ledger.write()
        self._berth.spawn(
            self.spec,
            self.record,
            trial=self.trial,
            born=lambda child: self._spawned(generation, child),
            failed=lambda reason: self._not_spawned(generation, reason),
        )

    def _spawned(self, generation: int, child: wire.ChildSpawned) -> None:
        if generation != self.record.generation or not self.state.runs:
            return
        self.process.pid, self.process.started_at = child.pid, child.started_at
        if self.state is State.STARTING and not self.spec.says_ready:
            self._health_watch.said_nothing(self.spec.settle if self.trial or self.awaited else 0.0)

    def _not_spawned(self, generation: int, reason: str) -> None:
        """The keeper, or we, could not start it: as if it had ended at once."""
        if generation == self.record.generation and self.state.runs:
            self._berth.lose()
            self._ledger.change(exit_code=None)
            self._gone(reason, self._site.now())

    def _signal_stop(self, *, deadline: float | None) -> None:
        if self.spec.app is not None and (heirs := self._heirs(self)):
            handover.bequeath(self._site, self.key, heirs)
        # Our worker drains and takes its children along; a program may be a shell that keeps the signal to itself. One
        # that was stopped (SIGSTOP) would hear neither.
        for number in (int(signal.Signals[self.spec.stop_signal]), signal.SIGCONT):
            self._site.keeper.signal(self.key, number, group=self.spec.kind == "command")
        self._deadline.arm(deadline)

    def _end_due(self) -> float:
        """When a process that is to end from now on is killed, unless it asks for more time."""
        due = self._site.now() + self.spec.kill_timeout
        self._ledger.change(latest_end=due + ending.LONGEST_EXTENSION)
        return due

    def _give_time(self) -> None:
        """Wait longer for a process that ends and asks for that: it hands its connections over, say."""
        later = ending.extended(self.record, self.process.said.wants_time_until)
        if later is not None:
            self._deadline.arm(later)
            self._ledger.write()

    # Readiness and health

    def now(self) -> float:
        """Monotonic seconds."""
        return self._site.now()

    async def ask(self) -> ProbeAnswer:
        """One health check of its process."""
        return await check(self._site, self.spec, self.record, slot=self._berth.slot or 0, pid=self.process.pid)

    async def keeper_answers(self) -> None:
        """Wait until the keeper has answered, which hands on what its process says."""
        await self._site.keeper.tail(self.key, 0)

    def _watch(self) -> None:
        asyncio.get_running_loop().call_soon(self._follow_words)  # what it said before it was online
        self._health_watch.watch()

    def _gone(self, words: str, at: float) -> None:
        """Its process is no more: feed the event that follows from it."""
        # One that never served was not stable, however long it took to fail.
        uptime = self.process.age(at) if self.record.served else 0.0
        end = ending.after(
            self.spec, self.record, trial=self.trial, words=words, said=self.process.said.status, at=at, uptime=uptime
        )
        self.process = Process()
        self._berth.release()
        if end.history is not None:
            self._ledger.change(history=end.history)
        self.take(end.event, end.reason)
        if end.restart_at is not None:
            self._deadline.arm(end.restart_at)
            self._ledger.write()

    def _deadline_over(self) -> None:
        event = lifecycle.DEADLINE[self.state]
        late = f"not ready within {self.spec.listen_timeout:g} s" if event is Event.LATE else None
        self.take(event, self.process.with_complaint(late) if late else None)
