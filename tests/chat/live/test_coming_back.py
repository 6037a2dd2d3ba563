"""Live clients that come back with their cursors."""

import asyncio

from chorus.chat.actions import channels
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from parts.databases import on_both
from parts.talking import post, send, settled
from waiting import eventually

# Coming back


@on_both
async def test_who_was_away_gets_what_follows_its_cursor(instances):
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 5)

    client = await settled(await other.connect(ada, auth={"cursors": {"1": 2}}))

    assert client.seqs() == [3, 4, 5]
    assert client.got("caught_up") == [{"1": 5}]


async def test_who_names_no_cursor_gets_what_comes_from_now_on(instances):
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 3)

    client = await settled(await other.connect(ada))
    await post(ada, 1)

    await client.wait_for("entry")
    assert client.seqs() == [4]


async def test_a_cursor_beyond_the_end_counts_as_the_end(instances):
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 3)

    client = await settled(await other.connect(ada, auth={"cursors": {"1": 999}}))
    await post(ada, 1)

    await client.wait_for("entry")
    assert client.seqs() == [4]


async def test_a_cursor_that_the_database_fell_behind_counts_as_its_end(instances, monkeypatch):
    """Row 19: an older state of it was brought back between the look at the cursor and the reading."""
    one, _ = instances
    ada = await one.sign_up()
    await post(ada, 2)
    look = channels.list_followed

    async def look_before(chat, *, by):
        return {channel: seq + 7 for channel, seq in (await look(chat, by=by)).items()}

    monkeypatch.setattr(channels, "list_followed", look_before)
    client = await settled(await one.connect(ada, auth={"cursors": {"1": 8}}))
    await post(ada, 1)

    assert client.got("caught_up") == [{"1": 2}]
    await client.wait_for("entry")
    assert client.seqs() == [3]


async def test_who_was_away_longer_than_messages_are_kept_goes_on_where_the_log_begins(instances, database_url):
    """Row 17, row 19: entries below the floor are gone for everybody, and `caught_up` is exact."""
    one, other = instances
    ada = await one.sign_up()
    await post(ada, 5)
    store = open_store(DatabaseSettings(url=database_url))
    await store.start()
    assert await store.expire(1, before=2**52, limit=3) == 3
    await store.close()

    client = await settled(await other.connect(ada, auth={"cursors": {"1": 1}}))
    await post(ada, 1)

    await client.wait_for("entry", 3)
    assert client.seqs() == [4, 5, 6]
    assert client.got("caught_up") == [{"1": 5}]


async def test_a_cursor_of_a_channel_one_is_not_in_gives_nothing(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    await ada.post("/api/v1/channels", json={"name": "plans"})
    await post(ada, 2, channel=2)

    client = await settled(await other.connect(grace, auth={"cursors": {"1": 0, "2": 0}}))

    assert client.got("entry") == []
    assert client.got("caught_up") == [{"1": 0}]


async def test_a_connection_cut_in_the_middle_loses_and_doubles_nothing(instances):
    one, other = instances
    ada, grace = await one.sign_up("ada"), await other.sign_up("grace")
    sender = await settled(await one.connect(ada))
    reader = await settled(await one.connect(grace))
    sending = asyncio.gather(*(send(sender, f"{n}") for n in range(60)))
    await reader.wait_for("entry", 5)

    reader.close()
    await eventually(lambda: reader.closed)
    before = reader.seqs()
    again = await other.connect(grace, auth={"cursors": {"1": before[-1]}})
    await sending

    await again.wait_for("entry", 60 - len(before))
    assert before + again.seqs() == list(range(1, 61))
