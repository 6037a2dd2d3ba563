"""The judge reads the database past the code that is judged, and finds what the clients are sent."""

import time
import uuid

import pytest

from chorus.chaos.journal import digest
from chorus.chaos.people import settle_people
from chorus.chaos.records import read_records
from chorus.chaos.schedule import Options
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from parts.databases import find_database, fresh_sqlite, on_both


@pytest.fixture
def database_url(request, tmp_path):
    return find_database(request, tmp_path)


@on_both
async def test_records_are_what_the_store_gives_out(database_url):
    people = await settle_people(database_url, "s" * 32, Options(clients=3, channels=2, memberships=1))
    sender, channel = people[0].account, people[0].channels[0]
    store = open_store(DatabaseSettings(url=database_url))
    await store.start()
    new = NewEntry(channel, EntryKind.POSTED, int(time.time() * 1000), sender, uuid.uuid4(), text="Größe", html="x")
    posted = (await store.append(new)).entry
    edit = NewEntry(channel, EntryKind.EDITED, new.at, sender, uuid.uuid4(), text="Grösse", html="y", target=posted.seq)
    await store.append(edit)

    records = await read_records(database_url, [channel, people[1].channels[0]])
    entries = await store.read(channel, after=0, limit=10)
    await store.close()

    expected = [digest(e.seq, e.kind, e.sender, str(e.client_id), e.target, e.text) for e in entries]
    assert list(records[channel].view.digests) == expected
    assert records[channel].client_ids == [new.client_id.bytes, edit.client_id.bytes]
    assert len(records[people[1].channels[0]].view) == 0


async def test_clients_are_spread_over_channels(tmp_path):
    people = await settle_people(fresh_sqlite(tmp_path), "s" * 32, Options(clients=4, channels=3))

    first, *_ = people
    assert [len(set(person.channels)) for person in people] == [2, 2, 2, 2]
    assert people[3].channels == first.channels
    assert len({person.account for person in people}) == 4
