"""What every store promises of messages (chat/storage/contract/messages.py), on SQLite and on PostgreSQL."""

import asyncio
from uuid import UUID, uuid4

import msgspec
import pytest

from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import NotFound
from contracts.entries import post, posted


async def test_a_client_id_is_known_once_its_entry_is_stored(store, ada, bob):
    client_id = uuid4()
    assert not await store.knows(ada.id, client_id)
    await store.append(posted(ada, client_id=client_id))

    assert await store.knows(ada.id, client_id)
    assert not await store.knows(bob.id, client_id)


async def test_an_entry_gets_the_next_number_of_its_channel(store, ada):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    given = [(await store.append(posted(ada, channel=channel))).entry.seq for channel in (1, tea.id, 1, 1, tea.id)]

    assert given == [1, 1, 2, 3, 2]
    assert await store.positions([1, tea.id, 99]) == {1: 3, tea.id: 2}


async def test_an_entry_is_read_as_it_was_stored(store, ada):
    new = posted(ada, "ünï 👋\n`x`")
    appended = await store.append(new)
    (entry,) = await store.read(1, after=0, limit=10)

    assert entry == appended.entry
    assert (entry.channel, entry.kind, entry.at, entry.sender) == (
        1,
        EntryKind.POSTED,
        "1970-01-01T00:00:01.000Z",
        ada.id,
    )
    assert (entry.client_id, entry.text, entry.html) == (new.client_id, new.text, new.html)


async def test_the_same_client_id_again_is_the_first_ones_entry(store, other, ada, bob):
    client_id = UUID(int=5)
    first = await store.append(posted(ada, "first", client_id=client_id))
    again = [await one.append(posted(ada, "second", client_id=client_id)) for one in (store, other)]
    bobs = await store.append(posted(bob, "bob's", client_id=client_id))

    assert [(a.entry, a.repeated) for a in again] == [(first.entry, True)] * 2
    assert (first.repeated, bobs.repeated, bobs.entry.seq) == (False, False, 2)


async def test_the_same_client_id_on_two_instances_at_once_is_one_entry(store, other, ada):
    for round_ in range(10):
        client_id = uuid4()
        results = await asyncio.gather(
            *(one.append(posted(ada, client_id=client_id)) for one in (store, other) for _ in range(5)),
            *(one.append(posted(ada)) for one in (store, other) for _ in range(5)),
        )
        same = results[:10]

        assert {result.entry.seq for result in same} == {same[0].entry.seq}
        assert sum(not result.repeated for result in same) == 1
        assert await store.positions([1]) == {1: 11 * (round_ + 1)}


@pytest.mark.parametrize("mentions", [(), (0,)], ids=["plain", "calling everybody"])
async def test_a_send_that_is_repeated_has_its_first_answer_whatever_became_of_the_channel(store, ada, bob, mentions):
    """Row 8: whoever sends again because no answer came learns what was stored; archived, or left meanwhile."""
    sends = [msgspec.structs.replace(posted(by), mentions=mentions) for by in (ada, bob)]
    first = [(await store.append(each)).entry for each in sends]
    await store.leave_channel(bob.id, 1)
    await store.change_channel(ada.id, 1, archived_at=1)

    again = [await store.append(each) for each in sends]

    assert [(each.entry, each.repeated) for each in again] == [(entry, True) for entry in first]


async def test_a_refused_entry_takes_no_number_and_no_neighbour_with_it(store, ada, bob):
    await store.leave_channel(bob.id, 1)
    results = await asyncio.gather(
        *(
            store.append(posted(sender, channel=c))
            for sender, c in [(ada, 1), (bob, 1), (ada, 99), (ada, 1), (bob, 1)] * 4
        ),
        return_exceptions=True,
    )
    stored = [r.entry.seq for r in results if not isinstance(r, Exception)]

    assert sorted(stored) == list(range(1, 9))
    assert [type(r) for r in results if isinstance(r, Exception)] == [NotFound] * 12


async def test_senders_order_is_kept_within_a_process(store, ada):
    results = await asyncio.gather(*(store.append(posted(ada, str(n))) for n in range(300)))

    assert [result.entry.seq for result in results] == list(range(1, 301))


@pytest.mark.parametrize(
    ("asked", "seqs", "first", "last"),
    [
        ({}, [7, 8, 9], False, True),
        ({"before": 5}, [2, 3, 4], False, False),
        ({"before": 3}, [1, 2], True, False),
        ({"before": 1}, [], True, False),
        ({"before": 0}, [], True, False),
        ({"before": 1000}, [7, 8, 9], False, True),
        ({"after": 0}, [1, 2, 3], True, False),
        ({"after": 7}, [8, 9], False, True),
        ({"after": 9}, [], False, True),
        ({"after": 2**53 - 1}, [], False, True),
        ({"around": 5}, [4, 5, 6], False, False),
        ({"around": 1}, [1, 2, 3], True, False),
        ({"around": 9}, [8, 9], False, True),
    ],
)
async def test_history_gives_the_stretch_that_was_asked_for(store, ada, asked, seqs, first, last):
    await post(store, ada, *"abcdefghi")
    page = await store.history(ada.id, 1, limit=3, **asked)

    assert ([entry.seq for entry in page.entries], page.first, page.last) == (seqs, first, last)


@pytest.mark.parametrize("asked", [{}, {"before": 5}, {"after": 0}, {"around": 1}])
async def test_the_history_of_an_empty_channel_is_its_whole(store, ada, asked):
    page = await store.history(ada.id, 1, limit=50, **asked)

    assert (list(page.entries), page.first, page.last) == ([], True, True)


async def test_reading_after_a_position_gives_at_most_the_limit(store, ada):
    await post(store, ada, *"abcde")

    assert [e.seq for e in await store.read(1, after=1, limit=3)] == [2, 3, 4]
    assert [e.seq for e in await store.read(1, after=4, limit=3)] == [5]
    assert list(await store.read(99, after=0, limit=3)) == []


async def test_positions_of_many_channels_come_in_one_answer(store, ada):
    await post(store, ada, "a")

    assert await store.positions(range(1, 2000)) == {1: 1}
    assert await store.positions([]) == {}


async def test_what_one_account_wrote_is_found_by_channel_and_in_pages(store, ada, bob):
    made = await store.create_channel(name="build", topic="", creator=ada.id, at=1)
    for number, (channel, sender) in enumerate([(1, ada), (1, bob), (1, ada), (made.id, ada)]):
        entry = NewEntry(channel, EntryKind.POSTED, 1, sender.id, uuid4(), text=f"{number}", html=f"<p>{number}</p>")
        await store.append(entry)

    assert set(await store.channels_with_entries_of(ada.id)) == {1, made.id}
    assert set(await store.channels_with_entries_of(bob.id)) == {1}
    pages = [await store.entries_of(ada.id, 1, after=after, limit=1) for after in (0, 1, 3)]
    assert [[entry.text for entry in page] for page in pages] == [["0"], ["2"], []]
