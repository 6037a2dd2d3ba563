"""What every store promises of messages that became older than they are kept."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.util import await_only

from chorus.chat.domain.audit import Record
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.files import File
from chorus.chat.domain.retention import DAY
from chorus.chat.domain.search import parse
from chorus.chat.storage import indexing
from chorus.chat.storage.schema import mentions, message_states, pins, saved_messages, search_documents

DAYS = 100 * DAY
"""The clock of these tests stands here."""


async def say(store, sender, at, kind=EntryKind.POSTED, **more):
    text = more.pop("text", "hello" if kind is EntryKind.POSTED else "")
    new = NewEntry(
        more.pop("channel", 1), kind, at, sender.id, uuid4(), text=text, html=f"<p>{text}</p>" if text else "", **more
    )
    return (await store.append(new)).entry


@pytest.fixture
async def old_and_new(store, ada, bob):
    """Six messages of ada, one a day, up to the hundredth day; bob has read none."""
    for day in range(95, 101):
        await say(store, ada, day * DAY, text=f"word{day}")


async def expire(store, days, limit=100):
    return await store.expire(1, before=DAYS - days * DAY, limit=limit)


async def test_what_is_older_goes_and_the_numbers_of_the_rest_stay(store, ada, old_and_new):
    """Row 17."""
    assert await expire(store, 3) == 2
    page = await store.history(ada.id, 1, limit=50)
    seen = await store.joined_channel(ada.id, 1)

    assert [entry.seq for entry in page.entries] == [3, 4, 5, 6]
    assert (page.first, page.last, page.as_of) == (True, True, 6)
    assert (seen.floor, seen.last_seq) == (2, 6)
    assert await store.floor(1) == 2
    assert (await say(store, ada, DAYS)).seq == 7
    assert await expire(store, 3) == 0


async def test_pages_are_exact_at_the_floor(store, ada, old_and_new):
    """Row 11, with a beginning that is gone."""
    await expire(store, 3)

    async def page(**where):
        found = await store.history(ada.id, 1, limit=2, **where)
        return [entry.seq for entry in found.entries], found.first, found.last

    assert await page(after=0) == ([3, 4], True, False)
    assert await page(after=1) == ([3, 4], True, False)
    assert await page(after=3) == ([4, 5], False, False)
    assert await page(before=6) == ([4, 5], False, False)
    assert await page(before=5) == ([3, 4], True, False)
    assert await page(before=4) == ([3], True, False)
    assert await page(before=3) == ([], True, False)
    assert await page(before=1) == ([], True, False)
    assert await page(around=1) == ([3, 4], True, False)


async def test_a_channel_can_become_empty_and_go_on(store, ada, bob, old_and_new):
    assert await store.expire(1, before=DAYS + 1, limit=100) == 6
    page = await store.history(ada.id, 1, limit=50)

    assert (list(page.entries), page.first, page.last) == ([], True, True)
    assert (await store.joined_channel(bob.id, 1)).unread == 0
    assert (await say(store, ada, DAYS)).seq == 7


async def test_it_goes_in_bounded_parts(store, old_and_new):
    assert [await expire(store, 0, limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_unread_and_mentions_count_what_is_left(store, ada, bob):
    """Row 10, with a beginning that is gone."""
    for day in (90, 91, 100):
        await say(store, ada, day * DAY, mentions=(bob.id,))
    await expire(store, 5)
    seen = await store.joined_channel(bob.id, 1)
    back = await store.mark_read(bob.id, 1, 0, back=True)

    assert (seen.unread, seen.mentions) == (1, 1)
    assert (back.read_seq, back.unread) == (2, 1)


async def test_all_that_was_made_of_a_message_goes_with_it(store, ada, bob):
    """Row 17: state, search, pins, what was saved, edits and replies begun."""
    file = File("e" * 32, "a.txt", "text/plain", 3)
    await store.add_file(ada.id, 1, file, at=90 * DAY)
    old = await say(store, ada, 90 * DAY, text="secret", mentions=(bob.id,), files=(file,))
    await say(store, bob, 91 * DAY, EntryKind.REACTED, target=old.seq, emoji="👍")
    await say(store, ada, 91 * DAY, EntryKind.PINNED, target=old.seq)
    await store.save_message(bob.id, 1, old.seq, at=1, standing=True)
    await store.keep_draft(bob.id, 1, old.seq, "well", at=1)
    edit = await say(store, ada, 99 * DAY, EntryKind.EDITED, target=old.seq, text="secret still", mentions=(bob.id,))
    await store.index()
    assert (await store.search(ada.id, parse("secret"), after=None, limit=9)).messages
    await expire(store, 5)
    await store.index()

    assert list(await store.pins(ada.id, 1)) == []
    assert list(await store.saved(bob.id)) == []
    assert list(await store.drafts(bob.id)) == []
    assert list((await store.search(ada.id, parse("secret"), after=None, limit=9)).messages) == []
    for table in (message_states, mentions, pins, saved_messages, search_documents):
        rows = select(table.c.seq).where(table.c.seq == old.seq)
        assert list(await store.database.read(lambda c, rows=rows: c.scalars(rows).all())) == [], table.name
    [left] = await store.read(1, after=edit.seq - 1, limit=9)
    assert (left.kind, left.text, left.html, left.files) == (EntryKind.EDITED, "", "", ())
    for kind in (EntryKind.REACTED, EntryKind.DELETED):
        with pytest.raises(NotFound):
            await say(store, bob, DAYS, kind, target=old.seq, emoji="👍" if kind is EntryKind.REACTED else "")
    with pytest.raises(NotFound):
        await store.thread(ada.id, 1, old.seq)


@pytest.mark.parametrize("where", ["the same channel", "another"])
async def test_of_what_is_younger_or_elsewhere_nothing_goes(store, ada, bob, where):
    """Row 17: by channel, and no further than the floor."""
    channel = 1
    if where == "another":
        channel = (await store.create_channel(name="plans", topic="", creator=ada.id, at=1)).id
        await store.add_member(ada.id, bob.id, channel, at=1)
    for _ in range(3):
        await say(store, ada, 90 * DAY)
    file = File("f" * 32, "a.txt", "text/plain", 3)
    await store.add_file(ada.id, channel, file, at=99 * DAY)
    kept = await say(store, ada, 99 * DAY, channel=channel, text="kept", mentions=(bob.id,), files=(file,))
    await say(store, bob, 99 * DAY, EntryKind.REACTED, channel=channel, target=kept.seq, emoji="👍")
    await say(store, ada, 99 * DAY, EntryKind.PINNED, channel=channel, target=kept.seq)
    await say(store, ada, 99 * DAY, EntryKind.EDITED, channel=channel, target=kept.seq, text="kept on", files=(file,))
    await store.save_message(bob.id, channel, kept.seq, at=1, standing=True)
    for thread in (0, kept.seq):
        await store.keep_draft(bob.id, channel, thread, "well", at=1 + thread)
    await store.index()

    async def all_of_it():
        return (
            await store.read(channel, after=kept.seq - 1, limit=9),
            await store.thread(bob.id, channel, kept.seq),
            await store.pins(bob.id, channel),
            await store.saved(bob.id),
            await store.drafts(bob.id),
            (await store.search(bob.id, parse("kept"), after=None, limit=9)).messages,
            await store.file(bob.id, file.id),
            (await store.joined_channel(ada.id, channel)).read_seq,
            (await store.joined_channel(bob.id, channel)).mentions,
        )

    before = await all_of_it()
    assert await expire(store, 5) == 3
    assert await all_of_it() == before


@pytest.mark.parametrize("url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_what_is_being_indexed_meanwhile_goes_too(store, other, url, old_and_new, monkeypatch):
    """Row 17: an instance has read the lines, another takes them away, and only then the first writes their words."""
    writing, going, write = asyncio.Event(), asyncio.Event(), indexing._write

    def write_later(*given):
        writing.set()
        await_only(going.wait())
        write(*given)

    monkeypatch.setattr(indexing, "_write", write_later)
    looking = await asyncpg.connect(url)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    indexed = asyncio.create_task(store.index())
    await writing.wait()
    expired = asyncio.create_task(expire(other, 3))
    deadline = asyncio.get_running_loop().time() + 20
    while not expired.done() and not await looking.fetchval(waiting):
        assert asyncio.get_running_loop().time() < deadline, "neither done nor waiting"
    going.set()

    assert (await indexed, await expired) == (6, 2)
    left = await looking.fetch("SELECT seq FROM search_documents ORDER BY seq")
    await looking.close()
    assert [row["seq"] for row in left] == [3, 4, 5, 6]


async def test_its_files_become_such_that_nobody_can_have(store, ada):
    file = File("f" * 32, "a.txt", "text/plain", 3)
    await store.add_file(ada.id, 1, file, at=90 * DAY)
    await say(store, ada, 90 * DAY, files=(file,))
    await expire(store, 5)

    with pytest.raises(NotFound):
        await store.file(ada.id, file.id)
    assert list(await store.abandoned_files(before=1, limit=9)) == [file.id]


async def test_a_channel_says_how_long_or_the_server_does(store, ada, old_and_new):
    """Row 17: by channel."""
    other = await store.create_channel(name="build", topic="", creator=ada.id, at=1)
    await store.append(NewEntry(other.id, EntryKind.POSTED, 1, ada.id, uuid4(), text="hi", html="<p>hi</p>"))
    assert list(await store.expiring(at=DAYS)) == []

    await store.set_retention(30, audit=[Record("retention.changed", 1, ada.id)])
    assert await store.retention() == 30
    assert list(await store.expiring(at=DAYS)) == [(1, 70 * DAY), (other.id, 70 * DAY)]
    assert (await store.set_channel_retention(1, 7)).retention == 7
    await store.set_channel_retention(other.id, 0)
    assert list(await store.expiring(at=DAYS)) == [(1, 93 * DAY)]
    await store.set_channel_retention(1, None)
    assert list(await store.expiring(at=DAYS)) == [(1, 70 * DAY)]
    with pytest.raises(NotFound):
        await store.set_channel_retention(99, 7)


async def test_one_instance_at_a_time_has_its_turn(store, other, ada):
    assert [await each.claim_sweep(at=1000, period=600) for each in (store, other)] == [1000, None]
    assert [await each.claim_sweep(at=1599, period=600) for each in (store, other)] == [None, None]
    assert [await each.claim_sweep(at=1600, period=600) for each in (other, store)] == [1600, None]


async def test_of_a_clock_that_jumped_ahead_a_day_is_believed_and_the_rest_at_the_next_look(store):
    await store.claim_sweep(at=1000, period=600)
    far = 1000 + 30 * DAY

    assert [await store.claim_sweep(at=at, period=600) for at in (far, far + 600)] == [1000 + DAY, far + 600]


async def test_a_clock_that_was_far_ahead_and_is_set_back_holds_up_no_sweep(store, other):
    await store.claim_sweep(at=10**12, period=600)

    assert [await each.claim_sweep(at=1600, period=600) for each in (store, other)] == [1600, None]
    assert (
        await other.claim_sweep(at=1001, period=600) is None
    )  # behind by less than a period, as clocks of machines are
