"""What the manager decides, one sentence a test; the keeper below is in memory and the clock jumps."""

import asyncio
import signal

import msgspec

from chorus.cluster.keeper import wire
from chorus.cluster.manager.samples import Sample
from chorus.cluster.messages import (
    Delete,
    Done,
    Failed,
    Kill,
    Logs,
    Reload,
    Restart,
    Scale,
    Start,
    Status,
    Stop,
)


def but(spec, **changes):
    return msgspec.structs.replace(spec, **changes)


# Start


async def test_start_brings_the_instances_online_and_tells_each_step(cluster, web):
    answer = await cluster.ask(Start(applications=[web]))

    assert answer == Done("started web")
    assert cluster.progress == ["web:0:1 online", "web:1:1 online"]
    assert [(i.id, i.number, i.state, i.restarts) for i in (await cluster.status()).instances] == [
        (0, 0, "online", 0),
        (1, 1, "online", 0),
    ]


async def test_an_instance_knows_who_it_is(cluster, web):
    await cluster.ask(Start(applications=[but(web, env={"GREETING": "hello"})]))

    second = cluster.keeper.spawned[1]
    assert second.env["CHORUS_INSTANCE_ID"] == second.env["NODE_APP_INSTANCE"] == second.env["PM2_INSTANCE_ID"] == "1"
    assert second.env["CHORUS_KEY"] == second.key == "web:1:1"
    assert (second.env["PORT"], second.env["GREETING"], second.env["PATH"]) == ("8000", "hello", "/bin")
    assert (second.cwd, second.listeners, second.page) == ("/srv/shop", ["web"], "web")
    assert second.env["CHORUS_LOAD_SLOT"] == "1"


async def test_a_program_that_dies_before_it_is_ready_fails_the_start_with_its_last_words(cluster, web):
    cluster.keeper.broken = lambda child: child.key.startswith("web:1")

    answer = await cluster.ask(Start(applications=[web]))

    assert answer == Failed(
        "not_ready",
        "web was not started: web:1:1: exited with code 1 before it was ready",
        ["the last line"],
    )
    assert cluster.keeper.living() == []
    assert cluster.keeper.listeners == {}
    assert await cluster.states() == ["stopped", "errored"]


async def test_a_program_that_is_not_ready_in_time_fails_the_start(cluster, web):
    cluster.keeper.silent = lambda _: True
    before = cluster.loop.time()

    answer = await cluster.ask(Start(applications=[web]))

    assert isinstance(answer, Failed)
    assert "not ready within 10 s" in answer.message
    assert 10.0 <= cluster.loop.time() - before < 11.0
    assert cluster.keeper.living() == []


async def test_a_port_in_use_is_named_and_nothing_is_started(cluster, web):
    cluster.keeper.taken_ports = {8000}

    answer = await cluster.ask(Start(applications=[web]))

    assert isinstance(answer, Failed)
    assert answer.code == "address_in_use"
    assert answer.message.startswith("web: port 8000 on 127.0.0.1 is held by ")
    assert cluster.keeper.spawned == []


async def test_an_application_started_again_by_name_is_restarted(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert await cluster.ask(Start(applications=[web])) == Done("started web")
    assert [i.restarts for i in (await cluster.status()).instances] == [1, 1]


async def test_started_only_if_absent_it_is_left_alone(cluster, web):
    await cluster.ask(Start(applications=[web]))

    answer = await cluster.ask(Start(applications=[web], if_absent=True))

    assert answer == Done("all of it runs already", changed=False)
    assert cluster.keeper.living() == ["web:0:1", "web:1:1"]


async def test_one_that_must_be_new_is_refused(cluster, web):
    await cluster.ask(Start(applications=[web]))

    answer = await cluster.ask(Start(applications=[web], must_be_new=True))

    assert isinstance(answer, Failed)
    assert answer.code == "already_there"


async def test_only_restricts_the_applications_of_a_file(cluster, web):
    await cluster.ask(Start(applications=[web, but(web, name="api", port=8001)], only=["api"]))

    assert [a.name for a in (await cluster.ask(Status())).applications] == ["api"]


async def test_when_one_application_of_a_request_fails_those_started_with_it_are_stopped(cluster, web):
    cluster.keeper.broken = lambda child: child.key.startswith("web")
    store = but(web, name="store", port=None)

    answer = await cluster.ask(Start(applications=[store, web]))

    assert isinstance(answer, Failed)
    assert cluster.keeper.living() == []


async def test_started_under_another_address_it_moves_there(cluster, web):
    await cluster.ask(Start(applications=[web]))

    await cluster.ask(Start(applications=[but(web, port=8002)]))

    assert (await cluster.status()).address == "127.0.0.1:8002"
    assert await cluster.states() == ["online", "online"]


async def test_the_values_of_variables_are_never_logged(cluster, web, caplog):
    caplog.set_level("DEBUG")
    spec = but(web, env={"JWT_SECRET": "do-not-tell"})

    await cluster.ask(Start(applications=[spec]))
    cluster.keeper.broken = lambda _: True
    await cluster.ask(Reload(targets=["web"], applications=[spec]))

    assert "web" in caplog.text
    assert "do-not-tell" not in caplog.text


# Restarts


async def test_a_killed_instance_comes_back_after_the_delay_and_the_other_is_untouched(cluster, web):
    await cluster.ask(Start(applications=[web]))

    cluster.keeper.end("web:0:1", by_signal=signal.SIGKILL)
    await cluster.pass_time(3.9)
    assert await cluster.states() == ["backing-off", "online"]

    await cluster.pass_time(0.2)
    first, second = (await cluster.status()).instances
    assert (first.state, first.key, first.restarts, first.exit_code) == ("online", "web:0:2", 1, -9)
    assert first.reason == "was killed by SIGKILL"
    assert (second.key, second.restarts) == ("web:1:1", 0)


async def test_the_sixth_crash_within_the_hour_is_given_up_and_says_why(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))

    for generation in range(1, 7):
        cluster.keeper.end(f"web:0:{generation}", code=1)
        await cluster.pass_time(5.0)

    instance = await cluster.instance()
    assert instance.state == "errored"
    assert instance.reason == "restarted 5 times in 25 s, allowed 5 in 3600 s; last: exited with code 1"
    assert cluster.keeper.listeners == {}


async def test_an_instance_that_hangs_at_a_restart_is_weighed_like_a_crash(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    cluster.keeper.silent = lambda _: True

    cluster.keeper.end("web:0:1", code=1)
    await cluster.pass_time(4.0 + 10.0 + 0.1)

    instance = await cluster.instance()
    assert (instance.state, instance.reason) == ("backing-off", "not ready within 10 s")


async def test_of_an_instance_the_keeper_has_one_process_on_record(cluster, web):
    await cluster.ask(Start(applications=[web]))
    for _ in range(3):
        await cluster.ask(Restart(["web"]))
        await cluster.ask(Reload(targets=["web"]))

    assert len(cluster.keeper.children) == 2


async def test_an_exit_code_that_stops_is_not_followed_by_a_restart(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, stop_exit_codes=(42,))]))

    cluster.keeper.end("web:0:1", code=42)
    await cluster.pass_time(10.0)

    instance = await cluster.instance()
    assert (instance.state, instance.restarts, instance.exit_code) == ("stopped", 0, 42)


async def test_without_autorestart_a_crash_is_errored_and_shows_its_code(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, autorestart=False)]))

    cluster.keeper.end("web:0:1", code=3)
    await cluster.pass_time(10.0)

    instance = await cluster.instance()
    assert (instance.state, instance.reason, instance.exit_code) == ("errored", "exited with code 3", 3)


async def test_restart_counts_and_stop_then_start_does_not(cluster, web):
    await cluster.ask(Start(applications=[web]))

    await cluster.ask(Stop(["web"]))
    await cluster.ask(Start(targets=["web"]))
    assert [i.restarts for i in (await cluster.status()).instances] == [0, 0]

    assert await cluster.ask(Restart(["web"])) == Done("restarted web")
    assert [i.restarts for i in (await cluster.status()).instances] == [1, 1]


async def test_a_restart_that_does_not_come_up_fails_and_goes_on_trying(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    cluster.keeper.broken = lambda _: True

    answer = await cluster.ask(Restart(["web"]))

    assert isinstance(answer, Failed)
    assert answer.message.endswith("exited with code 1 before it was ready; it is tried again")
    cluster.keeper.broken = lambda _: False
    await cluster.pass_time(4.1)
    assert await cluster.states() == ["online"]


async def test_too_much_memory_restarts_one_that_was_stable_gracefully_and_at_once(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    await cluster.pass_time(60.0)
    [instance] = cluster.manager.applications["web"].instances.values()

    instance.sampled(Sample(memory=2 * 1024**3, cpu=0.0))
    await cluster.pass_time(0.01)

    assert cluster.keeper.signals == [("web:0:1", signal.SIGTERM)]
    status = await cluster.instance()
    assert (status.state, status.restarts) == ("online", 1)
    assert status.reason == "held 2048 MB of memory, allowed 1024 MB"


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


async def test_stop_ends_a_start_that_waits(cluster, web):
    cluster.keeper.silent = lambda _: True
    starting = asyncio.create_task(cluster.ask(Start(applications=[web])))
    await cluster.settle()

    assert await cluster.ask(Stop(["web"])) == Done("stopped web")
    assert await cluster.states() == ["stopped", "stopped"]
    await asyncio.wait({starting})
    assert starting.cancelled()


# Targets


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


# Scale


async def test_scale_up_takes_the_lowest_free_numbers(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=3)]))
    await cluster.ask(Delete(["web:1"]))

    assert await cluster.ask(Scale("web", "+2")) == Done("web has 4 instances")
    assert [(i.number, i.id) for i in (await cluster.status()).instances] == [(0, 0), (1, 3), (2, 2), (3, 4)]


async def test_scale_down_ends_the_highest_numbers(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=4)]))

    assert await cluster.ask(Scale("web", "-1")) == Done("web has 3 instances")
    assert await cluster.ask(Scale("web", "1")) == Done("web has 1 instances")
    assert cluster.keeper.living() == ["web:0:1"]


async def test_scale_to_the_present_number_says_so(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert await cluster.ask(Scale("web", "2")) == Done("web has 2 instances already", changed=False)


async def test_scale_to_none_or_too_many_is_refused(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert isinstance(await cluster.ask(Scale("web", "0")), Failed)
    assert isinstance(await cluster.ask(Scale("web", "-2")), Failed)
    assert isinstance(await cluster.ask(Scale("web", "9999")), Failed)


async def test_a_scale_whose_new_instance_fails_leaves_what_was(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.broken = lambda _: True

    assert isinstance(await cluster.ask(Scale("web", "4")), Failed)
    assert cluster.keeper.living() == ["web:0:1", "web:1:1"]
    assert await cluster.states() == ["online", "online"]


# Reload


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

    assert isinstance(second, Failed)
    assert second.code == "busy"
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


async def test_a_stopped_application_is_started_by_a_reload(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Stop(["web"]))

    await cluster.ask(Reload(targets=["web"]))

    assert await cluster.states() == ["online", "online"]


async def test_processes_alive_together_never_share_a_slot_of_the_load_page(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Reload(targets=["web"]))

    assert [child.env["CHORUS_LOAD_SLOT"] for child in cluster.keeper.spawned] == ["0", "1", "2", "0"]


# A manager that is killed


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
