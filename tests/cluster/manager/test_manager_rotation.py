"""Log rotation with a keeper in memory: what is due, what is kept, and what another manager left half done."""

import asyncio
import gzip
import os
from datetime import datetime
from itertools import pairwise

import msgspec
import pytest

from chorus.cluster.manager.rotation import LEAST_PAUSE, LOOK_EVERY, Rotation, grown, pause, period
from chorus.cluster.messages import Start

NOON = datetime(2026, 11, 23, 12).astimezone().timestamp()
DAY = 86_400.0
RUN = Rotation.run


@pytest.fixture(autouse=True)
def only_ours(monkeypatch):
    """The manager's own rotation keeps still, or it would tidy up beside the one under test."""
    monkeypatch.setattr(Rotation, "run", lambda _: asyncio.Event().wait())


@pytest.fixture
async def rotate(cluster, web, tmp_path):
    """Start an application that logs into a folder; gives a rotation and sets the time it takes for now."""

    async def started(**options):
        spec = msgspec.structs.replace(web, cwd=str(tmp_path), error_file=None, combined_file=None, **options)
        await cluster.ask(Start(applications=[spec]))
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "out.log").write_text("one\ntwo\n")
        os.utime(tmp_path / "logs" / "out.log", (NOON, NOON))
        return Rotation(cluster.manager.applications, cluster.manager.site.keeper, lambda: rotate.now)

    rotate = started
    rotate.now = NOON
    return rotate


def names(tmp_path):
    return sorted(path.name for path in (tmp_path / "logs").iterdir())


async def test_a_file_below_its_size_and_of_today_stays(rotate, tmp_path):
    rotation = await rotate(log_max_size=9)

    await rotation.look()

    assert names(tmp_path) == ["out.log"]


@pytest.mark.parametrize(
    ("options", "later"),
    [({"log_max_size": None}, 0), ({"log_rotate_every": None}, DAY), ({"log_rotate_every": 0}, DAY)],
)
async def test_without_a_size_it_may_grow_and_without_a_time_it_may_grow_old(rotate, tmp_path, options, later):
    rotation = await rotate(**options)
    rotate.now += later

    await rotation.look()

    assert names(tmp_path) == ["out.log"]


async def test_an_empty_file_of_yesterday_stays(rotate, tmp_path):
    rotation = await rotate()
    (tmp_path / "logs" / "out.log").write_text("")
    os.utime(tmp_path / "logs" / "out.log", (NOON, NOON))
    rotate.now += DAY

    await rotation.look()

    assert names(tmp_path) == ["out.log"]


async def test_what_an_earlier_manager_renamed_is_let_go_of_before_anything_else(rotate, cluster, tmp_path):
    """It may have been killed before it told the keeper."""
    rotation = await rotate()
    seen = []
    cluster.keeper._ReopenLogs = lambda _: seen.extend(names(tmp_path))

    running = asyncio.create_task(RUN(rotation))
    await cluster.settle()
    running.cancel()

    assert seen == ["out.log"]


async def test_a_file_of_its_size_is_put_aside_and_compressed(rotate, tmp_path):
    rotation = await rotate(log_max_size=8)

    await rotation.look()

    [name] = names(tmp_path)
    assert name.startswith("out-202611")
    assert gzip.decompress((tmp_path / "logs" / name).read_bytes()) == b"one\ntwo\n"
    assert (tmp_path / "logs" / name).stat().st_mode & 0o777 == 0o600


async def test_each_of_the_three_files_is_rotated_of_each_instance_where_they_have_their_own(rotate, cluster, tmp_path):
    rotation = await rotate(log_max_size=1, log_compress=False, merge_logs=False)
    own = cluster.manager.applications["web"]
    own.adopt(msgspec.structs.replace(own.spec, error_file="logs/err.log", combined_file="logs/all.log"))
    written = {f"{name}-{number}.log" for name in ("out", "err", "all") for number in (0, 1)}
    for name in written:
        (tmp_path / "logs" / name).write_text("one\n")

    await rotation.look()

    assert len(names(tmp_path)) == 7
    assert written.isdisjoint(names(tmp_path))


async def test_it_looks_again_when_a_file_will_have_its_size(rotate, cluster, tmp_path, monkeypatch):
    rotation = await rotate(log_max_size=100)
    await rotation.turn()
    (tmp_path / "logs" / "out.log").write_text("x" * 88)
    rotate.now += 2.0
    await rotation.turn()
    looks = []

    async def look():
        looks.append(cluster.loop.time())

    monkeypatch.setattr(rotation, "turn", look)
    running = asyncio.create_task(RUN(rotation))
    await cluster.pass_time(1.0)
    running.cancel()

    assert rotation._pause() == pytest.approx(0.3)
    assert [after - before for before, after in pairwise(looks[:4])] == pytest.approx([0.3] * 3, abs=0.1)


async def test_a_file_is_compressed_only_after_the_keeper_has_let_go_of_it(rotate, cluster, tmp_path):
    """Until then lines are still written into it, under its new name."""
    rotation = await rotate(log_max_size=8)
    seen = []
    cluster.keeper._ReopenLogs = lambda _: seen.extend(names(tmp_path))

    await rotation.look()

    [name] = seen
    assert name.startswith("out-2026")
    assert name.endswith(".log")


@pytest.mark.parametrize(
    ("step", "said"), [("rename", "cannot rotate "), ("replace", "cannot tidy up the earlier files of ")]
)
async def test_what_the_system_refuses_is_logged_and_the_next_look_comes(
    rotate, tmp_path, monkeypatch, caplog, step, said
):
    rotation = await rotate(log_max_size=8)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(f"chorus.cluster.manager.rotation.os.{step}", refuse)
    await rotation.look()

    assert said in caplog.text


async def test_half_a_compressed_file_does_not_stay_on_a_full_disk(rotate, tmp_path, monkeypatch, caplog):
    rotation = await rotate(log_max_size=8)

    def no_room(plain, packed, *_):
        packed.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chorus.cluster.manager.rotation.shutil.copyfileobj", no_room)
    await rotation.look()

    [name] = names(tmp_path)
    assert name.endswith(".log")
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_somebody_moved_away_is_begun_anew_once(rotate, cluster, tmp_path, replaced, caplog):
    """It may never come: an application that is stopped has no file open."""
    rotation = await rotate()
    reopened = []
    cluster.keeper._ReopenLogs = lambda _: reopened.append(True)
    await rotation.look()
    (tmp_path / "logs" / "out.log").rename(tmp_path / "logs" / "out.log.1")
    if replaced:
        (tmp_path / "logs" / "out.log").touch()

    for _ in range(3):
        await rotation.look()

    assert reopened == [True]
    assert "out.log was moved or removed by somebody" in caplog.text


async def test_a_file_of_yesterday_is_put_aside_though_it_is_written_after_midnight(rotate, tmp_path):
    rotation = await rotate(log_compress=False)
    await rotation.look()
    rotate.now = NOON + DAY / 2 + 1
    os.utime(tmp_path / "logs" / "out.log", (rotate.now, rotate.now))

    await rotation.look()

    [name] = names(tmp_path)
    assert (tmp_path / "logs" / name).read_text() == "one\ntwo\n"


async def test_a_file_that_a_new_manager_finds_of_an_earlier_day_is_put_aside(rotate, tmp_path):
    rotation = await rotate(log_compress=False)
    rotate.now = NOON + DAY

    await rotation.look()

    assert names(tmp_path) != ["out.log"]


async def test_only_so_many_earlier_files_are_kept_and_other_files_are_left_alone(rotate, tmp_path):
    rotation = await rotate(log_max_size=1, log_retain=2)
    (tmp_path / "logs" / "out-of-reach.log").touch()
    for number in range(4):
        (tmp_path / "logs" / "out.log").write_text(f"{number}")
        rotate.now = NOON + number
        await rotation.look()

    kept = [name for name in names(tmp_path) if name.endswith(".gz")]
    assert [gzip.decompress((tmp_path / "logs" / name).read_bytes()) for name in kept] == [b"2", b"3"]
    assert "out-of-reach.log" in names(tmp_path)


@pytest.mark.parametrize("back", [3600, 50 * 365 * DAY])
async def test_a_clock_that_is_set_back_has_the_newest_files_kept_and_none_written_over(rotate, tmp_path, back):
    """By an hour, or to 1970, where a machine may begin."""
    rotation = await rotate(log_max_size=1, log_retain=3, log_compress=False)
    (tmp_path / "logs" / "out-99999999T999999.999.log").write_text("of somebody's")
    for number, at in enumerate((NOON, NOON + 1, NOON - back, NOON + 1 - back, NOON + 1)):
        (tmp_path / "logs" / "out.log").write_text(f"{number}")
        rotate.now = at
        await rotation.look()

    kept = [(tmp_path / "logs" / name).read_text() for name in names(tmp_path)]
    assert kept == ["3", "4", "of somebody's"]


async def test_what_another_manager_put_aside_and_did_not_compress_is_compressed(rotate, tmp_path):
    rotation = await rotate()
    (tmp_path / "logs" / "out-20261122T100000.000.log").write_text("old")
    (tmp_path / "logs" / "out-20261122T100000.000.log.new").write_text("half")

    await rotation.look()

    assert names(tmp_path) == ["out-20261122T100000.000.log.gz", "out.log"]


async def test_fewer_than_are_retained_all_stay(rotate, tmp_path):
    rotation = await rotate(log_retain=30)
    for hour in range(20):
        (tmp_path / "logs" / f"out-20261122T{hour:02}0000.000.log.gz").write_bytes(b"old")

    await rotation.look()

    assert len(names(tmp_path)) == 21


def link_to_a_file(path):
    """As /dev/stdout is, where our own output goes to a file."""
    elsewhere = path.parent.parent / "elsewhere"
    elsewhere.write_bytes(b"a line\n")
    path.symlink_to(elsewhere)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, link_to_a_file])
async def test_what_is_no_regular_file_is_never_renamed(rotate, tmp_path, make):
    rotation = await rotate(log_max_size=1)
    (tmp_path / "logs" / "out.log").unlink()
    make(tmp_path / "logs" / "out.log")

    await rotation.look()

    assert names(tmp_path) == ["out.log"]


@pytest.mark.parametrize("every", [3600.0, DAY])
def test_a_period_begins_with_the_local_day_or_hour(every):
    assert period(NOON, every) == period(NOON - 1, every) + (every == 3600.0)
    assert period(datetime(2026, 11, 24).astimezone().timestamp(), DAY) == period(NOON, DAY) + 1


@pytest.mark.parametrize(
    ("size", "rate", "seconds"),
    [
        (0, 0.0, LOOK_EVERY),
        (0, 10.0, LOOK_EVERY),
        (40, 100.0, 0.6),
        (99, 100.0, LEAST_PAUSE),
        (500, 100.0, LOOK_EVERY),
    ],
)
def test_a_file_that_grows_fast_is_looked_at_when_it_will_have_its_size(size, rate, seconds):
    assert pause(size, rate, most=100) == pytest.approx(seconds)


def test_how_fast_a_file_grows_is_known_also_when_it_was_cut():
    assert grown(None, 50, 1.0) == (50, 0.0)
    assert grown((50, 0.0), 150, 2.0) == (150, 50.0)
    assert grown((150, 50.0), 10, 2.0) == (10, 50.0)
    assert grown((150, 50.0), 150, 2.0) == (150, 0.0)


async def test_files_are_put_aside_while_others_are_compressed(rotate, tmp_path, monkeypatch):
    """A slow compression delays no rotation, and takes no file that the keeper still writes into."""
    rotation = await rotate(log_max_size=1)
    begun, going_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    seen = []

    def slowly(path):
        seen.append(os.path.basename(path))
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(going_on.wait(), loop).result()

    monkeypatch.setattr("chorus.cluster.manager.rotation._compress", slowly)
    await rotation.turn()
    tidying = asyncio.create_task(rotation.look())
    await begun.wait()
    (tmp_path / "logs" / "out.log").write_text("three\n")
    rotate.now = NOON + 1

    await rotation.turn()
    put_aside = names(tmp_path)
    going_on.set()
    await tidying

    assert len(put_aside) == 2
    assert seen == put_aside[:1]
