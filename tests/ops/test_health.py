"""How the checks are run and weighed, one sentence a test."""

import asyncio

import pytest

from chorus.ops.health import Check, CutOff, Health, Impaired
from parts.clock import Clock


async def answers():
    return None


async def refuses():
    raise ConnectionRefusedError("secret.host:5432 refused")


async def hangs():
    await asyncio.Event().wait()


async def test_everything_answers_so_the_instance_is_ready():
    report = await Health([Check("database", answers, required=True), Check("redis", answers, required=False)]).report()

    assert report.status == "ready"
    assert {name: check.status for name, check in report.checks.items()} == {"database": "ok", "redis": "ok"}


async def test_a_failing_helper_degrades():
    report = await Health([Check("database", answers, required=True), Check("redis", refuses, required=False)]).report()

    assert report.status == "degraded"
    assert report.checks["redis"].status == "failing"


async def test_a_failing_requirement_outweighs_everything():
    report = await Health([Check("database", refuses, required=True), Check("redis", refuses, required=False)]).report()

    assert report.status == "unavailable"


async def test_the_report_names_the_kind_of_error_but_no_address():
    """Anybody may read it; the log has the rest."""
    report = await Health([Check("database", refuses, required=True)]).report()

    assert report.checks["database"].detail == "failed with ConnectionRefusedError"


async def test_what_is_impaired_says_how():
    async def impaired():
        raise Impaired("it answers and does nothing")

    report = await Health([Check("redis", impaired, required=False)]).report()

    assert (report.status, report.checks["redis"].detail) == ("degraded", "it answers and does nothing")


async def test_an_instance_that_is_cut_off_is_unavailable_though_it_could_do_without_what_it_is_cut_off_from(caplog):
    """Row 9 of the realtime library: others serve people better."""

    async def cut_off():
        raise CutOff("it answers, but not to us")

    report = await Health([Check("redis", cut_off, required=False)]).report()

    assert (report.status, report.checks["redis"].status) == ("unavailable", "cut off")
    assert "redis: it answers, but not to us; this instance is unavailable" in caplog.text


async def test_a_check_that_hangs_fails_after_the_time_limit():
    report = await Health([Check("database", hangs, required=True)], timeout=0.01).report()

    assert report.checks["database"].detail == "no answer within 0.01 s"


async def test_checks_run_together():
    """Each waits for the other to have begun: one after the other they would both time out."""
    first, second = asyncio.Event(), asyncio.Event()

    async def meets(mine, other):
        mine.set()
        await other.wait()

    report = await Health(
        [
            Check("database", lambda: meets(first, second), required=True),
            Check("redis", lambda: meets(second, first), required=False),
        ]
    ).report()

    assert report.status == "ready"


async def test_many_probes_at_once_ask_once():
    asked = []

    async def counted():
        asked.append(1)
        await asyncio.sleep(0)

    health = Health([Check("database", counted, required=True)])

    await asyncio.gather(*(health.report() for _ in range(100)))

    assert len(asked) == 1


async def test_an_answer_is_fresh_for_a_moment_and_then_asked_again():
    clock, asked = Clock(0.0), []

    async def counted():
        asked.append(clock.now)

    health = Health([Check("database", counted, required=True)], fresh_for=1.0, clock=clock)
    for clock.now in (0.0, 0.9, 1.0, 1.5, 2.5):
        await health.report()

    assert asked == [0.0, 1.0, 2.5]


async def test_a_prober_that_hangs_up_leaves_the_answer_to_the_others():
    gate = asyncio.Event()
    health = Health([Check("database", gate.wait, required=True)])
    impatient, patient = asyncio.create_task(health.report()), asyncio.create_task(health.report())
    await asyncio.sleep(0)

    impatient.cancel()
    gate.set()

    assert (await patient).status == "ready"


async def test_a_change_is_logged_once_with_the_error(caplog):
    clock, trouble = Clock(0.0), True

    async def probe():
        if trouble:
            await refuses()

    health = Health([Check("database", probe, required=True)], clock=clock)
    with caplog.at_level("WARNING"):
        for clock.now in (0.0, 2.0, 4.0):
            await health.report()
        trouble = False
        for clock.now in (6.0, 8.0):
            await health.report()

    assert [record.getMessage() for record in caplog.records] == [
        "database: failed with ConnectionRefusedError (secret.host:5432 refused); this instance is unavailable",
        "database answers again",
    ]


@pytest.mark.parametrize(("probe", "status"), [(answers, 200), (refuses, 503)])
async def test_only_an_unavailable_instance_answers_503(probe, status):
    import httpx
    from litestar import Litestar

    from chorus.ops.routes import HEALTH_ROUTES, WATCHED, Liveness, Watched

    health = Health([Check("database", probe, required=True)])
    watched = Watched(health, Liveness("ok", "7", "1.2.3"))
    routes = Litestar([HEALTH_ROUTES], openapi_config=None, logging_config=None)

    async def app(scope, receive, send):
        await routes({**scope, WATCHED: watched}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        ready, live = await client.get("/health/ready"), await client.get("/health/live")

    assert ready.status_code == status
    assert live.json() == {"status": "ok", "instance": "7", "version": "1.2.3"}
