"""The channels' logs as durable rooms."""

from uuid import UUID

import msgspec
import pytest

from chorus.chat.domain.entries import Entry, EntryKind
from chorus.chat.domain.moments import moment
from chorus.chat.storage.log import ChannelLog

ENTRIES = [Entry(7, seq, EntryKind.POSTED, moment(0), 1, UUID(int=seq), "x", "<p>x</p>") for seq in (1, 2, 3)]


class Kept:
    """A store that has them."""

    async def read(self, channel_id, *, after, limit):
        return [e for e in ENTRIES if (e.channel, True) == (channel_id, e.seq > after)][:limit]

    async def floor(self, channel_id):
        return 0

    async def positions(self, channel_ids):
        return {channel_id: 3 for channel_id in channel_ids if channel_id == 7}


@pytest.fixture
def log():
    return ChannelLog(Kept(), lambda seq, line: (seq, line), RuntimeError)


async def test_a_room_is_read_as_the_json_that_clients_get(log):
    lines = await log.read("channel:7", 1, 1)

    assert lines == [(2, msgspec.json.encode(ENTRIES[1]))]
    assert await log.read("channel:8", 0, 10) == []


async def test_positions_are_by_room(log):
    assert await log.positions(["channel:7", "channel:8"]) == {"channel:7": 3}


async def test_entries_that_do_not_follow_what_was_asked_for_are_not_given_for_it(log, monkeypatch):
    """Row 19: some became too old, and younger ones are there."""

    async def floor(self, channel_id):
        return 1

    monkeypatch.setattr(Kept, "floor", floor)
    monkeypatch.setitem(globals(), "ENTRIES", ENTRIES[1:])

    with pytest.raises(RuntimeError) as gone:
        await log.read("channel:7", 0, 10)
    assert gone.value.args == ("channel:7", 0, 2)
    assert [seq for seq, _ in await log.read("channel:7", 1, 10)] == [2, 3]


async def test_what_became_too_old_is_said_to_be_gone(log, monkeypatch):
    async def floor(self, channel_id):
        return 5

    monkeypatch.setattr(Kept, "floor", floor)

    with pytest.raises(RuntimeError) as gone:
        await log.read("channel:8", 2, 10)
    assert gone.value.args == ("channel:8", 2, 6)
    assert await log.read("channel:8", 5, 10) == []
