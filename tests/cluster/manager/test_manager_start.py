"""Starting applications, and what a start meets; the keeper below is in memory and the clock jumps."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace as but

from chorus.cluster.keeper import wire
from chorus.cluster.messages import Done, Failed, Reload, Scale, Start, Status, Stop


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

    assert answer == Failed("not_ready", "web:0:1 was not started: not ready within 10 s", ["the last line"])
    assert 10.0 <= cluster.loop.time() - before < 11.0
    assert cluster.keeper.living() == []


async def test_a_program_that_must_say_ready_has_as_long_for_it_as_it_is_given(cluster, web):
    """Row 12: with wait_ready any program; one that never says it need only live, for longer than that if it must."""
    cluster.keeper.silent = lambda _: True
    job = but(web, app=None, command=("job",), port=None, instances=1, listen_timeout=3.0, settle=5.0)

    waited_for = await cluster.ask(Start(applications=[but(job, wait_ready=True)]))
    settled = await cluster.ask(Start(applications=[job]))

    assert waited_for.message == "web:0:1 was not started: not ready within 3 s"
    assert settled == Done("started web")


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
    assert await cluster.ask(Start(applications=[web], only=["api"])) == Failed(
        "unknown_target", "api: not among the applications web"
    )


async def test_when_one_application_of_a_request_fails_those_started_with_it_are_stopped(cluster, web):
    cluster.keeper.broken = lambda child: child.key.startswith("web")
    store = but(web, name="store", port=None)

    answer = await cluster.ask(Start(applications=[store, web]))

    assert isinstance(answer, Failed)
    assert cluster.keeper.living() == []


async def test_the_values_of_variables_are_never_logged(cluster, web, caplog):
    caplog.set_level("DEBUG")
    spec = but(web, env={"JWT_SECRET": "do-not-tell"})

    await cluster.ask(Start(applications=[spec]))
    cluster.keeper.broken = lambda _: True
    await cluster.ask(Reload(targets=["web"], applications=[spec]))

    assert "web" in caplog.text
    assert "do-not-tell" not in caplog.text


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
