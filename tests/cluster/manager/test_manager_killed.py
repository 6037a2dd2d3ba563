"""A manager that goes on where another was killed; the keeper below is in memory and the clock jumps."""

import asyncio

from msgspec.structs import replace as but

from chorus.cluster.keeper import wire
from chorus.cluster.messages import (
    Done,
    Logs,
    Reload,
    Restart,
    Scale,
    Start,
    Status,
    Stop,
)


async def test_the_next_manager_knows_ages_counts_and_the_exit_codes_of_those_that_died(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Restart(["web"]))
    await cluster.pass_time(100.0)
    cluster.keeper.link()
    cluster.keeper.end("web:1:2", code=7)

    await cluster.take_over()

    first, second = (await cluster.status()).instances
    assert (first.state, first.restarts, first.generation) == ("online", 1, 2)
    assert 99.0 < first.uptime < 101.0
    assert (second.state, second.exit_code) == ("backing-off", 7)
    await cluster.pass_time(4.1)
    assert await cluster.states() == ["online", "online"]


async def test_the_next_manager_keeps_the_restart_window(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    for generation in range(1, 6):
        cluster.keeper.end(f"web:0:{generation}", code=1)
        await cluster.pass_time(5.0)

    await cluster.take_over()
    cluster.keeper.end("web:0:6", code=1)
    await cluster.settle()

    assert await cluster.states() == ["errored"]


async def test_the_next_manager_leaves_running_processes_alone(cluster, web):
    await cluster.ask(Start(applications=[web]))
    before = cluster.keeper.living()

    await cluster.take_over()
    await cluster.pass_time(60.0)

    assert cluster.keeper.living() == before
    assert cluster.keeper.signals == []
    assert (await cluster.status()).address == "127.0.0.1:8000"


async def test_the_next_manager_finishes_a_stop_at_its_deadline(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    cluster.keeper.stubborn = True
    asyncio.create_task(cluster.ask(Stop(["web"])))  # noqa: RUF006 - it dies with its manager
    await cluster.pass_time(8.0)

    await cluster.take_over()
    await cluster.pass_time(2.1)

    assert await cluster.states() == ["stopped"]
    assert cluster.keeper.listeners == {}


async def test_the_next_manager_gives_the_time_that_was_asked_for_while_there_was_none(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, kill_timeout=4.0)]))
    cluster.keeper.stubborn = True
    asyncio.create_task(cluster.ask(Stop(["web"])))  # noqa: RUF006 - it dies with its manager
    await cluster.settle()
    cluster.keeper.link()
    cluster.keeper.notify("web:0:1", STOPPING="1", EXTEND_TIMEOUT_USEC=f"{cluster.loop.time() + 20:.3f}")
    await cluster.pass_time(5.0)

    await cluster.take_over()

    await cluster.pass_time(14.0)
    assert await cluster.states() == ["stopping"]
    await cluster.pass_time(2.0)
    assert await cluster.states() == ["stopped"]


async def test_the_next_manager_finishes_a_reload(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=3)]))
    cluster.keeper.silent = lambda child: child.key == "web:1:2"
    asyncio.create_task(cluster.ask(Reload(targets=["web"], applications=[but(web, cwd="/srv/next")])))  # noqa: RUF006
    await cluster.settle()
    assert "web:1:2" in cluster.keeper.living()

    await cluster.take_over()
    await cluster.pass_time(1.0)

    assert cluster.keeper.living() == ["web:0:2", "web:1:3", "web:2:2"]
    assert cluster.keeper.spawned[-1].cwd == "/srv/next"


async def test_the_next_manager_starts_what_was_about_to_start(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    cluster.keeper.end("web:0:1", code=1)
    await cluster.settle()

    await cluster.take_over()
    await cluster.pass_time(4.1)

    assert await cluster.states() == ["online"]


async def test_what_was_replaced_when_the_manager_was_killed_stays_of_the_new_release(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.silent = lambda child: child.key.startswith("web:1:")
    asyncio.create_task(cluster.ask(Reload(targets=["web"], applications=[but(web, cwd="/srv/next")])))  # noqa: RUF006
    await cluster.settle()

    await cluster.take_over()
    cluster.keeper.end("web:0:2", code=1)
    await cluster.pass_time(4.1)

    assert (cluster.keeper.spawned[-1].key, cluster.keeper.spawned[-1].cwd) == ("web:0:3", "/srv/next")


async def test_the_next_manager_keeps_the_deadline_of_a_start(cluster, web):
    cluster.keeper.silent = lambda _: True
    asyncio.create_task(cluster.ask(Start(applications=[but(web, instances=1)])))  # noqa: RUF006
    await cluster.pass_time(8.0)

    await cluster.take_over()
    await cluster.pass_time(1.9)
    assert await cluster.states() == ["starting"]

    await cluster.pass_time(0.2)
    instance = await cluster.instance()
    assert (instance.state, instance.reason) == ("backing-off", "not ready within 10 s")


async def test_what_an_instance_said_while_there_was_no_manager_is_heard_by_the_next_one(cluster, web):
    """Row 30: that it is ready, here; and what happens while the next one is learning what there is."""
    cluster.keeper.silent = lambda _: True
    asyncio.create_task(cluster.ask(Start(applications=[web])))  # noqa: RUF006 - it dies with its manager
    await cluster.settle()
    cluster.keeper.link()
    cluster.keeper.notify("web:0:1", READY="1")
    inspect = cluster.keeper._Inspect

    def late(command):
        snapshot = inspect(command)
        cluster.keeper.notify("web:1:1", READY="1")  # told before the answer, which does not have it yet
        return snapshot

    cluster.keeper._Inspect = late
    await cluster.take_over()
    await cluster.settle()

    assert await cluster.states() == ["online", "online"]


async def test_an_instance_whose_process_the_keeper_does_not_know_is_started_again(cluster, web):
    """Row 30: its keeper was killed, say; whatever it was, it is not there."""
    await cluster.ask(Start(applications=[web]))
    del cluster.keeper.children["web:1:1"]

    await cluster.take_over()
    lost = await cluster.instance(1)
    await cluster.pass_time(4.1)

    assert (lost.state, lost.reason) == ("backing-off", "its process was lost")
    assert cluster.keeper.living() == ["web:0:1", "web:1:2"]


async def test_an_exit_that_is_told_twice_counts_once(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.end("web:0:1", code=1)
    await cluster.settle()
    child = cluster.keeper.children["web:0:1"]

    cluster.manager.happened(wire.ChildExited(child.key, child.pid, 1, None, child.exited.at))
    await cluster.pass_time(4.1)

    assert [i.restarts for i in (await cluster.status()).instances] == [1, 0]


async def test_a_process_that_no_record_claims_is_ended(cluster, web):
    await cluster.ask(Start(applications=[web]))
    del cluster.keeper.notebook["instance:web:1"]

    await cluster.take_over()
    await cluster.settle()

    assert cluster.keeper.living() == ["web:0:1"]


async def test_an_application_whose_record_cannot_be_read_is_left_alone(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.notebook["application:web"] = '{"spec": "of another version"}'

    await cluster.take_over()
    await cluster.settle()

    assert cluster.keeper.living() == ["web:0:1", "web:1:1"]


async def test_an_instance_whose_record_cannot_be_read_goes_on_as_what_its_process_is(cluster, web, caplog):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Restart(["web:1"]))
    cluster.keeper.notebook["instance:web:0"] = '{"state": "of another version"}'
    cluster.keeper.notebook["instance:web:1"] = "no JSON"
    caplog.clear()

    await cluster.take_over()
    await cluster.settle()

    assert cluster.keeper.living() == ["web:0:1", "web:1:2"]
    assert await cluster.states() == ["online", "online"]
    lines = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert [line.split(": ")[:2] for line in lines] == [
        ["begun anew, its record cannot be read", "instance:web:0"],
        ["begun anew, its record cannot be read", "instance:web:1"],
    ]
    assert await cluster.ask(Reload(targets=["web"])) == Done("reloaded web")
    assert cluster.keeper.living() == ["web:0:2", "web:1:3"]


async def test_an_instance_without_a_readable_record_and_without_a_process_is_stopped(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Stop(["web:1"]))
    cluster.keeper.notebook["instance:web:1"] = "{}"

    await cluster.take_over()

    assert await cluster.states() == ["online", "stopped"]


async def test_ids_go_on_when_the_record_of_the_cluster_cannot_be_read(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.notebook["cluster"] = '{"next_id": "another version"}'

    await cluster.take_over()
    await cluster.ask(Scale("web", "3"))

    assert [instance.id for instance in (await cluster.status()).instances] == [0, 1, 2]


async def test_a_manager_that_dies_while_it_switches_an_instance_leaves_the_new_one_serving(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    carry_out = cluster.keeper.do

    def die_when_the_old_one_is_told(command):
        answer = carry_out(command)
        if isinstance(command, wire.SignalChild) and command.key == "web:0:1":
            cluster.keeper.link()
        return answer

    cluster.keeper.do = die_when_the_old_one_is_told
    asyncio.create_task(cluster.ask(Reload(targets=["web"])))  # noqa: RUF006
    await cluster.settle()
    cluster.keeper.silent = lambda _: True  # whatever is started from now on serves nobody

    await cluster.take_over()
    await cluster.settle()

    assert "web:0:2" in cluster.keeper.living()
    assert await cluster.states() == ["online"]


async def test_looking_leaves_no_line_in_the_log(cluster, web, caplog):
    await cluster.ask(Start(applications=[web]))
    caplog.clear()

    await cluster.ask(Status())
    await cluster.ask(Logs(["web"]))

    assert caplog.records == []


async def test_the_private_socket_of_a_killed_worker_is_removed(cluster, web, tmp_path, monkeypatch):
    monkeypatch.setattr(type(cluster.manager.site), "private_socket", lambda _, key: str(tmp_path / key))
    await cluster.ask(Start(applications=[web]))
    for key in ("web:0:1", "web:1:1"):
        (tmp_path / key).touch()

    cluster.keeper.end("web:0:1", by_signal=9)
    await cluster.settle()

    assert [path.name for path in tmp_path.iterdir()] == ["web:1:1"]
