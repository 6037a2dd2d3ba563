"""Health checks of an instance, each answer given by the test; the keeper below is in memory and the clock jumps."""

import asyncio
import signal
from types import SimpleNamespace

import msgspec
import pytest

from chorus.cluster.manager import checking, instance
from chorus.cluster.manager.errand import Ended
from chorus.cluster.manager.health_watch import HealthWatch
from chorus.cluster.manager.probe import ProbeAnswer
from chorus.cluster.manager.records import InstanceRecord
from chorus.cluster.manager.site import Site
from chorus.cluster.messages import Done, Start, Stop
from chorus.cluster.spec import ApplicationSpec, Health

WELL, AWAY, SICK = ProbeAnswer(200, ""), ProbeAnswer(503, "503: Redis: away"), ProbeAnswer(500, "GET /up: 500")


class Checks:
    """What each health check is answered, and when they were."""

    def __init__(self, cluster) -> None:
        self.cluster = cluster
        self.answer = WELL
        self.takes = 0.0
        self.asked: list[float] = []

    async def __call__(self, *_, **__) -> ProbeAnswer:
        self.asked.append(self.cluster.loop.time())
        answer = self.answer
        await asyncio.sleep(self.takes)
        return answer


@pytest.fixture
def checks(cluster, monkeypatch):
    checks = Checks(cluster)
    monkeypatch.setattr(instance, "check", checks)
    return checks


@pytest.fixture
def checked(web):
    """One instance, asked every 2 s, which may fail twice in a row."""
    health = Health(grace=0.0, interval=2.0, threshold=3)
    return msgspec.structs.replace(web, instances=1, health=health, min_uptime=0.0)


def but(spec, **changes):
    return msgspec.structs.replace(spec, health=msgspec.structs.replace(spec.health, **changes))


async def test_it_is_ready_when_its_check_passes_and_not_before(cluster, checked, checks):
    """Whoever starts it waits for it to be well: what it needs must be there, too."""
    checks.answer = AWAY

    failed = await cluster.ask(Start(applications=[checked]))
    checks.answer = WELL
    started = await cluster.ask(Start(applications=[checked]))

    assert failed.message == "web:0:1 was not started: not ready within 10 s; 503: Redis: away"
    assert started == Done("started web")


async def test_a_program_that_says_nothing_is_ready_when_its_check_passes(cluster, checked, checks):
    checks.answer = SICK
    job = msgspec.structs.replace(
        checked, app=None, command=("job",), port=None, settle=0.0, health=Health(connect=80, grace=0.0)
    )

    failed = await cluster.ask(Start(applications=[job]))

    assert failed.message == "web:0:1 was not started: not ready within 10 s; GET /up: 500"


async def test_one_that_the_restart_policy_starts_need_only_be_alive(cluster, checked, checks):
    """What it lacks may come back, and it serves what it can."""
    await cluster.ask(Start(applications=[checked]))
    checks.answer = AWAY

    cluster.keeper.end("web:0:1", code=1)
    await cluster.pass_time(4.5)

    assert await cluster.states() == ["online"]


async def test_so_many_failures_in_a_row_end_it_gracefully_and_start_it_again(cluster, checked, checks):
    await cluster.ask(Start(applications=[checked]))
    for answer in (SICK, SICK, WELL, SICK, SICK):
        checks.answer = answer
        await cluster.pass_time(2.0)
    before = await cluster.instance()
    await cluster.pass_time(2.0)
    checks.answer = WELL
    await cluster.pass_time(1.0)

    after = await cluster.instance()
    assert (before.state, before.restarts) == ("online", 0)
    assert cluster.keeper.signals == [("web:0:1", signal.SIGTERM)]
    assert (after.state, after.restarts, after.last_failure) == ("online", 1, "3 health checks failed: GET /up: 500")


async def test_one_that_answers_503_is_left_alone(cluster, checked, checks):
    """A restart would not bring back what it needs; `status` shows what that is."""
    await cluster.ask(Start(applications=[checked]))
    checks.answer = AWAY

    await cluster.pass_time(60.0)

    shown = await cluster.instance()
    assert (shown.restarts, shown.status) == (0, "503: Redis: away")


async def test_it_is_asked_as_often_as_is_said(cluster, checked, checks):
    await cluster.ask(Start(applications=[but(checked, interval=7.0)]))
    checks.asked.clear()

    await cluster.pass_time(20.0)

    [first, second] = checks.asked
    assert second - first == pytest.approx(7.0, abs=0.1)


async def test_failures_in_the_grace_after_the_start_count_for_nothing(cluster, checked, checks):
    await cluster.ask(Start(applications=[but(checked, grace=5.0)]))
    checks.answer = SICK

    await cluster.pass_time(5.9)  # those at 2 and 4 s do not count, the one at 6 s is the first
    await cluster.pass_time(4.0)
    young = (await cluster.instance()).restarts
    await cluster.pass_time(1.0)

    assert (young, (await cluster.instance()).restarts) == (0, 1)


async def test_while_it_reloads_itself_failures_count_for_nothing_for_as_long_as_a_start_may_take(
    cluster, checked, checks
):
    """RELOADING=1 of sd_notify(3), until READY=1."""
    await cluster.ask(Start(applications=[but(checked, threshold=1)]))
    cluster.keeper.notify("web:0:1", RELOADING="1", READY="0")
    checks.answer = SICK

    await cluster.pass_time(9.0)
    meanwhile = (await cluster.instance()).restarts
    await cluster.pass_time(3.0)

    assert (meanwhile, (await cluster.instance()).restarts) == (0, 1)


async def test_a_check_that_began_while_it_reloaded_itself_counts_for_nothing_when_it_fails_afterwards(
    cluster, checked, checks
):
    await cluster.ask(Start(applications=[but(checked, threshold=1)]))
    cluster.keeper.notify("web:0:1", RELOADING="1", READY="0")
    checks.answer, checks.takes = SICK, 1.0
    await cluster.pass_time(2.5)

    cluster.keeper.notify("web:0:1", RELOADING="0", READY="1")
    checks.answer = WELL
    await cluster.pass_time(3.0)

    assert len(checks.asked) > 1
    assert (await cluster.instance()).restarts == 0


async def test_a_check_that_ends_while_it_reloads_itself_counts_for_nothing(cluster, checked, checks):
    await cluster.ask(Start(applications=[but(checked, threshold=1)]))
    checks.answer, checks.takes = SICK, 1.0
    await cluster.pass_time(2.5)

    cluster.keeper.notify("web:0:1", RELOADING="1", READY="0")
    checks.answer = WELL
    await cluster.pass_time(3.0)

    assert len(checks.asked) > 1
    assert (await cluster.instance()).restarts == 0


async def test_one_that_says_twice_that_it_is_ready_is_asked_as_often_as_one_that_says_it_once(
    cluster, checked, checks
):
    checks.answer, checks.takes = AWAY, 1.0
    starting = asyncio.create_task(cluster.ask(Start(applications=[checked])))
    await cluster.pass_time(0.5)

    cluster.keeper.notify("web:0:1", READY="1")
    await cluster.pass_time(0.4)

    assert len(checks.asked) == 1
    checks.answer = WELL
    await starting


async def test_one_that_was_stopped_is_not_asked_any_more(cluster, checked, checks):
    await cluster.ask(Start(applications=[msgspec.structs.replace(checked, watchdog=5.0)]))
    cluster.keeper.notify("web:0:1", WATCHDOG=f"{cluster.loop.time()}")
    await cluster.ask(Stop(["web"]))
    checks.asked.clear()

    await cluster.pass_time(20.0)

    assert checks.asked == []
    assert not [task for task in asyncio.all_tasks() if "HealthWatch" in str(task.get_coro())]


async def test_what_is_closed_begins_nothing_any_more(checked):
    watch = HealthWatch(SimpleNamespace(spec=msgspec.structs.replace(checked, watchdog=5.0)))
    watch.close()

    watch.watch()
    watch.said_nothing(1.0)

    assert (watch._check, watch._watchdog) == (None, None)


@pytest.mark.parametrize(
    ("health", "asked"),
    [
        (Health(path="/up", timeout=2.0), ("probe", "/h/run/job:3:1.sock", "/up", {"timeout": 2.0})),
        (
            Health(url="http://127.0.0.1:$PORT/up?all", timeout=2.0),
            ("probe", ("127.0.0.1", 3003), "/up?all", {"timeout": 2.0}),
        ),
        (Health(url="http://127.0.0.1", timeout=2.0), ("probe", ("127.0.0.1", 80), "/", {"timeout": 2.0})),
        (Health(connect=6379, timeout=2.0), ("connect", 6379, {"ask": None, "timeout": 2.0})),
        (Health(connect=80, ask="PING", timeout=2.0), ("connect", 80, {"ask": "PING", "timeout": 2.0})),
        (Health(connect="$PORT", timeout=2.0), ("connect", 3003, {"ask": None, "timeout": 2.0})),
        (Health(connect="run/a.sock", timeout=2.0), ("connect", "/srv/run/a.sock", {"ask": None, "timeout": 2.0})),
        (
            Health(command=("./check",), timeout=2.0),
            ("run", ("./check",), {"cwd": "/srv", "timeout": 2.0, "user": 7, "group": 8, "told": ("4711", "3003")}),
        ),
    ],
    ids=lambda each: " ".join(each.ways) if isinstance(each, Health) else "",
)
async def test_an_instance_is_asked_in_the_way_and_for_as_long_as_its_specification_says(monkeypatch, health, asked):
    """`$NAME` is a variable of the instance; a path is relative to `cwd`; a program runs as the instance does."""
    seen = []

    async def probe(*words, **named):
        seen.append(("probe", *words, named))
        return WELL

    async def connect(*words, **named):
        seen.append(("connect", *words, named))
        return WELL

    async def run(argv, *, environment, **named):
        told = (environment["CHORUS_PID"], environment["PORT"])
        seen.append(("run", argv, {**named, "told": told}))
        return Ended(0, "")

    monkeypatch.setattr(checking, "probe", probe)
    monkeypatch.setattr(checking, "probe_connection", connect)
    monkeypatch.setattr(checking.errand, "run", run)
    kind = {"app": "a:b"} if not health.ways else {"command": ("job",), "uid": 7, "gid": 8}
    env = {"PORT": "3000"}
    spec = ApplicationSpec(name="job", cwd="/srv", env=env, increment_var="PORT", health=health, **kind)
    record = InstanceRecord(application="job", number=3, id=3, generation=1)

    answer = await checking.check(Site(None, "/h", {}, lambda: 0.0), spec, record, slot=0, pid=4711)

    assert seen == [asked]
    assert answer.well


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (Health(url="http://[$PORT/"), "found the address http://[3000/, expected one such as http://127.0.0.1"),
        (Health(url="http://ä.example/"), "found the address http://ä.example/, expected one such as http://127.0.0.1"),
        (Health(connect="$PORT$PORT"), "/srv/30003000: No such file or directory"),
        (Health(command=("/nonexistent/check",)), "/nonexistent/check: [Errno 2] No such file or directory"),
    ],
    ids=lambda each: " ".join(each.ways) if isinstance(each, Health) else "",
)
async def test_a_check_that_cannot_be_made_is_one_that_failed_and_says_why(health, reason):
    spec = ApplicationSpec(name="job", command=("job",), cwd="/srv", env={"PORT": "3000"}, health=health)
    record = InstanceRecord(application="job", number=0, id=0, generation=1)

    answer = await checking.check(Site(None, "/h", {}, lambda: 0.0), spec, record, slot=0, pid=4711)

    assert (answer.well, answer.alive) == (False, False)
    assert answer.reason.startswith(reason)
