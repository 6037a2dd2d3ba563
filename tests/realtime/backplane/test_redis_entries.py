"""Row 11: what an instance tells in Redis: numbered, so that what does not follow is told anew; whole, or not there."""

import pytest

from chorus.realtime.backplane import topic as topics
from chorus.realtime.backplane.commands import Commands
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.redis_entries import RedisEntries
from chorus.realtime.backplane.topic import Topic

pytestmark = pytest.mark.processes


class People(dict[str, set[str]]):
    """A roll."""

    def everything(self):
        return iter(self)

    def labels(self, key):
        return self.get(key)


@pytest.fixture
def people() -> People:
    return People(ann={"red"})


@pytest.fixture
def topic(people) -> Topic:
    """The people, under "people"."""
    return Topic("0", people)


@pytest.fixture
def entries(commands, topic) -> RedisEntries:
    """Of "me": the people, and somebody under another topic."""
    entries = RedisEntries(commands, Names("chorus", 0), "me")
    entries.declare("people", topic)
    entries.declare("more", Topic("0", People(bob={"red"})))
    return entries


async def found(entries: RedisEntries, topic: str = "people") -> set[str] | None:
    """The keys in "red", or None."""
    listed = await entries.find("me", topic, ["red"])
    return None if listed is None else {each.key for each in listed}


class Watching:
    """Commands, and what others find after each script."""

    def __init__(self, commands: Commands, reader: RedisEntries) -> None:
        self.seen: list[set[str] | None] = []
        self._commands = commands
        self._reader = reader

    async def script(self, script, **words):
        answer = await self._commands.script(script, **words)
        self.seen.append(await found(self._reader))
        return answer


async def test_nothing_is_there_until_everything_is(entries, people, topic, commands, control, monkeypatch):
    monkeypatch.setattr(topics, "MOST", 1)
    people["cat"] = {"red"}
    watching = Watching(commands, RedisEntries(commands, Names("chorus", 0), "other"))
    monkeypatch.setattr(entries, "_commands", watching)

    await entries.tell(renewing=True)
    control.set("{chorus/0/directory/me}/number", 0)  # as it was before changes that were lost
    people["dan"] = {"red"}
    topic.note("dan", "red")
    await entries.tell(renewing=True)

    first, second = watching.seen[:5], watching.seen[5:]
    assert first == [None] * 4 + [{"ann", "cat"}]
    assert second == [{"ann", "cat"}] * 6 + [{"ann", "cat", "dan"}]
    assert (await found(entries, "more"), await found(entries, "other")) == ({"bob"}, set())


async def test_what_is_there_is_not_told_anew(entries):
    assert await entries.tell(renewing=True)

    assert not await entries.tell(renewing=True)
    assert not await entries.tell(renewing=False)


async def test_a_change_that_was_taken_in_is_not_told_anew_when_its_answer_was_lost(
    entries, people, topic, commands, monkeypatch
):
    """Commands tries it again, and it finds its own number."""
    await entries.tell(renewing=True)
    script = commands.script

    async def twice(*args, **words):
        await script(*args, **words)
        return await script(*args, **words)

    monkeypatch.setattr(commands, "script", twice)
    people["cat"] = {"red"}
    topic.note("cat", "red")

    assert not await entries.tell(renewing=True)
    entries.doubt()
    assert await entries.tell(renewing=True)
    assert await found(entries) == {"ann", "cat"}


@pytest.mark.parametrize("before", [3, 4], ids=["between the parts", "before they take their place"])
async def test_what_is_lost_before_it_is_whole_is_an_error_and_told_the_next_time(
    entries, commands, control, monkeypatch, before
):
    monkeypatch.setattr(topics, "MOST", 1)
    script = commands.script
    sent = []

    async def forgetting(*args, **words):
        sent.append(args)
        if len(sent) == before:
            control.flushall()
        return await script(*args, **words)

    monkeypatch.setattr(commands, "script", forgetting)

    with pytest.raises(BackplaneUnavailable, match="lost the first parts"):
        await entries.tell(renewing=True)
    assert await found(entries) is None
    entries.doubt()
    await entries.tell(renewing=True)
    assert await found(entries) == {"ann"}


async def test_a_topic_that_is_declared_when_it_has_somebody_is_told_whole(entries):
    await entries.tell(renewing=True)

    entries.declare("late", Topic("0", People(eve={"red"})))
    await entries.tell(renewing=False)

    assert await found(entries, "late") == {"eve"}


async def test_a_topic_that_was_given_up_leaves_nothing(entries, control):
    await entries.tell(renewing=True)

    assert entries.undeclare("more")
    assert not entries.undeclare("more")
    await entries.tell(renewing=False)

    assert await found(entries, "more") == set()
    assert list(control.scan_iter("*/more/*")) == []


async def test_every_topic_is_told_anew_when_a_change_of_one_does_not_follow(entries, topic, control):
    await entries.tell(renewing=True)
    control.flushall()
    topic.note("ann", "red")

    assert await entries.tell(renewing=False)

    assert (await found(entries), await found(entries, "more")) == ({"ann"}, {"bob"})
