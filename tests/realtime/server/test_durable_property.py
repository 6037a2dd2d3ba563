"""Whatever is lost, doubled, reordered or away: every follower's view is the log's suffix after its cursor."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chorus.realtime.backplane.receivers import Receivers
from chorus.realtime.log.follower import Patience
from chorus.realtime.server.durable import DurableRooms
from chorus.realtime.server.durable_settings import DurableSettings
from parts.jumping import JumpingLoop
from parts.stage import FakeClient, FakeStage, FrailLog, entries

ROOMS = ("red", "blue")


class LossyBackplane:
    """What is published reaches others when, as often and in whatever order the test says."""

    healthy = True

    def __init__(self, under_way: "list[tuple[LossyBackplane, str, bytes]]") -> None:
        self.receivers = Receivers()
        self.ups: list[Callable[[], None]] = []
        self.others: list[LossyBackplane] = []
        self._under_way = under_way

    def publish(self, channel: str, message: bytes, *, besides=None) -> None:
        self.receivers.tell(channel, message)
        self._under_way.extend((other, channel, message) for other in self.others)

    def subscribe(self, channel: str, receiver: Callable[[bytes], None]) -> None:
        self.receivers.add(channel, receiver)

    def unsubscribe(self, channel: str, receiver: Callable[[bytes], None]) -> None:
        self.receivers.remove(channel, receiver)

    def on_up(self, callback: Callable[[], None]) -> None:
        self.ups.append(callback)

    def renew(self) -> None:
        """Whoever doubts it gets no better one."""


class Watcher:
    """A client and the run of entries it must have seen."""

    def __init__(self, instance: int, client: FakeClient, room: str, after: int) -> None:
        self.instance = instance
        self.client = client
        self.room = room
        self.after = after
        self.following: asyncio.Task[int] | None = None

    @property
    def cursor(self) -> int:
        return self.after + len(self.client.seen)


class DurableRoomsUnderFire(RuleBasedStateMachine):
    """Two instances, two rooms, one log; time passes in jumps between the steps and a little within them."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = JumpingLoop()
        self.runner = asyncio.Runner(loop_factory=lambda: self.loop)
        self.runner.get_loop()
        self.log = FrailLog()
        self.ends = dict.fromkeys(ROOMS, 0)
        self.under_way: list[tuple[LossyBackplane, str, bytes]] = []
        self.backplanes = [LossyBackplane(self.under_way) for _ in range(2)]
        self.backplanes[0].others = [self.backplanes[1]]
        self.backplanes[1].others = [self.backplanes[0]]
        self.stages = [FakeStage(backplane) for backplane in self.backplanes]
        few = DurableSettings(
            interval=2.0, linger=3.0, recent_frames=4, burst=18, order=Patience(held=3, page=3, belief=2)
        )
        self.durables = [DurableRooms(stage, self.log, settings=few) for stage in self.stages]
        self.watchers: list[Watcher] = []
        self.within(asyncio.sleep(0))

    def within(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def in_loop(self, work: Callable[..., Any], *arguments: Any) -> Any:
        async def call() -> Any:
            return work(*arguments)

        return self.within(call())

    # What happens

    @rule(room=st.sampled_from(ROOMS), number=st.integers(1, 12), by=st.integers(0, 1), told=st.booleans())
    def append(self, room: str, number: int, by: int, told: bool) -> None:
        for _ in range(number):
            seq = self.ends[room] = self.within(self.log.add(room))
            if told:
                self.in_loop(self.durables[by].announce, room, seq, b"%d" % seq)

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 1000), times=st.integers(0, 2))
    def deliver_hint(self, which: int, times: int) -> None:
        """Any of them; not at all, once or twice."""
        backplane, channel, message = self.under_way.pop(which % len(self.under_way))
        for _ in range(times):
            self.in_loop(backplane.receivers.tell, channel, message)

    @rule()
    def deliver_all_hints_backwards(self) -> None:
        while self.under_way:
            backplane, channel, message = self.under_way.pop()
            self.in_loop(backplane.receivers.tell, channel, message)

    @rule(room=st.sampled_from(ROOMS), back=st.integers(0, 30), instance=st.integers(0, 1))
    def follow(self, room: str, back: int, instance: int) -> None:
        client = FakeClient(self.stages[instance])
        watcher = Watcher(instance, client, room, max(0, self.ends[room] - back))
        self.watchers.append(watcher)
        self.begin(watcher)

    @rule(
        room=st.sampled_from(ROOMS),
        instance=st.integers(0, 1),
        back=st.integers(0, 8),
        ticks=st.lists(st.integers(0, 3), max_size=8),
    )
    def follow_amid_appends(self, room: str, instance: int, back: int, ticks: list[int]) -> None:
        """Entries are announced so many ticks of the loop apart while the client gets in."""
        watcher = Watcher(instance, FakeClient(self.stages[instance]), room, max(0, self.ends[room] - back))
        self.watchers.append(watcher)

        async def work() -> None:
            watcher.following = asyncio.ensure_future(
                self.durables[instance].follow(watcher.client, room, after=watcher.after)
            )
            for pause in ticks:
                for _ in range(pause):
                    await asyncio.sleep(0)
                seq = self.ends[room] = await self.log.add(room)
                self.durables[instance].announce(room, seq, b"%d" % seq)

        self.within(work())

    @precondition(lambda self: self.watchers)
    @rule(which=st.integers(0, 1000))
    def unfollow(self, which: int) -> None:
        watcher = self.watchers[which % len(self.watchers)]
        self.in_loop(self.durables[watcher.instance].unfollow, watcher.client, watcher.room)

    @precondition(lambda self: self.watchers)
    @rule(which=st.integers(0, 1000))
    def follow_again(self, which: int) -> None:
        """From where it is; also while it follows."""
        watcher = self.watchers[which % len(self.watchers)]
        if not watcher.client.gone:
            self.begin(watcher)

    @precondition(lambda self: self.watchers)
    @rule(which=st.integers(0, 1000), elsewhere=st.booleans())
    def come_back(self, which: int, elsewhere: bool) -> None:
        """Disconnect, and connect again with the cursor, perhaps to the other instance."""
        old = self.watchers[which % len(self.watchers)]
        cursor = old.cursor
        self.in_loop(old.client.go)
        instance = 1 - old.instance if elsewhere else old.instance
        self.watchers.append(Watcher(instance, FakeClient(self.stages[instance]), old.room, cursor))
        self.begin(self.watchers[-1])

    @precondition(lambda self: self.watchers)
    @rule(which=st.integers(0, 1000))
    def stop_or_start_reading(self, which: int) -> None:
        client = self.watchers[which % len(self.watchers)].client
        client.congested = not client.congested

    @rule()
    def log_goes_or_comes(self) -> None:
        self.log.away = not self.log.away

    @rule(instance=st.integers(0, 1))
    def backplane_came_back(self, instance: int) -> None:
        for callback in self.backplanes[instance].ups:
            self.in_loop(callback)

    @rule(seconds=st.sampled_from([0.0, 0.0005, 0.001, 0.0015, 0.02, 0.03, 1.0, 5.0]))
    def pass_time(self, seconds: float) -> None:
        self.within(asyncio.sleep(seconds))

    # What must hold

    @invariant()
    def every_view_is_a_run_of_the_log(self) -> None:
        for watcher in self.watchers:
            assert watcher.client.seen == entries(watcher.after + 1, watcher.cursor)
            assert watcher.cursor <= self.ends[watcher.room]

    @invariant()
    def a_room_has_one_reader_an_instance(self) -> None:
        assert self.log.most_readers <= len(self.durables)

    def teardown(self) -> None:
        try:
            self.everything_works_again()
            for watcher in self.watchers:
                following = watcher.following
                assert following is not None
                assert following.done()
                assert following.exception() is None
                if watcher.room in self.durables[watcher.instance]._visits.get(watcher.client, {}):
                    assert watcher.cursor == self.ends[watcher.room]
            self.every_view_is_a_run_of_the_log()
            for watcher in self.watchers:
                self.in_loop(watcher.client.go)
            self.within(asyncio.sleep(10.0))
            assert all(len(durable._jobs) == 0 and durable._rooms == {} for durable in self.durables)
        finally:
            self.runner.close()

    def everything_works_again(self) -> None:
        self.log.away = False
        for watcher in self.watchers:
            watcher.client.congested = False
        self.within(asyncio.sleep(20.0))

    def begin(self, watcher: Watcher) -> None:
        follow = self.durables[watcher.instance].follow

        async def begin() -> None:
            watcher.following = asyncio.ensure_future(follow(watcher.client, watcher.room, after=watcher.cursor))
            await asyncio.sleep(0)

        self.within(begin())


TestDurableRoomsUnderFire = pytest.mark.timeout(300)(DurableRoomsUnderFire.TestCase)
TestDurableRoomsUnderFire.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
