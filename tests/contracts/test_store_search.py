"""What every store finds: row 13, on each database."""

import uuid

import pytest
from sqlalchemy import func, select

from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.search import parse
from chorus.chat.storage.schema import search_documents

DAY = 86_400_000


async def say(store, account, text, *, channel=1, at=1, kind=EntryKind.POSTED, html="", **more):
    new = NewEntry(channel, kind, at, account.id, uuid.uuid4(), text=text, html=html, **more)
    return (await store.append(new)).entry


async def found(store, account, query, **options):
    """The texts of what is found, once everything is indexed."""
    while await store.index():
        pass
    options = {"after": None, "limit": 50, **options}
    results = await store.search(account.id, parse(query), **options)
    return [each.text for each in results.messages]


@pytest.fixture
async def talk(store, ada, bob):
    await say(store, ada, "Shall we meet on Friday?", at=1 * DAY)
    await say(store, bob, "On Friday I am away, the meeting is on Monday", at=2 * DAY)
    await say(store, bob, "Caf\u00e9 \u6771\u4eac at nine", at=3 * DAY)
    await say(store, ada, "See https://example.org", at=4 * DAY, html='<p>See <a href="#">x</a></p>')


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("friday", [2, 1]),
        ("FRIDAY meet", [1]),
        ('"on friday"', [2, 1]),
        ('"friday on"', []),
        ('"is on monday"', [2]),
        ("meet*", [2, 1]),
        ("meet", [1]),
        ('"the meet"*', []),
        ("cafe", [3]),
        ("\u6771\u4eac", [3]),
        ("\u4eac\u6771", []),
        ("from:bob", [3, 2]),
        ("from:me friday", [1]),
        ("from:ada from:bob friday", [2, 1]),
        ("from:nobody", []),
        ("in:general friday", [2, 1]),
        ("in:elsewhere friday", []),
        ("after:1970-01-02 before:1970-01-04", [2]),
        ("on:1970-01-04", [3]),
        ("has:link", [4]),
        ("has:code", []),
        ("example.org", [4]),
    ],
)
async def test_row_13_words_phrases_and_filters_find_the_same_on_both_databases(store, ada, talk, query, numbers):
    texts = [each.text for each in await store.read(1, after=0, limit=10)]

    assert await found(store, ada, query) == [texts[number - 1] for number in numbers]


async def test_row_13_nobody_finds_what_is_said_in_channels_they_are_not_in(store, ada, bob):
    secret = await store.create_channel(name="secret", topic="", creator=ada.id, at=1)
    await say(store, ada, "the needle", channel=secret.id)

    assert await found(store, ada, "needle") == ["the needle"]
    assert await found(store, ada, "needle in:secret") == ["the needle"]
    assert await found(store, bob, "needle") == []
    assert await found(store, bob, "needle in:secret") == []


async def test_row_13_whoever_leaves_a_channel_finds_nothing_of_it_any_more(store, ada, bob):
    await say(store, ada, "the needle")
    assert await found(store, bob, "needle") == ["the needle"]

    await store.leave_channel(bob.id, 1)

    assert await found(store, bob, "needle") == []


async def test_mentions_of_me_are_found_not_those_of_others(store, ada, bob):
    await say(store, ada, "hello @bob", mentions=(bob.id,))
    await say(store, ada, "hello @channel", mentions=(0,), at=2)
    await say(store, bob, "hello @ada", mentions=(ada.id,), at=3)

    assert await found(store, bob, "mentions:me") == ["hello @channel", "hello @bob"]
    assert await found(store, ada, "hello mentions:me") == ["hello @ada"]


async def test_an_edited_message_is_found_by_what_it_says_now(store, ada):
    message = await say(store, ada, "the old words")
    assert await found(store, ada, "old") == ["the old words"]
    await say(store, ada, "the new words", kind=EntryKind.EDITED, target=message.seq)

    assert await found(store, ada, "old") == []
    assert await found(store, ada, "new") == ["the new words"]


async def test_a_deleted_message_is_not_found_even_before_the_index_knows(store, ada):
    message = await say(store, ada, "regret")
    assert await found(store, ada, "regret") == ["regret"]

    await say(store, ada, "", kind=EntryKind.DELETED, target=message.seq)

    assert (await store.search(ada.id, parse("regret"), after=None, limit=9)).messages == []
    assert await found(store, ada, "regret") == []
    kept = await store.database.read(lambda c: c.scalar(select(func.count()).select_from(search_documents)))
    assert kept == 0  # its words are gone as well


async def test_pages_follow_each_other_without_a_gap(store, ada):
    for number in range(7):
        await say(store, ada, f"needle {number}", at=number // 2)
    while await store.index():
        pass
    seen, after = [], None
    while True:
        results = await store.search(ada.id, parse("needle"), after=after, limit=3)
        seen += [each.text for each in results.messages]
        after = results.next
        if after is None:
            break

    assert seen == [f"needle {number}" for number in range(6, -1, -1)]


async def test_several_instances_index_everything_once(store, other, ada):
    for number in range(20):
        await say(store, ada, f"needle {number}")

    while await store.index() + await other.index():
        pass

    assert len(await found(store, ada, "needle")) == 20
