"""What every store promises of its connections and of several processes (chat/storage/contract/), on both databases."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from uuid import uuid4

import pytest

from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import DatabaseUnavailable
from chorus.chat.storage import migrate
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from contracts.stores import DATABASES
from waiting import eventually


async def test_a_ping_says_how_long_the_answer_took(store):
    assert 0 < await store.ping() < 5


async def test_a_closed_store_says_so(store):
    await store.close()

    with pytest.raises(DatabaseUnavailable, match="closed"):
        await store.ping()


async def test_more_calls_than_connections_wait_for_their_turn(url, store, ada):
    narrow = open_store(DatabaseSettings(url=url, connection_limit=2))
    await narrow.start()
    pages = await asyncio.gather(*(narrow.history(ada.id, 1, limit=10) for _ in range(200)))
    await narrow.close()

    assert len(pages) == 200


async def test_who_asks_again_and_again_does_not_pass_those_who_wait(url, store, ada):
    """A task of many steps gives its connection back and takes it again, and others have their turn in between."""
    narrow = open_store(DatabaseSettings(url=url, connection_limit=2))
    await narrow.start()
    steps = 0

    async def many_steps():
        nonlocal steps
        while steps < 500:
            await narrow.history(ada.id, 1, limit=10)
            steps += 1

    task = asyncio.create_task(many_steps())
    await eventually(lambda: steps > 5)
    before = steps
    await narrow.history(ada.id, 1, limit=10)
    passed = steps - before
    await task
    await narrow.close()

    assert passed < 20


def _send(url, account_id, senders, messages):
    """In its own process: `senders` tasks send `messages` each into two channels; returns what was acknowledged."""

    async def send():
        store = open_store(DatabaseSettings(url=url))
        await store.start()

        async def sender(n):
            for _ in range(messages):
                channel = 1 + n % 2
                entry = NewEntry(channel, EntryKind.POSTED, 1, account_id, uuid4(), "x", "x")
                appended = await store.append(entry)
                acknowledged.append((channel, appended.entry.seq, entry.client_id))

        acknowledged = []
        await asyncio.gather(*(sender(n) for n in range(senders)))
        await store.close()
        return acknowledged

    return asyncio.run(send())


def _start(url):
    """In a process of its own: take the steps, as the child of a store does; open the store and close it."""
    migrate.upgrade(DatabaseSettings(url=url))

    async def begin():
        store = open_store(DatabaseSettings(url=url))
        await store.start()
        found = await store.has_accounts()
        await store.close()
        return found

    return asyncio.run(begin())


@pytest.fixture(scope="module")
def processes():
    """Four that share nothing, forked by one that has imported what they need and done nothing else."""
    context = multiprocessing.get_context("forkserver")
    storage = ("sqlite", "postgres", "migrate")
    context.set_forkserver_preload(["pytest", *(f"chorus.chat.storage.{each}" for each in storage)])
    with ProcessPoolExecutor(4, mp_context=context) as pool:
        yield pool


@pytest.mark.processes
async def test_two_processes_with_50_senders_each_leave_no_gap_and_lose_nothing(url, store, ada, processes):
    await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    loop = asyncio.get_running_loop()
    acknowledged = await asyncio.gather(
        *(loop.run_in_executor(processes, _send, url, ada.id, 50, 10) for _ in range(2))
    )
    told = sorted(line for lines in acknowledged for line in lines)
    kept = [
        (e.channel, e.seq, e.client_id) for channel in (1, 2) for e in await store.read(channel, after=0, limit=1000)
    ]

    assert [(channel, seq) for channel, seq, _ in told] == [(c, seq) for c in (1, 2) for seq in range(1, 501)]
    assert kept == told


@pytest.fixture(params=DATABASES)
def empty_url(request, tmp_path):
    """A database without tables."""
    return f"sqlite:///{tmp_path}/chat.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.mark.processes
async def test_four_processes_that_start_together_make_the_schema_once(empty_url, processes):
    loop = asyncio.get_running_loop()
    found = await asyncio.gather(*(loop.run_in_executor(processes, _start, empty_url) for _ in range(4)))

    assert found == [False] * 4
