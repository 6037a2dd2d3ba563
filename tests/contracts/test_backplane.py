"""What every backplane does, run on each: two instances joined, and the way between them cut and restored."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from chorus.realtime.backplane.contract import Backplane, BackplaneUnavailable, InstanceAway, NoAnswer
from chorus.realtime.backplane.memory import Bus, MemoryBackplane
from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.settings import RedisSettings
from parts.valkey_cluster import ValkeyCluster
from waiting import eventually


class MemorySite:
    """Instances on one bus."""

    def __init__(self) -> None:
        self._bus = Bus()

    def instance(self) -> Backplane:
        return MemoryBackplane(self._bus)

    def cut(self) -> None:
        self._bus.go_down()

    def restore(self) -> None:
        self._bus.come_up()


class RedisSite:
    """Instances on one real Valkey."""

    def __init__(self, server, settings: RedisSettings) -> None:
        self._server = server
        self._settings = settings

    def instance(self) -> Backplane:
        return RedisBackplane(self._settings)

    def cut(self) -> None:
        self._server.kill()

    def restore(self) -> None:
        self._server.start()


class ClusterSite:
    """Instances on a cluster of three real Valkeys."""

    def __init__(self, cluster: ValkeyCluster) -> None:
        self._cluster = cluster

    def instance(self) -> Backplane:
        return RedisBackplane(RedisSettings(url=self._cluster.url))

    def cut(self) -> None:
        for node in self._cluster.nodes:
            node.kill()

    def restore(self) -> None:
        for node in self._cluster.nodes:
            node.start()
        self._cluster.wait_until_whole()


@pytest.fixture(scope="module")
def cluster() -> Iterator[ValkeyCluster]:
    with ValkeyCluster() as cluster:
        yield cluster


@pytest.fixture(params=["memory", "valkey over unix", "valkey over tcp", "valkey cluster"])
def site(request):
    if request.param == "memory":
        return MemorySite()
    if request.param == "valkey cluster":
        site = ClusterSite(request.getfixturevalue("cluster"))
        site.restore()
        return site
    server = request.getfixturevalue("valkey")
    if request.param == "valkey over unix":
        return RedisSite(server, RedisSettings(url=server.url))
    return RedisSite(server, RedisSettings(host=server.host, port=server.port))


@pytest.fixture
async def pair(site) -> AsyncIterator[tuple[Backplane, Backplane]]:
    """Two instances that were started."""
    here, there = site.instance(), site.instance()
    await here.start()
    await there.start()
    yield here, there
    await here.close()
    await there.close()


async def connected(here: Backplane, there: Backplane, *channels: str) -> None:
    """Wait until what `here` publishes on each of the channels is heard at `there`."""
    for channel in channels:
        probe: list[bytes] = []
        there.subscribe(channel, probe.append)

        def sent_and_heard(channel: str = channel, probe: list[bytes] = probe) -> bool:
            here.publish(channel, b"probe")
            return bool(probe)

        await eventually(sent_and_heard, what=f"a message on {channel}")
        there.unsubscribe(channel, probe.append)


def heard_of(heard: list[bytes]) -> list[bytes]:
    return [message for message in heard if message != b"probe"]


async def test_a_message_reaches_the_other_instance(pair):
    here, there = pair
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    await connected(here, there, "room")

    here.publish("room", b"hello")

    await eventually(lambda: heard_of(heard) == [b"hello"])


async def test_a_message_reaches_the_own_instance_once_and_before_publish_returns(pair):
    here, there = pair
    own: list[bytes] = []
    other: list[bytes] = []
    here.subscribe("room", own.append)
    there.subscribe("room", other.append)
    await connected(here, there, "room")
    await connected(there, here, "room")
    own.clear()

    here.publish("room", b"hello")

    assert own == [b"hello"]
    await eventually(lambda: b"hello" in other)
    there.publish("room", b"end")  # what came back of our own would have come before
    await eventually(lambda: b"end" in own)
    assert heard_of(own) == [b"hello", b"end"]


async def test_a_receiver_that_knows_already_is_passed_over_and_everybody_else_is_told(pair):
    here, there = pair
    knowing: list[bytes] = []
    own: list[bytes] = []
    other: list[bytes] = []
    here.subscribe("room", knowing.append)
    here.subscribe("room", own.append)
    there.subscribe("room", other.append)
    await connected(here, there, "room")

    here.publish("room", b"hello", besides=knowing.append)

    await eventually(lambda: b"hello" in other)
    assert b"hello" in own
    assert b"hello" not in knowing


async def test_ten_thousand_messages_arrive_once_and_in_order(pair, site):
    """Each channel's in the order of its publisher; all of them, where one server carries all channels."""
    here, there = pair
    heard: list[bytes] = []
    for channel in ("one", "two"):
        there.subscribe(channel, heard.append)
    await connected(here, there, "one", "two")
    sent = [b"%d" % number for number in range(10_000)]

    for number, message in enumerate(sent):
        here.publish("two" if number % 3 == 0 else "one", message)
        if number % 250 == 0:
            await asyncio.sleep(0)

    await eventually(lambda: len(heard_of(heard)) >= len(sent), what="all messages")
    in_thirds = sorted(heard_of(heard), key=lambda message: int(message) % 3 == 0)
    assert in_thirds == sorted(sent, key=lambda message: int(message) % 3 == 0)
    if not isinstance(site, ClusterSite):
        assert heard_of(heard) == sent
    assert here.dropped == 0


async def test_binary_empty_and_large_messages_arrive_as_they_were(pair):
    here, there = pair
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    await connected(here, there, "room")
    messages = [b"", bytes(range(256)), b"\r\n$5\r\n", b"x" * 1_000_000, b""]

    for message in messages:
        here.publish("room", message)

    await eventually(lambda: len(heard_of(heard)) == len(messages))
    assert heard_of(heard) == messages


async def test_an_instance_hears_only_what_it_subscribed_to(pair):
    here, there = pair
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    await connected(here, there, "room")

    here.publish("elsewhere", b"not for us")
    here.publish("room", b"for us")

    await eventually(lambda: b"for us" in heard)
    assert b"not for us" not in heard


async def test_after_unsubscribing_nothing_is_heard(pair):
    here, there = pair
    gone: list[bytes] = []
    stays: list[bytes] = []
    there.subscribe("room", gone.append)
    there.subscribe("room", stays.append)
    await connected(here, there, "room")
    gone.clear()
    there.unsubscribe("room", gone.append)

    here.publish("room", b"hello")

    await eventually(lambda: b"hello" in stays)
    assert gone == []


async def test_a_channel_left_and_taken_again_is_heard(pair):
    here, there = pair
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    there.unsubscribe("room", heard.append)
    there.subscribe("room", heard.append)
    await connected(here, there, "room")
    there.unsubscribe("room", heard.append)
    there.subscribe("room", heard.append)
    await connected(here, there, "room")

    here.publish("room", b"hello")

    await eventually(lambda: heard_of(heard) == [b"hello"])


async def test_a_receiver_that_fails_costs_the_others_nothing(pair, caplog):
    here, there = pair
    heard: list[bytes] = []

    def fail(message: bytes) -> None:
        raise RuntimeError("broken receiver")

    there.subscribe("room", fail)
    there.subscribe("room", heard.append)
    await connected(here, there, "room")

    here.publish("room", b"hello")

    await eventually(lambda: b"hello" in heard)
    assert "broken receiver" in caplog.text


async def test_after_a_cut_messages_flow_within_a_second_with_every_subscription(site, pair):
    """Row 8: ephemeral rooms lose what was sent meanwhile, and are back within a second of its return."""
    here, there = pair
    channels = [f"room:{number}" for number in range(2_500)]
    heard: dict[str, list[bytes]] = {channel: [] for channel in channels}
    for channel, receiver in heard.items():
        there.subscribe(channel, receiver.append)
    await connected(here, there, channels[-1])

    site.cut()
    await eventually(lambda: not here.healthy and not there.healthy, what="the cut to be noticed")
    away: list[bytes] = []
    there.subscribe("taken while away", away.append)
    site.restore()

    await eventually(lambda: here.healthy and there.healthy, within=1.0, what="both to be healthy again")
    for channel in (*channels, "taken while away"):
        here.publish(channel, b"again")
    await eventually(lambda: all(b"again" in receiver for receiver in (away, *heard.values())), within=1.0)


async def test_up_is_said_when_subscriptions_stand_again(site, pair):
    """What the other instance publishes as soon as we said `up` is heard."""
    here, there = pair
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    await connected(here, there, "room")
    ups: list[str] = []
    there.on_up(lambda: ups.append("there"))
    here.on_up(lambda: ups.append("here"))

    site.cut()
    await eventually(lambda: not here.healthy and not there.healthy)
    site.restore()
    await eventually(lambda: {"here", "there"} <= set(ups))
    here.publish("room", b"first")

    await eventually(lambda: b"first" in heard)


async def test_messages_published_while_away_are_counted_when_dropped(site, pair):
    here, _ = pair
    site.cut()
    await eventually(lambda: not here.healthy)

    for _ in range(20):
        here.publish("room", b"x" * 1_000_000)

    assert 15 <= here.dropped <= 20


async def test_ping_gives_seconds_and_fails_with_the_connection(site, pair):
    here, _ = pair

    assert 0.0 <= await here.ping() < 1.0

    site.cut()
    await eventually(lambda: not here.healthy)
    with pytest.raises(BackplaneUnavailable):
        await here.ping()


async def test_starting_while_it_is_away_fails(site):
    site.cut()
    instance = site.instance()

    with pytest.raises(BackplaneUnavailable):
        await instance.start()

    assert not instance.healthy
    await instance.close()


async def test_what_was_published_before_closing_still_goes_out(site):
    here, there = site.instance(), site.instance()
    await here.start()
    await there.start()
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    await connected(here, there, "room")

    here.publish("room", b"last words")
    await here.close()
    await here.close()

    await eventually(lambda: b"last words" in heard)
    assert not here.healthy
    await there.close()


async def test_a_named_instance_is_asked_and_answers(pair):
    here, there = pair

    async def answer(question: bytes) -> bytes:
        return question.upper()

    there.serve("1", "shout", answer)
    await served(here, "1", "shout")

    answers = await asyncio.gather(*(here.ask("1", "shout", b"q%d" % number, timeout=5.0) for number in range(20)))

    assert answers == [b"Q%d" % number for number in range(20)]


async def test_an_instance_can_ask_itself(pair):
    here, _ = pair

    async def answer(question: bytes) -> bytes:
        return question + b"!"

    here.serve("0", "echo", answer)

    assert await here.ask("0", "echo", b"hi", timeout=5.0) == b"hi!"


async def test_nobody_of_that_name_is_known_soon(pair):
    """However long the answer may take."""
    here, _ = pair

    async with asyncio.timeout(4.0):
        with pytest.raises(InstanceAway, match="'nobody'"):
            await here.ask("nobody", "echo", b"hi", timeout=60.0)


async def test_an_answer_that_takes_too_long_or_fails_is_an_error_and_the_work_is_cancelled(pair):
    here, there = pair
    cancelled = []

    async def answer(question: bytes) -> bytes:
        if question == b"fail":
            raise RuntimeError("broken answerer")
        if question == b"probe":
            return b""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(question)
            raise
        return b""

    there.serve("1", "work", answer)
    await served(here, "1", "work")

    with pytest.raises(NoAnswer, match="failed"):
        await here.ask("1", "work", b"fail", timeout=5.0)
    with pytest.raises(NoAnswer, match=r"0\.1 s"):
        await here.ask("1", "work", b"slow", timeout=0.1)
    waiting = asyncio.create_task(here.ask("1", "work", b"left", timeout=5.0))
    await asyncio.sleep(0)
    waiting.cancel()

    await eventually(lambda: set(cancelled) >= {b"slow"})
    assert waiting.cancelling()


async def test_a_topic_that_is_no_longer_served_is_answered_by_nobody(pair):
    here, _ = pair

    async def answer(question: bytes) -> bytes:
        return question

    here.serve("0", "echo", answer)
    here.unserve("0", "echo")

    with pytest.raises(NoAnswer):
        await here.ask("0", "echo", b"hi", timeout=0.1)


async def served(here: Backplane, instance: str, topic: str) -> None:
    """Wait until questions get there: subscriptions take a moment."""

    async def answered() -> bool:
        try:
            await here.ask(instance, topic, b"probe", timeout=0.1)
        except NoAnswer:
            return False
        return True

    await eventually(answered, what=f"an answer of {instance}")
