"""The directory in Redis, beside what the suite of the directories asks of it."""

import asyncio
import threading

import pytest

from chorus.realtime.backplane import redis_directory
from chorus.realtime.backplane.commands import Commands
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.redis_directory import RedisDirectory
from chorus.realtime.backplane.redis_entries import RedisEntries
from chorus.realtime.backplane.redis_leases import RedisLeases
from chorus.realtime.backplane.settings import RedisSettings
from waiting import eventually

NAMES = Names("chorus", 0)


class Swallowing:
    """Commands that take their cancellation for a server that does not answer, as a library may."""

    def __init__(self):
        self.asked = asyncio.Event()

    async def script(self, script, *, keys, arguments=()):
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BackplaneUnavailable("no answer") from None


def test_a_directory_that_nobody_closes_does_not_keep_its_event_loop_from_ending():
    """Also where its cancellation is swallowed below it; what ends a loop waits for all tasks."""

    ended = threading.Event()

    async def begin():
        commands = Swallowing()
        RedisDirectory(commands, NAMES, "one").start()
        await asyncio.wait_for(commands.asked.wait(), 10)

    def run():
        asyncio.run(begin())
        ended.set()

    threading.Thread(target=run, daemon=True).start()

    assert ended.wait(20)


class Forgetful:
    """Commands to a server that has another epoch whenever it is asked."""

    def __init__(self):
        self.epoch = 0

    async def script(self, script, *, keys, arguments=()):
        self.epoch += 1
        return b"%d" % self.epoch, [b"one", b"other"], []


async def test_whoever_asks_a_server_that_loses_everything_again_and_again_is_told_so(monkeypatch):
    """An error after a while: neither half an answer nor none for ever."""
    monkeypatch.setattr(redis_directory, "_PATIENCE", 0.2)
    directory = RedisDirectory(Forgetful(), NAMES, "one")
    await directory._leases.renew()

    async with asyncio.timeout(20):
        with pytest.raises(BackplaneUnavailable, match=r"lost who is where, .* within 0\.2 s"):
            await directory.find("people", ["red"])
    assert directory._something.is_set(), "it tells the server at once that it is here itself"


async def test_as_soon_as_the_connection_is_back_it_looks_whether_it_was_forgotten(start, valkey, control, monkeypatch):
    """And not when it would have renewed its lease anyway."""
    backplane, looked = await start(RedisSettings(url=valkey.url)), []
    monkeypatch.setattr(backplane.directory, "renew", lambda: looked.append(True))

    control.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    await eventually(lambda: looked)


class People(dict[str, set[str]]):
    """A roll."""

    def everything(self):
        return iter(self)

    def labels(self, key):
        return self.get(key)


class Watched:
    """Commands, and whether the lease runs, and its entries are there, after each script."""

    def __init__(self, commands: Commands) -> None:
        self.seen: list[tuple[bool, bool]] = []
        self._commands = commands
        self._leases = RedisLeases(commands, NAMES, "other")
        self._entries = RedisEntries(commands, NAMES, "other")

    async def script(self, script, *, keys, arguments=()):
        answer = await self._commands.script(script, keys=keys, arguments=arguments)
        running = await self._leases.look() or []
        self.seen.append(("one" in running, await self._entries.find("one", "people", ["red"]) is not None))
        return answer


async def test_a_lease_runs_only_when_its_entries_are_there(valkey, control):
    """So nobody who finds it has to wait."""
    commands = Commands(RedisSettings(url=valkey.url))
    watched = Watched(commands)
    directory = RedisDirectory(watched, NAMES, "one")
    directory.declare("0", "people", People(ann={"red"}))

    directory.start()
    await eventually(lambda: watched.seen[-1:] == [(True, True)])
    control.flushall()
    begun = len(watched.seen)
    await eventually(lambda: watched.seen[begun:] and watched.seen[-1] == (True, True))
    directory._task.cancel()
    await commands.close()

    assert (True, False) not in watched.seen


class Refusing:
    """Commands to a server that takes nothing."""

    def __init__(self):
        self.attempts = 0

    async def script(self, script, *, keys, arguments=()):
        self.attempts += 1
        raise BackplaneUnavailable("no answer")


async def test_what_was_not_taken_is_told_again_at_once_and_not_with_the_next_renewal(caplog):
    """And said to people once."""
    commands = Refusing()
    directory = RedisDirectory(commands, NAMES, "one")

    directory.start()
    await eventually(lambda: commands.attempts >= 20, within=10)
    directory._task.cancel()

    assert caplog.text.count("other instances do not see who is here") == 1
