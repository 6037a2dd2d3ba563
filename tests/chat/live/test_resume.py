"""Row 19: whoever was away long comes back by cursors, with nothing but its CONNECT."""

import asyncio
import time
import uuid

import pytest

from chorus.chaos.people import settle_people
from chorus.chaos.schedule import Options
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.store import SqlStore
from parts.databases import on_both
from parts.instance import Instance
from parts.sockets import LiveClient

CHANNELS, EACH = 50, 200


def missed(channel, sender):
    """What happened in one channel, in the order of its log: posts, and changes of the first ones."""
    changes = [
        (EntryKind.EDITED, {"target": 1, "text": "other words", "html": "<p>other words</p>"}),
        (EntryKind.REACTED, {"target": 2, "emoji": "👍"}),
        (EntryKind.UNREACTED, {"target": 2, "emoji": "👍"}),
        (EntryKind.DELETED, {"target": 3}),
    ]
    posts = [(EntryKind.POSTED, {"text": f"{n}", "html": f"<p>{n}</p>"}) for n in range(EACH - len(changes))]
    now = int(time.time() * 1000)
    return [NewEntry(channel, kind, now, sender, uuid.uuid4(), **fields) for kind, fields in (*posts, *changes)]


@pytest.fixture
def reads(monkeypatch):
    """The channels whose logs were read, each time they were."""
    read, original = [], SqlStore.read

    async def counted(self, channel_id, *, after, limit):
        read.append(channel_id)
        return await original(self, channel_id, after=after, limit=limit)

    monkeypatch.setattr(SqlStore, "read", counted)
    return read


@on_both
async def test_ten_thousand_entries_in_fifty_channels_come_in_order_with_one_read_a_channel(
    environment, database_url, reads
):
    options = Options(clients=1, channels=CHANNELS, memberships=CHANNELS)
    [person] = await settle_people(database_url, environment["JWT_SECRET"], options)
    store = open_store(DatabaseSettings(url=database_url))
    await store.start()
    for channel in person.channels:
        await asyncio.gather(*(store.append(new) for new in missed(channel, person.account)))
    expected = {channel: await store.read(channel, after=0, limit=EACH + 1) for channel in person.channels}
    await store.close()
    reads.clear()
    async with Instance(0, **environment) as instance:
        auth = {"token": person.token, "cursors": dict.fromkeys(map(str, person.channels), 0)}
        client = await LiveClient.open(instance.address, auth=auth)
        [caught_up] = await client.wait_for("caught_up", within=120)

    seen = {channel: [] for channel in person.channels}
    for entry in client.got("entry"):
        seen[entry["channel"]].append((entry["seq"], entry["kind"], entry["text"]))
    assert seen == {channel: [(e.seq, e.kind, e.text) for e in entries] for channel, entries in expected.items()}
    assert sum(map(len, seen.values())) == CHANNELS * EACH == 10_000
    assert {kind for _, kind, _ in seen[person.channels[0]]} == {"posted", "edited", "reacted", "unreacted", "deleted"}
    assert {channel: caught_up[str(channel)] for channel in person.channels} == dict.fromkeys(person.channels, EACH)
    assert client.events[-1][0] == "caught_up"
    assert max(reads.count(channel) for channel in person.channels) == 1
