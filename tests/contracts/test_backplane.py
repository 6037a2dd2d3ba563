"""What every backplane does, run on each: two instances joined, and the way between them cut and restored."""

import asyncio

import pytest

from chorus.realtime.backplane.contract import BackplaneUnavailable
from contracts.backplanes import ClusterSite, connected
from waiting import eventually


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


@pytest.mark.alone
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
    """What the other instance publishes as soon as we said `up` of the last connection is heard."""
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
    await eventually(lambda: {"here", "there"} <= set(ups) and here.healthy and there.healthy)
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
