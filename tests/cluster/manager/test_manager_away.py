"""Instances that say that what they need is away; the keeper below is in memory and the clock jumps."""

import asyncio

from msgspec.structs import replace as but

from chorus.cluster.messages import (
    Done,
    Start,
    Stop,
)


async def away(cluster, key):
    """The child says what it misses and ends with EX_TEMPFAIL."""
    cluster.keeper.notify(key, STATUS="worker: Redis is away")
    cluster.keeper.end(key, code=75)
    await cluster.settle()


async def test_an_instance_that_says_try_again_later_is_never_given_up(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    cluster.keeper.silent = lambda _: True
    waits = []
    for generation in range(1, 20):
        await away(cluster, f"web:0:{generation}")
        began = cluster.loop.time()
        instance = await cluster.instance()
        assert (instance.state, instance.exit_code) == ("backing-off", 75)
        assert instance.reason.startswith("worker: Redis is away; tried again after ")
        while not cluster.keeper.living():
            await cluster.pass_time(1.0)
        waits.append(round(cluster.loop.time() - began))

    assert waits[:4] == [4, 8, 16, 32]
    assert all(60 <= wait <= 61 for wait in waits[4:])

    cluster.keeper.notify("web:0:20", READY="1")
    await cluster.settle()
    assert await cluster.states() == ["online"]


async def test_an_outage_leaves_the_restart_window_as_it_was(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, max_restarts=1)]))
    for generation in range(1, 5):
        await away(cluster, f"web:0:{generation}")
        await cluster.pass_time(61.0)

    cluster.keeper.end("web:0:5", code=1)
    await cluster.pass_time(4.1)
    assert await cluster.states() == ["online"]

    cluster.keeper.end("web:0:6", code=1)
    await cluster.settle()
    assert await cluster.states() == ["errored"]


async def test_the_first_start_fails_at_once_also_when_it_is_to_be_tried_later(cluster, web):
    cluster.keeper.silent = lambda _: True
    asked = asyncio.create_task(cluster.ask(Start(applications=[but(web, instances=1)])))
    await cluster.settle()
    await away(cluster, "web:0:1")

    answer = await asked

    assert answer.message == "web:0:1 was not started: exited with code 75 before it was ready"


async def test_without_restarts_try_again_later_is_an_error_like_any_other(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, max_restarts=0)]))

    await away(cluster, "web:0:1")

    assert await cluster.states() == ["errored"]


async def test_started_only_if_absent_what_is_errored_is_started_beside_what_runs(cluster, web):
    await cluster.ask(Start(applications=[but(web, max_restarts=0)]))
    cluster.keeper.end("web:1:1", code=1)
    await cluster.settle()
    assert await cluster.states() == ["online", "errored"]

    answer = await cluster.ask(Start(applications=[web], if_absent=True))

    assert answer == Done("started web")
    assert cluster.keeper.living() == ["web:0:1", "web:1:2"]


async def test_started_only_if_absent_what_a_failed_start_stopped_is_started_too(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Stop(["web"]))
    cluster.keeper.broken = lambda child: child.key.startswith("web:1:")
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.broken = lambda _: False
    assert await cluster.states() == ["stopped", "errored"]
    await cluster.ask(Start(targets=["web:1"]))

    await cluster.ask(Start(applications=[web], if_absent=True))

    assert await cluster.states() == ["online", "online"]


async def test_started_only_if_absent_what_an_operator_stopped_stays_stopped(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Stop(["web:1"]))

    assert await cluster.ask(Start(applications=[web], if_absent=True)) == Done("all of it runs already", changed=False)
    assert await cluster.states() == ["online", "stopped"]


async def test_started_only_if_absent_what_waits_for_its_restart_is_named_with_its_reason(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await away(cluster, "web:1:1")

    answer = await cluster.ask(Start(applications=[web], if_absent=True))

    assert answer == Done("web:1 waits for its restart: worker: Redis is away; tried again after 4 s", changed=False)
