"""What follows when a process ends by itself; the keeper below is in memory and the clock jumps."""

import asyncio
import signal

import pytest
from msgspec.structs import replace as but

from chorus.cluster.keeper import wire
from chorus.cluster.manager.samples import Sample
from chorus.cluster.messages import (
    Done,
    Failed,
    Reload,
    Restart,
    Start,
    Stop,
)


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


async def test_any_other_exit_code_is_a_crash(cluster, web):
    """Row 6: with [34] a 42 is followed by a restart."""
    await cluster.ask(Start(applications=[but(web, instances=1, stop_exit_codes=(34,))]))

    cluster.keeper.end("web:0:1", code=42)
    await cluster.pass_time(5.0)

    instance = await cluster.instance()
    assert (instance.state, instance.restarts, instance.exit_code) == ("online", 1, 42)


async def test_without_autorestart_a_crash_is_errored_and_shows_its_code(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, autorestart=False)]))

    cluster.keeper.end("web:0:1", code=3)
    await cluster.pass_time(10.0)

    instance = await cluster.instance()
    assert (instance.state, instance.reason, instance.exit_code) == ("errored", "exited with code 3", 3)


async def test_one_that_runs_and_is_started_by_its_name_is_restarted(cluster, web):
    """Row 8: and what stands still among the targets is started."""
    await cluster.ask(Start(applications=[web]))

    assert await cluster.ask(Start(targets=["web"])) == Done("started web")
    assert [i.restarts for i in (await cluster.status()).instances] == [1, 1]


async def test_restart_counts_and_stop_then_start_does_not(cluster, web):
    await cluster.ask(Start(applications=[web]))

    await cluster.ask(Stop(["web"]))
    await cluster.ask(Start(targets=["web"]))
    assert [i.restarts for i in (await cluster.status()).instances] == [0, 0]

    assert await cluster.ask(Restart(["web"])) == Done("restarted web")
    assert [i.restarts for i in (await cluster.status()).instances] == [1, 1]


async def test_an_environment_that_is_selected_is_kept_until_another_one_is(cluster, web):
    """Row 34: and that it is kept is said."""
    environments = {"production": {"COLOUR": "red"}, "staging": {"COLOUR": "grey"}}
    await cluster.ask(Start(applications=[but(web, env={"COLOUR": "green"}, environments=environments)]))
    requests = (
        Restart(["web"], "production"), Restart(["web"]), Reload(targets=["web"]),
        Reload(targets=["web"], environment="staging"),
    )  # fmt: skip

    texts = [(await cluster.ask(request)).text for request in requests]

    kept = ", environment production kept"
    assert texts == ["restarted web", f"restarted web{kept}", f"reloaded web{kept}", "reloaded web"]
    seen = [(child.env["COLOUR"], child.env.get("CHORUS_ENV")) for child in cluster.keeper.spawned[::2]]
    assert seen == [("green", None), *[("red", "production")] * 3, ("grey", "staging")]


async def test_where_an_application_has_no_environments_any_may_be_selected(cluster, web):
    """Row 34: what it makes of CHORUS_ENV is its own affair."""
    await cluster.ask(Start(applications=[web]))

    assert await cluster.ask(Restart(["web"], "production")) == Done("restarted web")
    assert cluster.keeper.spawned[-1].env["CHORUS_ENV"] == "production"


@pytest.mark.parametrize(
    ("targets", "environment", "message"),
    [
        (["web"], "prodution", 'web: found environment "prodution", expected production'),
        (["web:1"], "production", "web: an environment is selected for all its instances"),
    ],
)
async def test_an_environment_that_cannot_be_selected_touches_nothing(cluster, web, targets, environment, message):
    """Row 34."""
    await cluster.ask(Start(applications=[but(web, environments={"production": {}})]))

    answers = [await cluster.ask(each(targets=targets, environment=environment)) for each in (Restart, Reload)]

    assert answers == [Failed("invalid", message, [])] * 2
    assert cluster.keeper.living() == ["web:0:1", "web:1:1"]


async def test_a_restart_that_does_not_come_up_fails_and_goes_on_trying(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    cluster.keeper.broken = lambda _: True

    answer = await cluster.ask(Restart(["web"]))

    assert isinstance(answer, Failed)
    assert answer.message.endswith("exited with code 1 before it was ready; it is tried again")
    cluster.keeper.broken = lambda _: False
    await cluster.pass_time(4.1)
    assert await cluster.states() == ["online"]


async def test_a_program_that_dies_within_settle_was_not_restarted(cluster, web):
    """It says nothing of its readiness: that it runs for a moment is no sign of it."""
    job = but(web, app=None, command=("job",), port=None, instances=1, settle=2.0)
    await cluster.ask(Start(applications=[job]))
    before = cluster.loop.time()
    assert await cluster.ask(Restart(["web"])) == Done("restarted web")
    assert cluster.loop.time() - before >= 2.0

    restart = asyncio.ensure_future(cluster.ask(Restart(["web"])))
    await cluster.pass_time(1.0)
    cluster.keeper.end(cluster.keeper.living()[0], code=1)
    answer = await restart

    assert isinstance(answer, Failed)
    assert answer.message.endswith(
        "was restarted and is not online: exited with code 1 before it was ready; it is tried again"
    )
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


async def test_a_crash_of_one_that_was_stable_waits_for_its_restart(cluster, web):
    """Only what we end ourselves, as above, is started again at once."""
    await cluster.ask(Start(applications=[but(web, instances=1)]))
    await cluster.pass_time(60.0)

    cluster.keeper.end("web:0:1", code=1)
    await cluster.pass_time(3.9)

    assert await cluster.states() == ["backing-off"]


async def test_without_a_limit_an_instance_may_hold_any_memory(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, max_memory_restart=None)]))
    [instance] = cluster.manager.applications["web"].instances.values()

    instance.sampled(Sample(memory=2**40, cpu=0.0))

    assert await cluster.states() == ["online"]


async def test_one_that_finds_itself_unwell_is_restarted(cluster, web):
    """WATCHDOG=trigger of sd_notify(3)."""
    await cluster.ask(Start(applications=[but(web, instances=1)]))

    cluster.keeper.notify("web:0:1", WATCHDOG="trigger")
    await cluster.pass_time(4.1)

    instance = await cluster.instance()
    assert (instance.state, instance.restarts) == ("online", 1)
    assert instance.last_failure == "asked to be restarted (WATCHDOG=trigger)"


async def test_one_that_says_that_it_ends_is_not_online_any_more_and_has_its_time_for_it(cluster, web):
    """STOPPING=1 of sd_notify(3), unasked: what follows is decided when it has ended."""
    await cluster.ask(Start(applications=[but(web, instances=1, kill_timeout=3.0)]))

    cluster.keeper.notify("web:0:1", STOPPING="1")
    await cluster.pass_time(2.9)
    leaving = await cluster.states()
    await cluster.pass_time(0.2)

    assert (leaving, cluster.keeper.signals) == (["stopping"], [("web:0:1", signal.SIGKILL)])
    assert await cluster.states() == ["backing-off"]


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


async def test_signs_of_life_are_waited_for_from_the_last_of_them(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=4.0)]))
    for _ in range(2):
        cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
        await cluster.pass_time(2.0)

    await cluster.pass_time(1.9)
    before = (await cluster.instance()).last_failure
    await cluster.pass_time(1.1)

    assert (before, (await cluster.instance()).last_failure) == (None, "gave no sign of life for 4 s")


@pytest.mark.parametrize(
    ("specified", "asked", "failure"),
    [(30.0, "4000000", "gave no sign of life for 4 s"), (4.0, "30000000", None), (4.0, "0", None)],
    ids=["a shorter one", "a longer one", "none"],
)
async def test_a_program_that_is_online_may_ask_for_another_time_between_its_signs_of_life(
    cluster, web, specified, asked, failure
):
    """From then on."""
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=specified)]))
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.pass_time(1.0)

    cluster.keeper.notify("web:0:1", WATCHDOG_USEC=asked)
    await cluster.pass_time(5.0)

    assert (await cluster.instance()).last_failure == failure


@pytest.mark.parametrize("taken_over", [False, True])
async def test_a_manager_that_was_stopped_itself_hears_first_what_waits(cluster, web, taken_over):
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=3.0)]))
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.settle()
    if taken_over:
        await cluster.take_over()

    cluster.loop.jump(60.0)
    await cluster.settle()
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.pass_time(2.0)

    assert (await cluster.instance()).last_failure is None


@pytest.fixture
async def held_up(cluster, web, monkeypatch):
    """An instance whose keeper stood still for a minute, as the disk of a log did, and goes on now."""
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=3.0)]))
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    asked = []
    with monkeypatch.context() as patch:
        patch.setattr(cluster.keeper._link, "ask", lambda _: asked.append(cluster.loop.create_future()) or asked[-1])
        await cluster.pass_time(60.0)
    for answer in asked:
        answer.set_result(wire.Lines([]))


@pytest.mark.usefixtures("held_up")
async def test_a_keeper_that_is_held_up_for_long_costs_no_instance_its_process(cluster):
    """Signs of life of all of them wait in it, as many as the system holds; another one comes in its time."""
    await cluster.pass_time(2.0)
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.pass_time(2.0)

    assert (await cluster.instance()).last_failure is None


@pytest.mark.parametrize("until", [3.1, 3.45, 3.7, 3.95])
async def test_nor_does_one_that_goes_on_just_when_the_time_is_over(cluster, web, monkeypatch, until):
    """It answers at once then, or nearly so; what was said meanwhile is lost all the same."""
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=3.0)]))
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    asked = []
    with monkeypatch.context() as patch:
        patch.setattr(cluster.keeper._link, "ask", lambda _: asked.append(cluster.loop.create_future()) or asked[-1])
        await cluster.pass_time(until)
    for answer in asked:
        answer.set_result(wire.Lines([]))
    await cluster.pass_time(1.4)
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.pass_time(2.0)

    assert (await cluster.instance()).last_failure is None


@pytest.mark.usefixtures("held_up")
async def test_who_says_nothing_when_the_keeper_goes_on_is_restarted(cluster):
    await cluster.pass_time(15.0)

    instance = await cluster.instance()
    assert (instance.restarts, instance.last_failure) == (1, "gave no sign of life for 3 s")


async def test_signs_of_life_are_waited_for_as_long_as_the_program_asks_and_no_longer(cluster, web):
    """From the last of them, not from the last look."""
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=30.0)]))
    cluster.keeper.notify("web:0:1", WATCHDOG_USEC="4000000", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.pass_time(31.0)
    (before,) = [(await cluster.instance()).restarts]
    cluster.keeper.notify("web:0:2", WATCHDOG_USEC="4000000", WATCHDOG=f"{cluster.loop.time()}")
    assert before == 1


@pytest.mark.parametrize("taken_over", [False, True])
async def test_a_manager_that_was_stopped_itself_restarts_what_says_nothing_afterwards_either(cluster, web, taken_over):
    """Row 28."""
    await cluster.ask(Start(applications=[but(web, instances=1, watchdog=3.0)]))
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.settle()
    if taken_over:
        await cluster.take_over()

    cluster.loop.jump(60.0)
    await cluster.pass_time(15.0)

    instance = await cluster.instance()
    assert (instance.restarts, instance.last_failure) == (1, "gave no sign of life for 3 s")


async def test_the_signal_that_ended_a_process_is_told_by_its_name(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=1)]))

    cluster.keeper.end("web:0:1", by_signal=9)
    await cluster.settle()

    instance = await cluster.instance()
    assert (instance.exit_code, instance.exit_signal) == (-9, "SIGKILL")
