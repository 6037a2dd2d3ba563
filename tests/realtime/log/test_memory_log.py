"""What is peculiar to the log in memory: it keeps so many entries."""

import pytest

from chorus.realtime.log.contract import EntriesGone
from chorus.realtime.log.memory import MemoryLog


async def filled() -> MemoryLog:
    log = MemoryLog(keep=3)
    for number in range(1, 6):
        await log.append("red", b"%d" % number, id=str(number))
    return log


async def test_the_oldest_entries_are_cut_off_and_asking_for_them_says_so():
    log = await filled()

    with pytest.raises(EntriesGone, match="asked for what follows 1, the log begins at 3"):
        await log.read("red", 1, 10)


async def test_what_is_kept_is_read_and_numbers_go_on():
    log = await filled()

    assert [entry.seq for entry in await log.read("red", 2, 10)] == [3, 4, 5]
    assert await log.append("red", b"6", id="6") == 6


async def test_an_id_is_known_as_long_as_its_entry_is_kept():
    log = await filled()

    assert await log.append("red", b"5", id="5") == 5
    assert await log.append("red", b"1", id="1") == 6
