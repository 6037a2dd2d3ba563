"""What live connections see while Redis or the database is away; one sentence a test."""

import time

import pytest

from parts.databases import on_both
from parts.instance import Instance, both
from parts.people import message
from waiting import eventually


async def send(client, text="Hello"):
    return await client.ask("message.send", {"channel": 1, **message(text)})


async def settled(client):
    await client.wait_for("caught_up")
    return client


async def health(instance):
    async with instance.browse() as browser:
        return (await browser.get("/health/ready")).json()


async def becomes(instance, status):
    async def is_so():
        return (await health(instance))["status"] == status

    await eventually(is_so, within=15, what=f"the instance to be {status}")


@on_both
async def test_without_redis_messages_still_arrive_at_the_other_instance(instances, valkey):
    """Row 21: found in the database when positions are compared."""
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    sender, reader = await settled(await one.connect(ada)), await settled(await other.connect(grace))

    valkey.kill()
    answers = [await send(sender, f"{n}") for n in range(5)]

    assert all(answer["ok"] for answer in answers)
    await reader.wait_for("entry", 5, within=8)
    assert reader.got("entry") == [answer["entry"] for answer in answers]


async def test_without_redis_health_is_degraded_and_heals_by_itself(instances, valkey):
    """Row 21."""
    one, other = instances
    assert (await health(one))["status"] == "ready"

    valkey.kill()
    for instance in (one, other):
        await becomes(instance, "degraded")
    checks = (await health(one))["checks"]
    valkey.start()

    assert (checks["database"]["status"], checks["redis"]["status"]) == ("ok", "failing")
    for instance in (one, other):
        await becomes(instance, "ready")


async def test_an_instance_that_no_longer_hears_is_not_ready_within_two_seconds_and_heals_itself(environment):
    """Row 9 of the realtime library: Redis is there, and what it sends is read by nobody here. The others are ready."""
    environment["REDIS_COMMAND_TIMEOUT"] = "6000"  # the time in which what is deaf is given up
    async with both(Instance(0, **environment), Instance(1, **environment)) as (one, other), one.browse() as browser:
        await becomes(one, "ready")
        [shard] = one.application._realtime.backplane._shards.values()
        shard.session._listening.on_reply = lambda reply: None
        deaf_since = time.monotonic()

        async def answers(status):
            return (await browser.get("/health/ready")).status_code == status

        await eventually(lambda: answers(503), what="503")
        noticed_after = time.monotonic() - deaf_since
        checks = (await health(one))["checks"]
        others = await health(other)
        await eventually(lambda: answers(200), what="200")

    assert noticed_after < 4  # on a machine that has other things to do, too
    assert (checks["redis"]["status"], others["status"]) == ("cut off", "ready")


async def test_when_redis_is_back_messages_travel_at_once_again_and_in_order(instances, valkey):
    """Row 21: recovered without a restart."""
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    sender, reader = await settled(await one.connect(ada)), await settled(await other.connect(grace))
    await send(sender, "before")
    valkey.kill()
    await send(sender, "during")
    valkey.start()
    await becomes(one, "ready")
    await becomes(other, "ready")

    await send(sender, "after")

    texts = [entry["text"] for entry in await reader.wait_for("entry", 3)]
    assert texts == ["before", "during", "after"]


@pytest.fixture
async def lost(instances):
    """Wait until what was told between the instances is lost: two comparisons of positions last longer."""
    one, other = instances
    bob = await one.sign_up("bob")
    sender, reader = await settled(await one.connect(bob)), await settled(await other.connect(bob))

    async def wait():
        for count in (1, 2):
            await send(sender)
            await reader.wait_for("entry", count)

    return wait


async def test_who_left_while_redis_was_away_hears_no_more_when_it_is_back(instances, valkey, lost):
    one, other = instances
    grace = await one.sign_up("grace")
    client = await settled(await other.connect(grace))

    valkey.kill()
    await grace.delete("/api/v1/channels/1/members/me")
    await lost()
    valkey.start()

    assert await client.wait_for("channel.left", within=15) == [{"channel": 1}]


async def test_who_signed_out_while_redis_was_away_is_disconnected_when_it_is_back(instances, valkey, lost):
    one, other = instances
    ada = await one.sign_up()
    client = await settled(await other.connect(ada))

    valkey.kill()
    await ada.delete("/api/v1/session")
    await lost()
    valkey.start()

    await eventually(lambda: client.disconnected, within=10, what="the end of the connection")


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_without_the_database_sends_fail_as_retryable_and_succeed_when_it_is_back(environment, postgres):
    """Row 22: nothing is lost, what needs no database goes on, and nobody is disconnected."""
    async with Instance(0, **environment) as one:
        ada = await one.sign_up()
        client = await settled(await one.connect(ada))
        body = {"channel": 1, **message()}

        postgres.stop("immediate")
        refused = await client.ask("message.send", body)
        unavailable = await ada.get("/health/ready")
        read = await ada.get("/api/v1/channels/1/messages")
        without = [await ada.get(path) for path in ("/", "/health/live", "/api/v1/openapi.json")]
        looked = await client.ask("channel.look", {"channel": 1})
        postgres.start()

        assert (read.status_code, read.json()["code"], read.headers["retry-after"]) == (503, "unavailable", "1")
        assert [answer.status_code for answer in without] == [200, 200, 200]
        assert looked["ok"]
        assert (refused["ok"], refused["error"]["code"], refused["error"]["retryable"]) == (False, "unavailable", True)
        assert (unavailable.status_code, unavailable.json()["status"]) == (503, "unavailable")
        await becomes(one, "ready")
        assert (await client.ask("message.send", body))["ok"]
        await client.wait_for("entry")
        assert client.seqs() == [1]
        assert not client.closed
