"""What the manager decides, one sentence a test; the keeper below is in memory and the clock jumps."""

import asyncio
import signal

import msgspec
import pytest

from chorus.cluster.keeper import wire
from chorus.cluster.manager.samples import Sample
from chorus.cluster.messages import (
    Adopt,
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
        "web:1:1 was not started: exited with code 1 before it was ready",
        ["the last line"],
    )
    assert cluster.keeper.living() == []
    assert cluster.keeper.listeners == {}
    assert (cluster.manager.applications, set(cluster.keeper.notebook)) == ({}, {"cluster"})


async def test_a_start_that_failed_can_be_given_again(cluster, web):
    cluster.keeper.broken = lambda _: True
    await cluster.ask(Start(applications=[web], must_be_new=True))
    cluster.keeper.broken = lambda _: False

    assert await cluster.ask(Start(applications=[web], must_be_new=True)) == Done("started web")


async def test_a_start_that_fails_keeps_the_applications_that_were_known_before(cluster, web):
    await cluster.ask(Start(applications=[web]))
    await cluster.ask(Stop(["web"]))
    cluster.keeper.broken = lambda _: True

    await cluster.ask(Start(applications=[web]))

    assert "errored" in await cluster.states()


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


async def test_starts_at_the_same_time_all_end_with_what_one_would_have_started(cluster, web):
    """Each tries the addresses before it begins; none lets go of a socket that another one needs."""
    both = Start(applications=[msgspec.structs.replace(web, name="store", port=8001), web], if_absent=True)

    answers = await asyncio.gather(*(cluster.ask(both) for _ in range(3)))

    assert [type(answer) for answer in answers] == [Done] * 3, answers
    assert await cluster.states() == await cluster.states("store") == ["online", "online"]
    assert sorted(cluster.keeper.listeners) == ["store", "web"]


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
    assert (first.reason, first.last_failure) == (None, "was killed by SIGKILL")
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
    assert status.last_failure == "held 2048 MB of memory, allowed 1024 MB"


async def test_an_instance_whose_signs_of_life_stop_is_restarted(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=3.0)]))
    for _ in range(3):
        cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
        await cluster.pass_time(2.0)
    assert await cluster.states() == ["online"]

    await cluster.pass_time(15.0)

    instance = await cluster.instance()
    assert (instance.state, instance.restarts) == ("online", 1)
    assert (instance.reason, instance.last_failure) == (None, "gave no sign of life for 3 s")


@pytest.mark.parametrize("taken_over", [False, True])
async def test_a_manager_that_was_stopped_itself_hears_first_what_waits(cluster, web, taken_over):
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=3.0)]))
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.settle()
    if taken_over:
        await cluster.take_over()

    cluster.loop.jumping.jumped += 60.0
    await cluster.settle()
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.pass_time(2.0)

    assert (await cluster.instance()).restarts == 0


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


# What it needs is away


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


# A start that meets what is there


async def test_a_start_waits_for_another_one_that_is_under_way_and_tells_its_outcome(cluster, web):
    cluster.keeper.silent = lambda _: True
    first = asyncio.create_task(cluster.ask(Start(applications=[web], if_absent=True)))
    await cluster.settle()
    second = asyncio.create_task(cluster.ask(Start(applications=[web], if_absent=True)))
    await cluster.settle()
    for key in cluster.keeper.living():
        cluster.keeper.notify(key, READY="1")

    assert await first == Done("started web")
    assert await second == Done("all of it runs already", changed=False)
    assert "web is being started; waiting for it" in cluster.progress


async def test_a_start_that_waited_for_one_that_failed_fails_with_the_same_reason(cluster, web):
    cluster.keeper.silent = lambda _: True
    first = asyncio.create_task(cluster.ask(Start(applications=[web], if_absent=True)))
    await cluster.settle()
    second = asyncio.create_task(cluster.ask(Start(applications=[web], if_absent=True)))
    await cluster.settle()
    cluster.keeper.end("web:1:1", code=1)

    assert (await first).message == (await second).message
    assert (await second).message == "web:1:1 was not started: exited with code 1 before it was ready"


async def test_a_taken_port_of_a_later_application_is_found_before_the_first_is_started(cluster, web):
    cluster.keeper.taken_ports = {8000}
    job = but(web, name="job", app=None, command=("job",), port=None, instances=1)

    answer = await cluster.ask(Start(applications=[job, web]))

    assert (answer.code, cluster.keeper.spawned, cluster.progress) == ("address_in_use", [], [])


async def test_a_start_counts_the_instances_of_all_its_applications_and_tells_no_undoing(cluster, web):
    counts = []
    cluster.keeper.broken = lambda child: child.key.startswith("web:1")
    job = but(web, name="job", port=None, instances=1)

    answer = await cluster.requests.answer(
        Start(applications=[job, web]), lambda step: counts.append((step.text, step.done, step.total))
    )

    assert answer.code == "not_ready"
    assert counts[0] == ("job:0:1 online", 1, 3)
    assert not any("stopped" in text for text, _, _ in counts)


async def test_no_more_instances_than_can_run_beside_each_other(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, max_instances=1)]))

    refused = await cluster.ask(Scale("web", "3"))

    assert (refused.code, refused.message) == ("invalid", "web: found 3 instances (it has 1), expected 1")
    assert await cluster.states() == ["online"]


async def test_a_program_that_says_nothing_and_ends_at_once_was_not_started(cluster, web):
    cluster.keeper.broken = lambda _: True
    program = but(web, app=None, command=("no-such-module",), port=None, instances=1)

    answer = await cluster.ask(Start(applications=[program]))

    assert answer == Failed(
        "not_ready", "web:0:1 was not started: exited with code 1 before it was ready", ["the last line"]
    )


async def test_a_program_that_says_nothing_is_online_when_it_has_lived_for_settle(cluster, web):
    before = cluster.loop.time()

    answer = await cluster.ask(
        Start(applications=[but(web, app=None, command=("job",), port=None, instances=1, settle=2.0)])
    )

    assert answer == Done("started web")
    assert cluster.loop.time() - before >= 2.0


async def test_why_an_instance_failed_is_no_note_of_the_one_that_is_online_again(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.end("web:0:1", code=3)
    await cluster.settle()
    down = await cluster.instance()
    await cluster.pass_time(10.0)

    again = await cluster.instance()

    assert (down.reason, again.state, again.reason) == ("exited with code 3", "online", None)
    assert again.last_failure == "exited with code 3"
    assert again.last_failure_age == pytest.approx(10.0, abs=0.5)


async def test_the_note_of_a_failed_reload_goes_with_the_next_success(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.broken = lambda _: True
    await cluster.ask(Reload(targets=["web"]))
    failed = (await cluster.status()).reason
    cluster.keeper.broken = lambda _: False

    await cluster.ask(Scale("web", "1"))

    assert failed.startswith("the last reload failed: web:0:2: ")
    assert (await cluster.status()).reason is None


async def test_what_is_done_to_some_instances_names_them(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert (await cluster.ask(Stop(["web:1"]))).text == "stopped web:1"
    assert (await cluster.ask(Stop(["web"]))).text == "stopped web"


async def test_what_could_not_be_run_at_all_is_told_as_it_is(cluster, web):
    def refuse(_):
        raise wire.Failure("exec_failed", "cannot write /var/log/out.log: Permission denied")

    cluster.keeper.broken = refuse

    answer = await cluster.ask(Start(applications=[but(web, instances=1)]))

    assert answer.message == "web:0:1 was not started: cannot write /var/log/out.log: Permission denied"


# Adopt


async def test_an_adopted_specification_holds_at_once_without_a_new_process(cluster, web):
    """The memory a running instance may hold is the new one, and what its shell passed on stays."""
    await cluster.ask(Start(applications=[but(web, inherited={"SHELL": "one"})]))

    answer = await cluster.ask(Adopt([but(web, max_memory_restart=1000, inherited={"SHELL": "two"})]))

    application = cluster.manager.applications["web"]
    assert answer == Done("web: holds from now on")
    assert len(cluster.keeper.spawned) == 2
    assert {i.spec.max_memory_restart for i in application.instances.values()} == {1000}
    assert application.spec.inherited == {"SHELL": "one"}


async def test_a_change_that_needs_new_processes_is_not_adopted(cluster, web):
    await cluster.ask(Start(applications=[web]))

    answer = await cluster.ask(Adopt([but(web, kill_timeout=3.0)]))

    assert (answer.code, answer.message) == ("invalid", "web: found a change that needs new processes; reload it")
    assert cluster.manager.applications["web"].spec == web
