"""What every store finds: row 13, on each database."""

import uuid

import pytest
from sqlalchemy import func, select

from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.files import File
from chorus.chat.domain.search import parse
from chorus.chat.storage.schema import search_documents
from contracts.stores import sign_up

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


async def test_row_13_who_is_mentioned_elsewhere_at_the_same_place_is_not_mentioned_here(store, ada, bob):
    other = await store.create_channel(name="other", topic="", creator=bob.id, at=1)
    await store.join_channel(ada.id, other.id, at=1)
    await say(store, bob, "hello")
    mention = await say(store, bob, "hello @ada", mentions=(ada.id,))
    for _ in range(mention.seq):
        await say(store, bob, "hello everybody", channel=other.id)

    assert await found(store, ada, "mentions:me") == ["hello @ada"]


async def test_row_13_with_two_things_asked_for_a_message_has_both(store, ada):
    link, code = '<a href="#">x</a>', "<code>x</code>"
    for text, html in (("a link", link), ("some code", code), ("both", link + code)):
        await say(store, ada, text, html=html)

    assert await found(store, ada, "has:link has:code") == ["both"]
    assert await found(store, ada, "has:code") == ["both", "some code"]


async def test_row_13_in_either_of_two_channels_and_from_either_of_two_people(store, ada, bob):
    eve = await sign_up(store, "eve")
    other = await store.create_channel(name="other", topic="", creator=ada.id, at=1)
    third = await store.create_channel(name="third", topic="", creator=ada.id, at=1)
    for account, channel, at in ((ada, 1, 1), (bob, 1, 2), (eve, 1, 3), (ada, other.id, 4), (ada, third.id, 5)):
        await say(store, account, f"{account.handle} {channel}", channel=channel, at=at)

    assert await found(store, ada, "in:general in:other") == [f"ada {other.id}", "eve 1", "bob 1", "ada 1"]
    assert await found(store, ada, "from:bob from:eve") == ["eve 1", "bob 1"]
    assert await found(store, ada, "from:me from:eve in:general") == ["eve 1", "ada 1"]


async def test_row_13_a_day_begins_with_its_first_millisecond_and_ends_before_the_next(store, ada):
    for at in (1 * DAY - 1, 1 * DAY, 2 * DAY - 1, 2 * DAY):
        await say(store, ada, f"at {at}", at=at)

    assert await found(store, ada, "on:1970-01-02") == [f"at {2 * DAY - 1}", f"at {DAY}"]
    assert await found(store, ada, "before:1970-01-02") == [f"at {DAY - 1}"]
    assert await found(store, ada, "after:1970-01-02") == [f"at {2 * DAY}"]


async def test_row_13_newest_first_whatever_was_indexed_first(store, ada):
    for at in (3, 2, 1):
        await say(store, ada, f"needle {at}", at=at)
        await found(store, ada, "needle")
    for name in "abc":
        await say(store, ada, f"pin {name}", at=9)

    assert await found(store, ada, "needle") == ["needle 3", "needle 2", "needle 1"]
    assert await found(store, ada, "needle", limit=1) == ["needle 3"]
    assert await found(store, ada, "pin", limit=1) == ["pin c"]  # what was said last in one millisecond


async def test_row_13_a_phrase_is_found_far_into_a_long_message_and_its_words_apart_are_not(store, ada):
    await say(store, ada, "word " * 3000 + "on friday")
    await say(store, ada, "friday " + "word " * 3000 + "on")

    assert [text[-9:] for text in await found(store, ada, '"on friday"')] == ["on friday"]
    assert len(await found(store, ada, "on friday")) == 2


async def test_an_edit_before_anything_was_indexed_counts_and_so_does_a_deletion(store, ada):
    edited, deleted = [await say(store, ada, f"the old {number}") for number in range(2)]
    await say(store, ada, "the new", kind=EntryKind.EDITED, target=edited.seq, html="<code>x</code>")
    await say(store, ada, "regret", kind=EntryKind.EDITED, target=deleted.seq)
    await say(store, ada, "", kind=EntryKind.DELETED, target=deleted.seq)

    assert await found(store, ada, "the") == ["the new"]
    assert await found(store, ada, "has:code") == ["the new"]
    assert await found(store, ada, "old") == await found(store, ada, "regret") == []


async def test_an_edit_adds_and_takes_away_what_a_message_has_in_it(store, ada):
    message = await say(store, ada, "see x", html='<a href="#">x</a>')
    assert await found(store, ada, "has:link") == ["see x"]
    await say(store, ada, "see `x`", kind=EntryKind.EDITED, target=message.seq, html="<code>x</code>")

    assert await found(store, ada, "has:link") == []
    assert await found(store, ada, "has:code") == ["see `x`"]


async def test_row_13_an_edited_message_still_has_its_files(store, ada):
    file = File("f" * 32, "plan.pdf", "application/pdf", 3)
    await store.add_file(ada.id, 1, file, at=1)
    await say(store, ada, "teh plan", files=(file,))
    assert await found(store, ada, "has:file") == ["teh plan"]

    line = await say(store, ada, "the plan", kind=EntryKind.EDITED, target=1)

    assert line.files == (file,)
    assert await found(store, ada, "has:file") == await found(store, ada, "plan.pdf") == ["the plan"]


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


async def test_row_13_a_message_is_not_found_by_the_words_of_one_that_was_deleted_before_it(store, ada):
    """A database may give what is indexed next the place of what went."""
    message = await say(store, ada, "regret")
    assert await found(store, ada, "regret") == ["regret"]
    await say(store, ada, "", kind=EntryKind.DELETED, target=message.seq)
    assert await found(store, ada, "regret") == []

    await say(store, ada, "peace")

    assert await found(store, ada, "peace") == ["peace"]
    assert await found(store, ada, "regret") == []


async def test_row_13_a_word_with_marks_in_it_is_one_word_on_both_databases(store, ada):
    await say(store, ada, "\u0939\u093f\u0928\u094d\u0926\u0940")

    assert len(await found(store, ada, "\u0939\u093f\u0928\u094d\u0926\u0940")) == 1
    assert await found(store, ada, "\u0939") == []


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
