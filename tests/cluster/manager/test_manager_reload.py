"""Replacing instances without an unanswered request; the keeper below is in memory and the clock jumps."""

import asyncio

import pytest
from msgspec.structs import replace as but

from chorus.cluster.manager import handover
from chorus.cluster.messages import (
    Describe,
    Done,
    Failed,
    Reload,
    Scale,
    Start,
    Stop,
)
from waiting import eventually


async def test_reload_replaces_each_instance_once_its_successor_is_ready(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert await cluster.ask(Reload(targets=["web"])) == Done("reloaded web")
    assert cluster.keeper.living() == ["web:0:2", "web:1:2"]
    assert [child.key for child in cluster.keeper.spawned] == ["web:0:1", "web:1:1", "web:0:2", "web:1:2"]
    assert [i.restarts for i in (await cluster.status()).instances] == [1, 1]


async def test_reload_to_a_build_that_crashes_keeps_the_old_instances_and_says_why(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.broken = lambda _: True

    answer = await cluster.ask(Reload(targets=["web"]))

    assert answer == Failed(
        "not_ready",
        "web:0:2 did not get ready: exited with code 1 before it was ready; the old instances of web go on",
        ["the last line"],
    )
    assert cluster.keeper.living() == ["web:0:1", "web:1:1"]
    assert await cluster.states() == ["online", "online"]


async def test_reload_to_a_build_that_hangs_ends_in_time(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.silent = lambda _: True

    answer = await cluster.ask(Reload(targets=["web"]))
    await cluster.settle()

    assert isinstance(answer, Failed)
    assert "not ready within 10 s" in answer.message
    assert cluster.keeper.living() == ["web:0:1", "web:1:1"]


async def test_whose_time_is_over_first_the_plan_s_or_the_instance_s_the_last_check_is_told(cluster, web):
    """Both run for as long; here the plan's."""
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.silent = lambda _: True
    manager = cluster.manager
    reloading = asyncio.ensure_future(cluster.ask(Reload(targets=["web"])))
    [successor] = await eventually(lambda: manager.applications["web"].staged)
    successor.process.complaint = "503: database: away"
    successor._deadline.arm(None)

    answer = await reloading

    assert "not ready within 10 s; 503: database: away" in answer.message


async def test_reload_to_another_release_runs_its_directory_and_variables(cluster, web):
    await cluster.ask(Start(applications=[but(web, env={"OLD": "1"})]))

    await cluster.ask(Reload(targets=["web"], applications=[but(web, cwd="/srv/next", env={"NEW": "1"})]))

    last = cluster.keeper.spawned[-1]
    assert last.cwd == "/srv/next"
    assert "NEW" in last.env
    assert "OLD" not in last.env


async def test_after_a_reload_new_instances_are_of_the_new_release(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Reload(targets=["web"], applications=[but(web, cwd="/srv/next")]))

    await cluster.ask(Scale("web", "3"))

    assert cluster.keeper.spawned[-1].cwd == "/srv/next"


async def test_a_release_that_fails_half_way_is_put_back(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.broken = lambda child: child.key.startswith("web:1") and child.cwd == "/srv/next"

    answer = await cluster.ask(Reload(targets=["web"], applications=[but(web, cwd="/srv/next")]))

    assert isinstance(answer, Failed)
    assert answer.message.endswith("1 already replaced put back")
    assert cluster.keeper.living() == ["web:0:3", "web:1:1"]
    assert cluster.keeper.spawned[-1].cwd == "/srv/shop"


async def test_a_second_reload_during_the_first_is_refused_and_leaves_no_orphan(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.silent = lambda _: True
    first = asyncio.create_task(cluster.ask(Reload(targets=["web"])))
    await cluster.settle()

    second = await cluster.ask(Reload(targets=["web"]))

    assert second == Failed(
        "busy", "web is being reloaded (0 of 2 instances replaced); try again when that has ended", []
    )
    cluster.keeper.notify("web:0:2", READY="1")
    cluster.keeper.silent = lambda _: False
    assert await first == Done("reloaded web")
    assert cluster.keeper.living() == ["web:0:2", "web:1:2"]


async def test_stop_during_a_reload_ends_both_generations(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.silent = lambda _: True
    reloading = asyncio.create_task(cluster.ask(Reload(targets=["web"])))
    await cluster.settle()

    await cluster.ask(Stop(["web"]))
    await asyncio.wait({reloading})

    assert cluster.keeper.living() == []


async def test_a_program_that_binds_for_itself_is_stopped_before_its_successor_starts(cluster, web):
    store = but(web, name="store", app=None, command=("store-server",), port=None, instances=1)
    await cluster.ask(Start(applications=[store]))
    alive = []
    cluster.keeper.silent = lambda child: alive.append(len(cluster.keeper.living()))

    assert await cluster.ask(Reload(targets=["store"])) == Done("reloaded store")
    assert alive == [1]


async def test_what_is_stopped_to_be_replaced_counts_as_running_and_not_as_stopped(cluster, web):
    """Row 41: what is saved in that moment comes back; a scale is told of the reload."""
    program = but(web, app=None, command=("job",), port=None, settle=5.0)
    await cluster.ask(Start(applications=[but(program, instances=1)]))
    reload = asyncio.create_task(cluster.ask(Reload(targets=["web"])))
    await cluster.settle()

    [there] = (await cluster.ask(Describe())).applications
    refused = await cluster.ask(Scale("web", "2"))

    assert cluster.keeper.living() == ["web:0:2"]
    assert [role.runs for role in there.instances] == [True]
    assert refused.code == "busy"
    assert await reload == Done("reloaded web")


async def test_where_old_and_new_cannot_run_at_once_the_old_one_comes_back_after_a_failure(cluster, web):
    """Row 13: under the specification that held before."""
    store = but(web, name="store", app=None, command=("store-server",), port=None, instances=1)
    await cluster.ask(Start(applications=[store]))
    cluster.keeper.broken = lambda child: child.cwd == "/srv/next"

    answer = await cluster.ask(Reload(targets=["store"], applications=[but(store, cwd="/srv/next")]))
    await cluster.settle()

    assert answer.message.endswith("exited with code 1 before it was ready; store:0 is started as before")
    assert [child.cwd for child in cluster.keeper.spawned] == ["/srv/shop", "/srv/next", "/srv/shop"]
    assert await cluster.states("store") == ["online"]


@pytest.fixture
def heirs(monkeypatch):
    """Who is told whose connections it is to get."""
    told = {}
    monkeypatch.setattr(handover, "bequeath", lambda _site, key, heirs: told.update({key: heirs}))
    return told


async def test_an_instance_leaves_its_connections_to_its_successor(cluster, web, heirs):
    """Rows 16 and 18."""
    await cluster.ask(Start(applications=[web]))

    await cluster.ask(Reload(targets=["web"]))

    assert heirs == {"web:0:1": ["web:0:2"], "web:1:1": ["web:1:2"]}


async def test_those_that_are_scaled_away_leave_them_to_those_that_stay(cluster, web, heirs):
    """Row 21: to none that ends as well; who is the last has nobody."""
    await cluster.ask(Start(applications=[but(web, instances=4)]))

    await cluster.ask(Scale("web", "2"))
    scaled = dict(heirs)
    await cluster.ask(Stop(["web"]))

    assert scaled == {"web:2:1": ["web:0:1", "web:1:1"], "web:3:1": ["web:0:1", "web:1:1"]}
    assert heirs == scaled


async def test_a_stopped_application_is_started_by_a_reload(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Stop(["web"]))

    await cluster.ask(Reload(targets=["web"]))

    assert await cluster.states() == ["online", "online"]


async def test_processes_alive_together_never_share_a_slot_of_the_load_page(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Reload(targets=["web"]))

    assert [child.env["CHORUS_LOAD_SLOT"] for child in cluster.keeper.spawned] == ["0", "1", "2", "0"]
