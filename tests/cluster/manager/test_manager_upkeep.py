"""Reloads that no operator asks for: at times, and when files change. Row 43."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from chorus.cluster.manager import operations, watched
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.upkeep import Upkeep
from chorus.cluster.manager.watched import TooManyFiles, look
from chorus.cluster.messages import Delete, Scale, Start, Stop
from chorus.cluster.spec import ApplicationSpec


class Wall:
    """A clock for people, set by the test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 2, 59, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def upkeep(cluster, wall):
    return Upkeep(cluster.manager.applications, wall)


async def test_at_its_time_an_application_is_reloaded_once(cluster, web, upkeep, wall):
    """Row 43: instance by instance, the old one until the new one is ready."""
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="0 3 * * *")]))
    await upkeep.look()
    before = [i.generation for i in (await cluster.status()).instances]

    wall.now += timedelta(seconds=31)
    await upkeep.look()
    await upkeep.look()

    assert before == [1, 1]
    assert [i.generation for i in (await cluster.status()).instances] == [2, 2]


async def test_a_reload_at_its_time_that_fails_leaves_the_old_ones(cluster, web, upkeep, wall):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="0 3 * * *")]))
    await upkeep.look()
    cluster.keeper.broken = lambda _: True

    wall.now += timedelta(seconds=31)
    await upkeep.look()

    assert await cluster.states() == ["online", "online"]


async def test_a_stopped_application_stays_stopped(cluster, web, upkeep, wall):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="0 3 * * *")]))
    await upkeep.look()
    await cluster.ask(Stop(["web"]))

    wall.now += timedelta(days=1)
    await upkeep.look()

    assert await cluster.states() == ["stopped", "stopped"]


async def test_after_a_scale_the_time_still_comes(cluster, web, upkeep, wall):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="0 3 * * *")]))
    await upkeep.look()
    await cluster.ask(Scale("web", "3"))

    wall.now += timedelta(seconds=31)
    await upkeep.look()

    assert [i.generation for i in (await cluster.status()).instances] == [2, 2, 2]


async def test_a_time_that_came_while_it_was_stopped_is_over_when_it_runs_again(cluster, web, upkeep, wall):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="0 3 * * *")]))
    await upkeep.look()
    await cluster.ask(Stop(["web"]))
    wall.now += timedelta(days=1)
    await upkeep.look()

    await cluster.ask(Start(targets=["web"]))
    await upkeep.look()

    assert [i.generation for i in (await cluster.status()).instances] == [2, 2]


async def test_another_time_holds_from_the_next_look_on_and_nothing_is_kept_of_what_is_gone(cluster, web, upkeep, wall):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="0 5 * * *")]))
    await upkeep.look()
    cluster.manager.applications["web"].adopt(msgspec.structs.replace(web, cron_restart="0 3 * * *"))
    await upkeep.look()

    wall.now += timedelta(seconds=31)
    await upkeep.look()
    generations = [i.generation for i in (await cluster.status()).instances]
    await cluster.ask(Delete(["web"]))
    await upkeep.look()

    assert (generations, upkeep._kept) == ([2, 2], {})


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=365)])
async def test_a_clock_that_is_set_back_does_not_hold_up_the_next_time(cluster, web, upkeep, wall, back):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="*/5 * * * *")]))
    await upkeep.look()

    wall.now -= back
    await upkeep.look()
    before = [i.generation for i in (await cluster.status()).instances]
    wall.now += timedelta(minutes=5)
    await upkeep.look()

    assert before == [1, 1]
    assert [i.generation for i in (await cluster.status()).instances] == [2, 2]


async def test_a_clock_that_is_put_right_by_seconds_brings_no_time_twice(cluster, web, upkeep, wall):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, cron_restart="0 3 * * *")]))
    await upkeep.look()
    for seconds in (31, -5, 10):
        wall.now += timedelta(seconds=seconds)
        await upkeep.look()

    assert [i.generation for i in (await cluster.status()).instances] == [2, 2]


@pytest.fixture
def reloading(cluster, upkeep, wall, monkeypatch):
    """A reload at its time that somebody else cancels, or that a fault of ours ends; the task that does it."""

    async def begun(spec, ending=None):
        begun, tasks = asyncio.Event(), []

        async def reload(*_):
            tasks.append(asyncio.current_task())
            begun.set()
            if ending is not None:
                raise ending
            await asyncio.Event().wait()

        monkeypatch.setattr(operations, "reload", reload)
        await cluster.ask(Start(applications=[msgspec.structs.replace(spec, cron_restart="0 3 * * *")]))
        await upkeep.look()
        wall.now += timedelta(seconds=31)
        looking = asyncio.create_task(upkeep.look())
        await begun.wait()
        return looking, tasks[0]

    return begun


async def test_an_operator_who_cancels_a_reload_at_its_time_cancels_no_more(web, reloading):
    looking, reload = await reloading(web)

    reload.cancel()

    assert await looking is None


async def test_a_reload_at_its_time_ends_with_the_manager(web, reloading):
    looking, reload = await reloading(web)

    looking.cancel()
    await asyncio.wait({looking, reload}, timeout=5)

    assert reload.cancelled()


async def test_a_fault_in_a_reload_at_its_time_is_heard_of(web, reloading):
    looking, _ = await reloading(web, ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        await looking


def watching(folder, **options) -> ApplicationSpec:
    return ApplicationSpec(name="a", script="a.py", cwd=str(folder), **{"watch": True, **options})


def names(spec: ApplicationSpec) -> set[str]:
    return {os.path.relpath(path, spec.cwd) for path, _, _ in look(spec)}


@pytest.fixture
def tree(tmp_path):
    for name in ("a.py", "pkg/b.py", "pkg/__pycache__/b.pyc", ".git/HEAD", "logs/out.log", "data/x.db", "my.out"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def test_what_is_not_the_programs_own_is_ignored_by_default(tree):
    """Its logs are not, nor those that rotation put aside, nor those of an instance."""
    for name in ("my-20261123T160000.123.out.gz", "my-0.out"):
        (tree / name).touch()

    assert names(watching(tree, out_file="my.out")) == {"a.py", "pkg/b.py", "data/x.db"}


def test_names_and_paths_can_be_ignored(tree):
    assert names(watching(tree, watch_ignore=("data", "pkg/b.*", ".*", "*.out", "*.log", "__pycache__"))) == {"a.py"}


def test_a_path_may_be_ignored_as_it_is_written_in_a_shell(tree):
    assert names(watching(tree, watch_ignore=("./data/*", "./pkg", ".*", "*.out", "*.log"))) == {"a.py"}


def test_links_to_folders_are_passed_over(tree):
    (tree / "again").symlink_to(tree)

    assert names(watching(tree)) == {"a.py", "pkg/b.py", "data/x.db", "my.out"}


def test_files_and_folders_can_be_named(tree):
    assert names(watching(tree, watch=("a.py", "data", "nowhere"))) == {"a.py", "data/x.db"}


def test_a_change_makes_a_difference(tree):
    before = look(watching(tree))

    (tree / "a.py").write_text("longer")

    assert look(watching(tree)) != before


@pytest.mark.parametrize("active", [True, False], ids=["while it runs", "not while it is stopped"])
async def test_files_that_changed_reload_it_once_they_have_come_to_rest(tree, monkeypatch, active):
    """Row 43: for `watch_delay`, counted from the last change."""
    now, reloaded = 0.0, []
    site = SimpleNamespace(now=lambda: now)
    application = SimpleNamespace(
        spec=watching(tree, watch_delay=2.0), name="a", active=True, instances={0: 0}, site=site, doing=None
    )

    async def reload(*_):
        reloaded.append(now)

    monkeypatch.setattr(operations, "reload", reload)
    upkeep = Upkeep({"a": application})
    await upkeep.look()
    application.active = active
    for now, text in ((10.0, "changed"), (11.9, "changed again"), (13.8, None), (13.9, None), (20.0, None)):  # noqa: B007
        if text is not None:
            (tree / "a.py").write_text(text)
        await upkeep.look()

    assert reloaded == ([13.9] if active else [])


async def test_files_that_change_while_an_operator_reloads_it_reload_it_afterwards(tree, monkeypatch):
    """Row 43: the first of its instances runs what they were before."""
    now, reloaded = 0.0, []
    site = SimpleNamespace(now=lambda: now)
    application = SimpleNamespace(
        spec=watching(tree), name="a", active=True, instances={0: 0}, site=site, doing="reloaded"
    )

    async def reload(*_):
        reloaded.append(now)

    monkeypatch.setattr(operations, "reload", reload)
    upkeep = Upkeep({"a": application})
    await upkeep.look()
    (tree / "a.py").write_text("changed")
    for now, doing in ((10.0, "reloaded"), (20.0, "reloaded"), (20.5, None), (30.0, None)):
        application.doing = doing
        application.active = now != 20.0  # a program without a socket of the keeper is stopped first
        await upkeep.look()

    assert reloaded == [20.5]


@pytest.fixture
async def kept(tree, monkeypatch) -> SimpleNamespace:
    """A watched application, looked at once: `look(*moments)` goes on, `asked` is when a reload was asked for."""
    at, asked, refusals = [0.0], [], []
    site = SimpleNamespace(now=lambda: at[-1])
    application = SimpleNamespace(spec=watching(tree), name="a", active=True, instances={0: 0}, site=site, doing=None)
    upkeep = Upkeep({"a": application})

    async def reload(*_):
        asked.append(at[-1])
        if refusals:
            raise refusals.pop()

    async def look(*moments):
        for moment in moments:
            at.append(moment)
            await upkeep.look()

    monkeypatch.setattr(operations, "reload", reload)
    await upkeep.look()
    return SimpleNamespace(application=application, asked=asked, look=look, refusals=refusals)


async def test_files_that_change_while_an_operator_reloads_it_under_another_specification_reload_it_afterwards(
    tree, kept
):
    """Row 43: it is adopted at the end of the reload; what it has to do with the files is as before."""
    kept.application.doing = "reloaded"
    (tree / "a.py").write_text("changed")
    await kept.look(10.0)
    kept.application.doing, kept.application.spec = None, watching(tree, env={"LEVEL": "debug"})
    await kept.look(20.0, 30.0)

    assert kept.asked == [20.0]


async def test_other_files_are_looked_at_anew(tree, kept):
    """Another pattern of them is no change of theirs."""
    kept.application.spec = watching(tree, watch=["a.py"])
    await kept.look(10.0, 20.0)

    assert kept.asked == []


async def test_a_reload_that_finds_it_in_other_hands_is_tried_again(tree, kept):
    kept.refusals.append(OperationFailed("busy", "a is being scaled"))
    (tree / "a.py").write_text("changed")
    await kept.look(10.0, 20.0, 30.0, 40.0)

    assert kept.asked == [20.0, 30.0]


async def test_where_there_are_too_many_files_that_is_said_once_and_they_are_left_alone(tree, monkeypatch, caplog):
    monkeypatch.setattr(watched, "MOST_FILES", 2)
    site = SimpleNamespace(now=lambda: 0.0)
    upkeep = Upkeep({"a": SimpleNamespace(spec=watching(tree), name="a", active=True, instances={0: 0}, site=site)})

    for _ in range(2):
        await upkeep.look()

    assert caplog.text.count("a is not watched: more than 2 files") == 1


def test_too_many_files_are_refused(tree, monkeypatch):
    monkeypatch.setattr(watched, "MOST_FILES", 2)

    with pytest.raises(TooManyFiles, match="more than 2 files"):
        look(watching(tree))
