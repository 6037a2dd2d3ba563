"""Stopping, deleting, and which instances are meant; the keeper below is in memory and the clock jumps."""

import asyncio
import signal
from functools import partial

import pytest
from msgspec.structs import replace as but

from chorus.cluster.messages import (
    Delete,
    Done,
    Failed,
    Kill,
    Logs,
    Reload,
    Reset,
    Restart,
    Start,
    Stop,
)
from chorus.cluster.spec import ApplicationSpec


@pytest.fixture
def shell():
    """A program that runs others."""
    return ApplicationSpec(name="shell", command=("sh", "-c", "cd /srv; node server.js"), cwd="/srv", settle=0.0)


# Stop


async def test_a_program_that_ignores_the_signal_is_killed_after_kill_timeout(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, kill_timeout=4.0)]))
    cluster.keeper.stubborn = True

    stopping = asyncio.create_task(cluster.ask(Stop(["web"])))
    await cluster.pass_time(3.0)
    assert await cluster.states() == ["stopping"]

    await cluster.pass_time(1.5)
    assert await cluster.states() == ["stopped"]
    assert await stopping == Done("stopped web")


async def test_it_is_asked_by_the_signal_that_it_wants(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, stop_signal="SIGINT")]))

    await cluster.ask(Stop(["web"]))

    assert cluster.keeper.signals == [("web:0:1", signal.SIGINT)]


async def test_what_a_program_leaves_running_has_the_rest_of_its_time_to_end(cluster, shell):
    await cluster.ask(Start(applications=[but(shell, kill_timeout=4.0)]))
    cluster.keeper.leaves = True

    stopping = asyncio.create_task(cluster.ask(Stop(["shell"])))
    await cluster.pass_time(3.0)
    assert await cluster.states("shell") == ["stopping"]

    cluster.keeper.end_family("shell:0:1")
    assert await stopping == Done("stopped shell")
    assert cluster.keeper.signals == [("shell:0:1", signal.SIGTERM)]


async def test_what_a_program_leaves_running_is_killed_when_that_is_over(cluster, shell):
    await cluster.ask(Start(applications=[but(shell, kill_timeout=4.0)]))
    cluster.keeper.leaves = True

    stopping = asyncio.create_task(cluster.ask(Stop(["shell"])))
    await cluster.pass_time(4.1)

    assert await stopping == Done("stopped shell")
    assert cluster.keeper.signals == [("shell:0:1", signal.SIGTERM), ("shell:0:1", signal.SIGKILL)]


async def test_the_next_manager_waits_for_what_a_program_left_running(cluster, shell):
    await cluster.ask(Start(applications=[but(shell, kill_timeout=4.0)]))
    cluster.keeper.leaves = True
    asyncio.create_task(cluster.ask(Stop(["shell"])))  # noqa: RUF006 - it dies with its manager
    await cluster.pass_time(1.0)

    await cluster.take_over()

    assert await cluster.states("shell") == ["stopping"]
    await cluster.pass_time(3.1)
    assert await cluster.states("shell") == ["stopped"]


async def test_what_a_crash_leaves_running_is_killed_at_once(cluster, shell):
    await cluster.ask(Start(applications=[shell]))

    cluster.keeper.end("shell:0:1", code=1, left=True)
    await cluster.settle()

    assert cluster.keeper.signals == [("shell:0:1", signal.SIGKILL)]
    assert await cluster.states("shell") == ["backing-off"]


async def test_a_program_that_asks_for_more_time_to_end_is_waited_for_a_minute_longer_at_most(cluster, web):
    """EXTEND_TIMEOUT_USEC of sd_notify(3): a worker asks for it as long as connections leave it."""
    await cluster.ask(Start(applications=[but(web, instances=1, kill_timeout=4.0)]))
    cluster.keeper.stubborn = True
    asyncio.create_task(cluster.ask(Stop(["web"])))  # noqa: RUF006 - the test ends before it matters
    await cluster.settle()
    begun = cluster.loop.time()

    while await cluster.states() == ["stopping"] and cluster.loop.time() < begun + 200:
        cluster.keeper.notify("web:0:1", EXTEND_TIMEOUT_USEC=f"{cluster.loop.time() + 4:.3f}")
        await cluster.pass_time(2.0)

    assert await cluster.states() == ["stopped"]
    assert 60 < cluster.loop.time() - begun < 70


async def test_a_stopped_application_refuses_connections(cluster, web):
    await cluster.ask(Start(applications=[web]))

    await cluster.ask(Stop(["0"]))
    assert "web" in cluster.keeper.listeners

    await cluster.ask(Stop(["web"]))
    assert cluster.keeper.listeners == {}


async def test_a_deleted_application_leaves_nothing_behind(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert await cluster.ask(Delete(["web"])) == Done("deleted web")
    assert list(cluster.keeper.notebook) == ["cluster"]
    assert (cluster.keeper.children, cluster.keeper.listeners, cluster.keeper.pages) == ({}, {}, set())


async def test_kill_stops_everything(cluster, web):
    await cluster.ask(Start(applications=[web, but(web, name="api", port=8001)]))

    assert await cluster.ask(Kill()) == Done("everything is stopped")
    assert cluster.keeper.living() == []


@pytest.mark.parametrize("ending", [Stop(["all"]), Delete(["all"]), Kill()])
@pytest.mark.parametrize("taken_over", [False, True])
async def test_what_started_first_ends_last(cluster, web, ending, taken_over):
    """Whatever one application needs of an earlier one is there until it has ended; a new manager knows the order."""
    first, second = but(web, name="z-first", port=8001), but(web, name="a-second")
    await cluster.ask(Start(applications=[first, second]))
    cluster.keeper.stubborn = True
    if taken_over:
        await cluster.take_over()

    await cluster.ask(ending)

    asked = [key.partition(":")[0] for key, number in cluster.keeper.signals if number == signal.SIGTERM]
    assert asked == ["a-second", "a-second", "z-first", "z-first"]


async def test_a_restart_of_all_goes_in_the_order_of_the_start(cluster, web):
    await cluster.ask(Start(applications=[but(web, name="z-first", port=8001, instances=1), but(web, instances=1)]))
    await cluster.take_over()

    await cluster.ask(Restart(["all"]))

    assert [child.key for child in cluster.keeper.spawned[2:]] == ["z-first:0:2", "web:0:2"]


async def test_stop_ends_a_start_that_waits(cluster, web):
    cluster.keeper.silent = lambda _: True
    starting = asyncio.create_task(cluster.ask(Start(applications=[web])))
    await cluster.settle()

    assert await cluster.ask(Stop(["web"])) == Done("stopped web")
    assert await cluster.states() == ["stopped", "stopped"]
    await asyncio.wait({starting})
    assert starting.cancelled()


# Targets


@pytest.mark.parametrize("command", [Stop, Restart, Reload, partial(Reset, fresh=True), Delete])
async def test_several_targets_are_all_acted_on(cluster, web, command):
    """Row 10: an application, an instance of another one; a third one is left alone."""
    others = [but(web, name=name, port=port) for name, port in (("api", 8001), ("job", 8002))]
    await cluster.ask(Start(applications=[web, *others]))

    assert isinstance(await cluster.ask(command(targets=["web", "api:1"])), Done)

    left = [key for key in cluster.keeper.living() if key.endswith(":1")]
    assert left == ["api:0:1", "job:0:1", "job:1:1"]


async def test_one_that_fails_does_not_keep_the_others_from_theirs(cluster, web):
    """Row 10: each failure is told, the first with its last lines."""
    others = [but(web, name=name, port=port) for name, port in (("api", 8001), ("job", 8002))]
    await cluster.ask(Start(applications=[web, *others]))
    cluster.keeper.broken = lambda child: child.key.startswith(("web", "job"))

    answer = await cluster.ask(Reload(targets=["all"]))

    assert answer.message.startswith("web:0:2 did not get ready: ")
    assert [line[:27] for line in answer.detail] == ["the last line", "job:0:2 did not get ready: "]
    living = cluster.keeper.living()
    assert living == ["api:0:2", "api:1:2", *(f"{name}:{n}:1" for name in ("job", "web") for n in (0, 1))]


async def test_an_unknown_target_is_named_with_what_there_is(cluster, web):
    await cluster.ask(Start(applications=[web]))

    for request in (Stop(["nope"]), Restart(["nope"]), Reload(targets=["nope"]), Delete(["nope"]), Logs(["nope"])):
        answer = await cluster.ask(request)
        assert answer == Failed(
            "unknown_target", '"nope" names no application, namespace or instance; applications: web'
        )


async def test_all_with_nothing_there_is_an_error(cluster):
    assert isinstance(await cluster.ask(Stop(["all"])), Failed)


async def test_an_action_on_a_namespace_touches_only_its_applications(cluster, web):
    await cluster.ask(Start(applications=[but(web, namespace="shop"), but(web, name="api", port=8001)]))

    await cluster.ask(Stop(["shop"]))

    assert await cluster.states("web") == ["stopped", "stopped"]
    assert await cluster.states("api") == ["online", "online"]
