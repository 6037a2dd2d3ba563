"""What is peculiar to Redis: deafness noticed, connections made anew, messages lost or kept. On a real Valkey."""

import asyncio
import os
import signal
import time

import pytest

from chorus.realtime.backplane import shard
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.link import command
from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.settings import RedisSettings
from parts.backplanes import over_tcp, session_of
from waiting import eventually


@pytest.mark.alone
async def test_a_frozen_server_makes_us_unhealthy_within_two_seconds_and_is_left_after_the_command_timeout(
    start, valkey, caplog
):
    """Row 9: it no longer hears, says so, and heals itself."""
    backplane = await start(over_tcp(valkey, command_timeout=2.5))
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        await eventually(lambda: not backplane.healthy, within=2.1)
        assert time.monotonic() - begun > 0.9
        await eventually(lambda: "nothing heard for" in caplog.text)
        assert 2.4 < time.monotonic() - begun < 4.5
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    await eventually(lambda: backplane.healthy)


async def test_the_ping_of_a_frozen_server_fails_in_the_command_timeout(start, valkey):
    backplane = await start(over_tcp(valkey, command_timeout=1.5, max_retries=0))
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        with pytest.raises(BackplaneUnavailable, match=f"{valkey.host}:{valkey.port}"):
            await backplane.ping()
    finally:
        os.kill(valkey.pid, signal.SIGCONT)


@pytest.mark.alone
@pytest.mark.parametrize("which", ["_listening", "_publishing"])
async def test_one_connection_cut_is_both_made_again(start, valkey, which):
    """Row 9: half a session is none: who hears without speaking, or the other way round, begins anew."""
    backplane = await start(over_tcp(valkey))
    ups: list[int] = []
    backplane.on_up(lambda: ups.append(1))
    first = session_of(backplane)

    getattr(first, which).abort()

    await eventually(lambda: backplane.healthy and session_of(backplane) is not first, within=1.0)
    assert ups == [1]


async def test_messages_of_one_tick_are_few_publishes(start, valkey, control):
    backplane = await start(over_tcp(valkey))
    before = control.info("commandstats")["cmdstat_publish"]["calls"]

    for number in range(1000):
        backplane.publish("red" if number < 500 else "blue", b"hello")
    await backplane.close()

    def calls() -> int:
        return control.info("commandstats")["cmdstat_publish"]["calls"] - before

    await eventually(lambda: calls() >= 2)
    assert calls() <= 2 + 5  # and a heartbeat or two


async def test_a_channel_is_subscribed_once_and_left_with_its_last_receiver(start, valkey, control):
    backplane = await start(over_tcp(valkey))
    receivers = [lambda message: None, lambda message: None]

    def subscribers() -> int:
        return dict(control.pubsub_numsub("chorus/0/room"))[b"chorus/0/room"]

    for receiver in receivers:
        backplane.subscribe("room", receiver)
    await eventually(lambda: subscribers() == 1)
    backplane.unsubscribe("room", receivers[0])
    await backplane.ping()
    assert subscribers() == 1
    backplane.unsubscribe("room", receivers[1])
    await eventually(lambda: subscribers() == 0)


async def test_a_foreign_message_on_our_channel_is_logged_and_harms_nobody(start, valkey, control, caplog):
    backplane = await start(over_tcp(valkey))
    heard: list[bytes] = []
    backplane.subscribe("room", heard.append)
    await eventually(lambda: control.publish("chorus/0/room", b"foreign bytes, not a parcel") == 1)

    await eventually(lambda: "not from an instance of ours" in caplog.text)
    assert heard == []
    assert backplane.healthy


async def test_what_redis_refuses_to_publish_is_counted_and_said_once(start, valkey, control, caplog):
    control.execute_command("ACL", "SETUSER", "bob", "on", ">s", "resetchannels", "&chorus/0/instance/*", "+@all")
    backplane = await start(RedisSettings(url=f"redis://bob:s@{valkey.host}:{valkey.port}"))

    for channel in ("red", "blue", "green"):
        backplane.publish(channel, b"hello")

    await eventually(lambda: backplane.dropped == 3)
    assert caplog.text.count("refuses what we publish") == 1


async def test_after_an_outage_only_the_messages_of_the_last_second_are_sent(start, valkey):
    here, there = await start(over_tcp(valkey)), await start(over_tcp(valkey))
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    valkey.kill()
    await eventually(lambda: not here.healthy and not there.healthy)
    begun = time.monotonic()
    here.publish("room", b"old")
    await eventually(lambda: time.monotonic() - begun > 1.1)
    valkey.start()

    await eventually(lambda: here.healthy and there.healthy)
    here.publish("room", b"new")

    await eventually(lambda: heard == [b"new"])
    assert here.dropped == 1


async def test_a_tick_that_takes_long_costs_no_message(start, valkey, monkeypatch):
    """There was a way all the time; only the event loop was busy."""
    monkeypatch.setattr(shard, "_WAITING_AGE", -1.0)  # any wait is longer
    here, there = await start(RedisSettings(url=valkey.url)), await start(RedisSettings(url=valkey.url))
    heard: list[bytes] = []
    there.subscribe("room", heard.append)

    def said_and_heard() -> bool:
        here.publish("room", b"hello")
        return bool(heard)

    await eventually(said_and_heard)
    assert here.dropped == 0


async def test_what_is_said_while_the_first_connection_is_made_goes_out_however_long_that_takes(
    start, valkey, control, monkeypatch
):
    monkeypatch.setattr(shard, "_WAITING_AGE", -1.0)
    there = await start(RedisSettings(url=valkey.url))
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    await eventually(lambda: control.pubsub_numsub("chorus/0/room")[0][1] == 1)
    backplane = RedisBackplane(RedisSettings(url=valkey.url))

    backplane.publish("room", b"early")
    await backplane.start()

    await eventually(lambda: heard == [b"early"])
    assert backplane.dropped == 0
    await backplane.close()


async def test_closing_leaves_no_task_and_no_connection(start, valkey, control):
    backplane = await start(over_tcp(valkey))
    await backplane.ping()

    await backplane.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}
    await eventually(lambda: len(control.client_list()) == 1)


def test_a_command_goes_over_the_wire_with_its_lengths():
    assert command(b"PUBLISH", b"room", b"\r\n") == b"*3\r\n$7\r\nPUBLISH\r\n$4\r\nroom\r\n$2\r\n\r\n\r\n"


async def test_a_subscription_that_the_server_lost_is_made_again_when_it_is_doubted(start, valkey):
    """Row 9: the heartbeat comes back all the while, so only who misses something can know."""
    here, there = await start(over_tcp(valkey)), await start(over_tcp(valkey))
    heard = []
    after = []
    here.subscribe("a", heard.append)
    here.subscribe("b", after.append)
    await eventually(lambda: there.publish("a", b"1") or heard)
    await eventually(lambda: there.publish("b", b"1") or after)
    session = session_of(here)
    wire = here._names.wire("a")
    session._leaving.add(wire.encode())
    session._listening.send(command(b"UNSUBSCRIBE", wire.encode()))
    await eventually(lambda: not session._leaving)
    heard.clear()
    there.publish("a", b"2")
    there.publish("b", b"2")
    await eventually(lambda: b"2" in after)
    assert (heard, here.healthy) == ([], True)

    here.renew()

    await eventually(lambda: there.publish("a", b"3") or b"3" in heard)
