"""When the search index is brought up to date, on a clock that jumps."""

import asyncio
from types import SimpleNamespace

import pytest

from chorus.chat.actions.indexing import BREATH, PAUSE, SWEEP, Indexer
from parts.jumping import jumping

TOOK = 0.2
"""Seconds of each batch, mostly."""


class Logs:
    """A store that has so many batches to index."""

    def __init__(self, batches: int, took: float = TOOK) -> None:
        self.left = batches
        self._took = took
        self.begun: list[float] = []

    async def index(self) -> int:
        self.begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self._took if self.left else 0)
        self.left -= 1
        return 500 if self.left >= 0 else 0


@jumping
async def test_between_two_batches_others_have_three_quarters_of_the_time():
    logs = Logs(batches=4)
    indexer = Indexer(SimpleNamespace(store=logs, grown=asyncio.Event()))

    indexer.start()
    await asyncio.sleep(10)
    await indexer.close()

    apart = [after - before for before, after in zip(logs.begun[:4], logs.begun[1:5], strict=True)]
    assert [round(seconds, 6) for seconds in apart] == [round(TOOK * (1 + BREATH), 6)] * 4


@jumping
async def test_a_batch_that_waited_long_for_the_database_keeps_the_next_no_longer_than_a_sweep():
    logs = Logs(batches=2, took=60)
    indexer = Indexer(SimpleNamespace(store=logs, grown=asyncio.Event()))

    indexer.start()
    await asyncio.sleep(100)
    await indexer.close()

    assert logs.begun[1] - logs.begun[0] == pytest.approx(60 + SWEEP)


@jumping
async def test_when_logs_grow_it_gathers_a_little_and_goes_on():
    logs, grown = Logs(batches=0), asyncio.Event()
    indexer = Indexer(SimpleNamespace(store=logs, grown=grown))
    indexer.start()
    await asyncio.sleep(1)
    looked = len(logs.begun)

    logs.left, at = 1, asyncio.get_running_loop().time()
    grown.set()
    await asyncio.sleep(5)
    await indexer.close()

    assert logs.begun[looked] - at == pytest.approx(PAUSE)
    assert logs.left < 0
