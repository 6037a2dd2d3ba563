"""What is deleted or scaled down while a command waits for something else; the keeper below is in memory."""

import asyncio

import msgspec
import pytest

from chorus.cluster.messages import Delete, Done, Failed, Reload, Reset, Restart, Scale, Start, Status, Stop


@pytest.fixture
async def two(cluster, web):
    """An application that takes its time to end, and after it another one."""
    slow = msgspec.structs.replace(web, name="slow", port=8001, instances=1, kill_timeout=4.0)
    await cluster.ask(Start(applications=[slow, web]))
    return cluster


async def names(cluster) -> list[str]:
    return [application.name for application in (await cluster.ask(Status())).applications]


async def meanwhile(cluster, request, other):
    """The answer to a request during whose first application another request is done."""
    cluster.keeper.stubborn = True
    asked = asyncio.create_task(cluster.ask(request))
    await cluster.pass_time(1.0)
    cluster.keeper.stubborn = False
    assert isinstance(await cluster.ask(other), Done)
    await cluster.pass_time(10.0)
    return await asked


@pytest.mark.parametrize("request_", [Restart(["all"]), Reload(targets=["all"]), Reset(["all"], fresh=True)])
async def test_one_of_a_group_that_is_deleted_meanwhile_is_named_and_the_others_are_done(two, request_):
    answer = await meanwhile(two, request_, Delete(["web"]))

    assert answer == Failed("unknown_target", "web was deleted meanwhile", [])
    assert await two.states("slow") == ["online"]


@pytest.mark.parametrize(
    "request_", [Restart(["all"]), Reload(targets=["all"]), Stop(["web", "slow"]), Reset(["all"], fresh=True)]
)
async def test_one_that_is_deleted_meanwhile_is_unknown_to_the_next_manager_too(two, request_):
    first = "slow" if not isinstance(request_, Stop) else "web"
    await meanwhile(two, request_, Delete(["web" if first == "slow" else "slow"]))

    await two.take_over()

    assert await names(two) == [first]


@pytest.mark.parametrize("request_", [Restart(["all"]), Reload(targets=["all"]), Reset(["all"], fresh=True)])
async def test_an_instance_that_is_scaled_away_meanwhile_is_left_out(two, request_):
    answer = await meanwhile(two, request_, Scale("web", "1"))

    assert isinstance(answer, Done)
    assert await two.states() == ["online"]


async def test_what_was_stopped_in_the_middle_of_being_deleted_stays_deleted(two):
    two.keeper.stubborn = True
    deleting = asyncio.create_task(two.ask(Delete(["web"])))
    await two.pass_time(1.0)

    assert await two.ask(Stop(["web"])) == Done("stopped web")
    assert await deleting == Done("deleted web")
    await two.take_over()
    assert await names(two) == ["slow"]


async def test_a_second_delete_that_waited_for_the_first_succeeds(two):
    two.keeper.stubborn = True
    deleting = asyncio.create_task(two.ask(Delete(["web"])))
    await two.pass_time(1.0)

    assert await two.ask(Delete(["web"])) == Done("deleted web")
    assert await deleting == Done("deleted web")
    assert await names(two) == ["slow"]
