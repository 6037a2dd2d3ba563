"""The monitor's screen, driven by its keys over a cluster in memory."""

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import RichLog

from chorus.cluster.cli.monitor.screen import Monitor
from chorus.cluster.messages import Failed, Reload, Restart, Scale
from cluster.cli.monitor.stage import StagedSource, application, cluster, evening, instance
from waiting import eventually

DESK, SMALL = (160, 50), (80, 24)


@pytest.fixture
def source(tmp_path):
    return StagedSource(tmp_path, evening())


def shown(monitor: Monitor) -> str:
    """What stands on the screen, a line for each of its lines."""
    widths = monitor.screen._compositor.render_strips(monitor.size)
    return "\n".join("".join(segment.text for segment in strip) for strip in widths)


async def appears(pilot: Pilot, *texts: str) -> str:
    """Wait until all of these stand on the screen."""

    def there() -> str:
        screen = shown(pilot.app)
        return screen if all(text in screen for text in texts) else ""

    return await eventually(there, what=f"{texts} on the screen")


def press(pilot: Pilot, *keys: str) -> None:
    """Press these; unlike the pilot's own, it does not wait until the whole machine is idle: wait for what they do."""
    for key in keys:
        pilot.app.simulate_key(key)


def run(source: StagedSource, size: tuple[int, int] = SMALL):
    monitor = Monitor(source, "Chorus")
    notify = monitor.notify

    def notify_until_seen(message: str, **options: object) -> None:
        notify(message, **{**options, "timeout": 600.0})  # however busy the machine is

    monitor.notify = notify_until_seen
    return monitor.run_test(size=size, notifications=True)


async def test_it_shows_every_instance_the_machine_and_redis(source):
    async with run(source) as pilot:
        screen = await appears(pilot, "chat:3", "Valkey 9.0.1  0.2 ms")

    assert "5 of 6 online" in screen
    assert "▲ chat:2 uses 93% of a processor, at or above 90% for 5 min  1m 14s" in screen
    assert "41%" in screen
    assert "12 of 32 GB" in screen
    lines = {line.split()[0]: line for line in screen.splitlines() if ":" in line[:12]}
    assert "waiting" in lines["mailer:0"]
    assert "92.6%" in lines["chat:2"]
    assert "171 MB" in lines["chat:2"]
    assert "164 ms" in lines["chat:2"]


async def test_on_a_narrow_screen_every_instance_has_one_line_of_whole_columns(source):
    """A line that went on in the next one would hide other instances; a number that is cut would be another one."""
    async with run(source, (50, 24)) as pilot:
        screen = await appears(pilot, "chat:3", "mailer:0")

    lines = [line.rstrip() for line in screen.splitlines()]
    assert next(line for line in lines if "INSTANCE" in line).endswith("MEMORY   CONN")
    assert next(line for line in lines if line[2:].startswith("chat:2  ")).endswith("171 MB   1204")
    assert not [line for line in lines if "UPTIME" in line or line.strip() == "↻"]


async def test_every_key_is_named_at_the_bottom_of_a_small_screen(source):
    async with run(source) as pilot:
        await appears(pilot, "↑↓ select", "r reload", "R restart", "+ more", "- less", "e errors", "p pause", "q quit")


async def test_a_wide_screen_has_the_details_beside_the_log_and_a_resize_takes_them_away(source):
    async with run(source, DESK) as pilot:
        await appears(pilot, "event loop lag", "descriptors")

        await pilot.resize_terminal(*SMALL)

        await eventually(lambda: "event loop lag" not in shown(pilot.app), what="the details to go")
        await appears(pilot, "chat:3", "q quit")


async def test_the_log_is_that_of_the_selected_instance_and_goes_on(source):
    async with run(source) as pilot:
        await appears(pilot, "valkey:0  log")
        press(pilot, "down")
        await appears(pilot, "chat:0  log", "seq 48156")
        assert "seq 48158" not in shown(pilot.app)

        with source.log.open("a") as file:
            file.write(
                "2026-11-23T16:09:00.000Z chat:1 | of another\n2026-11-23T16:09:00.000Z chat:0 | a\x1b[2Jnew line\n"
            )

        assert "of another" not in await appears(pilot, "a·[2Jnew line")


async def test_a_paused_log_waits(source):
    async with run(source) as pilot:
        await appears(pilot, "chat:3")
        press(pilot, "down")
        await appears(pilot, "seq 48156")
        press(pilot, "p")
        before = await appears(pilot, "paused")
        with source.log.open("a") as file:
            file.write("2026-11-23T16:09:00.000Z chat:0 | came meanwhile\n")
        await pilot.pause(0.6)
        assert "came meanwhile" not in before + shown(pilot.app)

        press(pilot, "p")

        await appears(pilot, "came meanwhile")


async def test_a_key_asks_before_anything_is_done(source):
    keys = {
        "r": ("Reload chat?", Reload(targets=["chat"])),
        "R": ("Restart chat:0?", Restart(["chat:0"])),
        "plus": ("Scale chat to 5?", Scale("chat", "+1")),
        "minus": ("Scale chat to 3?", Scale("chat", "-1")),
    }
    async with run(source) as pilot:
        await appears(pilot, "chat:3")
        press(pilot, "down", "r")
        await appears(pilot, "Reload chat?", "4 instances, one after another")
        press(pilot, "n")
        await eventually(lambda: "Reload chat?" not in shown(pilot.app), what="the question to go")
        for done, (key, (question, _)) in enumerate(keys.items()):
            assert len(source.asked) == done
            press(pilot, key)
            await appears(pilot, question)
            assert len(source.asked) == done
            press(pilot, "y")
            await eventually(lambda done=done: (pilot.app._busy, len(source.asked)) == ("", done + 1), what="its end")
        await appears(pilot, "1 of 2  chat:2 online", "done as asked")

    assert list(source.asked) == [request for _, request in keys.values()]


async def test_a_failure_is_shown_with_its_last_lines(source):
    source.answer = Failed("not_ready", "chat:0 was not started: exited with code 1", ["no such table [users]"])
    async with run(source) as pilot:
        await appears(pilot, "chat:3")
        press(pilot, "down", "r")
        await appears(pilot, "Reload chat?")
        press(pilot, "y")

        await appears(pilot, "exited with code 1", "no such table [users]")


async def test_one_thing_is_done_at_a_time(source):
    source.gate.clear()
    async with run(source) as pilot:
        await appears(pilot, "chat:3")
        press(pilot, "down", "r")
        await appears(pilot, "Reload chat?")
        press(pilot, "y")
        await eventually(lambda: source.asked, what="the reload to begin")
        press(pilot, "R")

        await appears(pilot, "Reload chat is under way")
        source.gate.set()
        await appears(pilot, "done as asked")
    assert len(source.asked) == 1


@pytest.mark.parametrize(
    ("status", "trouble", "text"),
    [
        (None, "Nothing runs in /srv/chat", "Nothing runs in /srv/chat"),
        (cluster(), "", "The manager runs; there is no application"),
    ],
)
async def test_where_nothing_runs_the_next_step_is_said_and_what_comes_appears(tmp_path, status, trouble, text):
    source = StagedSource(tmp_path, status, trouble)
    async with run(source) as pilot:
        await appears(pilot, text, "chorus start")
        press(pilot, "r", "R", "plus", "e", "down")
        assert not source.asked

        source.status, source.trouble = evening(), ""

        await appears(pilot, "chat:3", "5 of 6 online")


async def test_more_instances_than_lines_are_scrolled_to_the_selected_one(tmp_path):
    source = StagedSource(tmp_path, cluster(application("chat", *(instance(n) for n in range(40)))))
    async with run(source) as pilot:
        await appears(pilot, "chat:0")

        press(pilot, "end")

        assert "chat:0 " not in await appears(pilot, "chat:39  log", "q quit")


async def test_a_redis_that_is_away_is_named(source):
    source.well = False
    async with run(source, DESK) as pilot:
        await appears(pilot, "✖ Redis at db:6379 does not answer")


async def test_a_click_selects(source):
    async with run(source) as pilot:
        await appears(pilot, "chat:3")

        await pilot.click("#instances", offset=(5, 4))

        await appears(pilot, "chat:2  log")


async def test_the_log_is_bounded(source):
    async with run(source) as pilot:
        await appears(pilot, "chat:3")
        press(pilot, "down")
        await appears(pilot, "seq 48156")
        with source.log.open("a") as file:
            file.writelines(f"2026-11-23T16:09:00.000Z chat:0 | line {n}\n" for n in range(5000))

        await appears(pilot, "line 4999")

        assert len(pilot.app.query_one("#log", RichLog).lines) <= 1000


async def test_q_ends_it(source):
    async with run(source) as pilot:
        await appears(pilot, "chat:3")
        press(pilot, "q")
        await eventually(lambda: not pilot.app.is_running, what="the end")
    assert pilot.app.return_code == 0


async def test_what_comes_back_after_the_end_is_drawn_nowhere(source):
    drawn = []
    async with run(source) as pilot:
        await asyncio.to_thread(pilot.app._draw, lambda: drawn.append("in time"))

    await asyncio.to_thread(pilot.app._draw, lambda: drawn.append("too late"))

    assert drawn == ["in time"]
