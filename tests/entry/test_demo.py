"""`chorus demo`: a believable team in the database that the chat would use."""

import itertools
import json
import time
from functools import partial
from types import SimpleNamespace

import pytest

from chorus.chat.domain.entries import EntryKind
from chorus.chat.domain.search import parse
from chorus.chat.rendering.markdown import compose
from chorus.cluster.cli.home import Home
from chorus.entry import commands
from parts.databases import in_store, on_both

SMALL = ["--people", "8", "--channels", "5", "--messages", "250", "--password", "a long password", "--seed", "3"]


@pytest.fixture
def demo(command):
    """Run `chorus demo` with these words."""
    return partial(command, "demo")


@on_both
def test_a_team_is_there_with_its_talk_its_files_and_its_search(demo, database_url, home):
    code, out, _ = demo(*SMALL, "--json")
    told = json.loads(out)

    async def look(store):
        owner = (await store.credentials(told["owner"])).account
        channels = await store.channels(owner.id, joined_only=True)
        lines = [line for each in channels for line in await store.read(each.id, after=0, limit=5000)]
        for channel in channels:
            page = await store.history(owner.id, channel.id, limit=200)
            assert page.last
        found = await store.search(owner.id, parse("has:image"), after=None, limit=50)
        return channels, lines, found

    channels, lines, found = in_store(database_url, look)
    accounts = {"nobody": 0}
    plain = [line for line in lines if line.kind is EntryKind.POSTED and line.text and "@" not in line.text]
    shown = [file for line in lines for file in line.files if file.width]

    assert code == 0
    assert (told["made"]["accounts"], told["made"]["channels"], told["made"]["messages"]) == (8, 5, 250)
    assert told["password"] == "a long password"
    assert {"general", "engineering"} <= {each.name for each in channels}
    assert all(line.html == compose(line.text, accounts).html for line in plain)
    assert any(line.mentions for line in lines)
    assert shown
    assert all((home / "data" / "files" / file.id[:2] / file.id).stat().st_size == file.size for file in shown)
    assert found.messages


def test_a_demonstration_before_the_first_start_leaves_a_home_that_a_start_takes(demo, home, monkeypatch):
    """Its files lie there, also where its database does not."""
    fresh = home / "fresh"
    monkeypatch.setenv("CHORUS_HOME", str(fresh))

    assert demo(*SMALL).code == 0
    Home(str(fresh)).prepare()
    assert (fresh / "data" / "files").is_dir()


async def everything(store):
    """Who is there, and what is in every log, without times, and ids that no two fillings share."""
    channels = await store.every_channel()
    lines = [line for each in channels for line in await store.read(each.id, after=0, limit=5000)]
    return (
        [(each.handle, each.name, each.role) for each in await store.accounts()],
        [(each.name, each.topic, each.members) for each in channels],
        [(line.seq, line.kind, line.text, line.emoji, line.target, line.thread) for line in lines],
        [(file.name, file.type, file.size, file.width) for line in lines for file in line.files],
    )


def test_a_database_with_people_in_it_is_left_alone_unless_told_and_the_same_seed_fills_it_alike(
    demo, database_url, monkeypatch
):
    """Of one moment, that is: what is said is said on working days."""
    moment = itertools.count(1_764_165_600_000)
    clock = SimpleNamespace(time=lambda: next(moment) / 1000, monotonic=time.monotonic)
    monkeypatch.setattr(commands.demo, "time", clock)
    demo(*SMALL)
    before = in_store(database_url, everything)
    code, _, err = demo(*SMALL[:-1], "4")

    assert code == 1
    assert "there are people in this database already" in err
    assert in_store(database_url, everything) == before

    code, _, err = demo(*SMALL[:-1], "4", "--erase")
    assert code == 1
    assert "--yes" in err
    code, out, _ = demo(*SMALL[:-1], "4", "--erase", "--yes")
    assert code == 0
    assert "Everybody's password: a long password" in out
    assert in_store(database_url, everything) != before

    demo(*SMALL, "--erase", "--yes")

    assert in_store(database_url, everything) == before


def test_the_command_costs_the_others_nothing(home):
    """What it needs is imported when it is asked for."""
    import subprocess
    import sys

    code = "import sys, chorus.entry.command; sys.exit(any(n.startswith(('PIL', 'chorus.chat')) for n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
