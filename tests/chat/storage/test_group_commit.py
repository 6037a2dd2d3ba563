"""One commit for everything that arrived while the last one ran; the database is played here."""

import asyncio
from uuid import UUID, uuid4

import pytest

from chorus.chat.domain.entries import Entry, EntryKind, NewEntry
from chorus.chat.domain.errors import DatabaseUnavailable, NotFound, Unavailable
from chorus.chat.domain.moments import moment
from chorus.chat.storage.contract import Appended
from chorus.chat.storage.group_commit import GroupCommit
from waiting import eventually


class Disk:
    """Commits when it is let, and remembers the batches."""

    def __init__(self):
        self.batches = []
        self.free = asyncio.Event()
        self.free.set()
        self.poison = set()
        self.away = False
        self.stored = 0

    async def commit(self, batch):
        self.batches.append([entry.text for entry in batch])
        await self.free.wait()
        if self.away:
            raise DatabaseUnavailable("away")
        if self.poison & {entry.text for entry in batch}:
            raise ZeroDivisionError
        return [self._store(entry) for entry in batch]

    def _store(self, e):
        if e.channel == 404:
            return NotFound("none")
        self.stored += 1
        return Appended(
            Entry(e.channel, self.stored, e.kind, moment(e.at), e.sender, e.client_id, e.text, e.html), False
        )


@pytest.fixture
def disk():
    return Disk()


def entry(text, *, channel=1, client_id=None):
    return NewEntry(channel, EntryKind.POSTED, 0, 5, client_id or uuid4(), text, text)


def start(appends, *entries):
    return [asyncio.ensure_future(appends.append(e)) for e in entries]


async def hold_with(disk, appends, first):
    """Let the disk begin with one entry and stay at it."""
    disk.free.clear()
    (task,) = start(appends, first)
    await eventually(lambda: disk.batches, what="the first commit")
    return task


async def test_an_entry_alone_is_committed_at_once(disk):
    appended = await GroupCommit(disk.commit, batch=10, waiting=10).append(entry("a"))

    assert (appended.entry.seq, appended.repeated) == (1, False)
    assert disk.batches == [["a"]]


async def test_what_arrives_during_a_commit_shares_the_next_in_the_order_of_arrival(disk):
    appends = GroupCommit(disk.commit, batch=10, waiting=10)
    first = await hold_with(disk, appends, entry("a"))
    rest = start(appends, entry("b"), entry("c"), entry("d"))
    await asyncio.sleep(0)
    disk.free.set()

    assert [(await task).entry.seq for task in [first, *rest]] == [1, 2, 3, 4]
    assert disk.batches == [["a"], ["b", "c", "d"]]


async def test_a_batch_has_a_largest_size(disk):
    appends = GroupCommit(disk.commit, batch=2, waiting=10)
    first = await hold_with(disk, appends, entry("a"))
    rest = start(appends, entry("b"), entry("c"), entry("d"))
    await asyncio.sleep(0)
    disk.free.set()
    await asyncio.gather(first, *rest)

    assert disk.batches == [["a"], ["b", "c"], ["d"]]


async def test_a_further_entry_is_refused_when_too_many_wait(disk):
    appends = GroupCommit(disk.commit, batch=1, waiting=2)
    first = await hold_with(disk, appends, entry("a"))
    (second,) = start(appends, entry("b"))
    await asyncio.sleep(0)

    with pytest.raises(Unavailable, match="2 messages wait"):
        await appends.append(entry("c"))
    disk.free.set()
    await asyncio.gather(first, second)
    assert (await appends.append(entry("d"))).entry.seq == 3


async def test_the_same_client_id_under_way_is_stored_once_and_answered_twice(disk):
    appends = GroupCommit(disk.commit, batch=10, waiting=10)
    client_id = UUID(int=7)
    first = await hold_with(disk, appends, entry("a", client_id=client_id))
    (again,) = start(appends, entry("a", client_id=client_id))
    await asyncio.sleep(0)
    disk.free.set()

    assert (await first).repeated is False
    assert (await again).repeated is True
    assert (await again).entry == (await first).entry
    assert disk.batches == [["a"]]


async def test_a_refused_entry_leaves_its_neighbours_alone(disk):
    appends = GroupCommit(disk.commit, batch=10, waiting=10)
    first = await hold_with(disk, appends, entry("a"))
    good, bad = start(appends, entry("b"), entry("c", channel=404))
    await asyncio.sleep(0)
    disk.free.set()

    await asyncio.gather(first, good)
    with pytest.raises(NotFound):
        await bad


async def test_an_entry_that_breaks_the_batch_is_found_and_fails_alone(disk):
    appends = GroupCommit(disk.commit, batch=10, waiting=10)
    disk.poison = {"bad"}
    first = await hold_with(disk, appends, entry("a"))
    texts = ["b", "c", "bad", "d", "e"]
    tasks = start(appends, *map(entry, texts))
    await asyncio.sleep(0)
    disk.free.set()
    results = await asyncio.gather(first, *tasks, return_exceptions=True)

    assert [type(result) for result in results] == [Appended] * 3 + [ZeroDivisionError] + [Appended] * 2


async def test_a_database_that_is_away_fails_all_of_the_batch_and_the_next_goes_through(disk):
    appends = GroupCommit(disk.commit, batch=10, waiting=10)
    disk.away = True
    results = await asyncio.gather(*start(appends, entry("a"), entry("b")), return_exceptions=True)

    assert [type(result) for result in results] == [DatabaseUnavailable] * 2
    assert results[0] is not results[1]
    assert disk.batches == [["a", "b"]]
    disk.away = False
    assert (await appends.append(entry("c"))).entry.seq == 1


async def test_a_sender_who_goes_away_takes_nothing_back(disk):
    appends = GroupCommit(disk.commit, batch=10, waiting=10)
    gone = await hold_with(disk, appends, entry("a"))
    gone.cancel()
    disk.free.set()
    await appends.finish()

    assert disk.stored == 1
    assert (await appends.append(entry("b"))).entry.seq == 2


async def test_finishing_waits_for_what_is_under_way(disk):
    appends = GroupCommit(disk.commit, batch=1, waiting=10)
    first = await hold_with(disk, appends, entry("a"))
    rest = start(appends, entry("b"), entry("c"))
    finishing = asyncio.ensure_future(appends.finish())
    await asyncio.sleep(0)
    assert not finishing.done()
    disk.free.set()
    await finishing

    assert disk.stored == 3
    await asyncio.gather(first, *rest)
