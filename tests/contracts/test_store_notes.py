"""What every store promises of what people keep for themselves (chat/storage/contract/notes.py). Row 9."""

import asyncio
from uuid import uuid4

import pytest

from chorus.chat.domain.drafts import MOST_DRAFTS
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import Conflict
from chorus.chat.storage.queries import notes
from contracts.entries import post


async def kept(store, account):
    """The account's drafts: where they are, and what they say."""
    return [(each.channel, each.thread, each.text) for each in await store.drafts(account.id)]


async def test_a_draft_is_ones_own_and_there_is_one_for_each_place(store, ada, bob):
    """Row 9: drafts; the newest wording counts, the last written comes first."""
    await post(store, ada, "root")
    for at, (thread, text) in enumerate([(0, "well"), (1, "as for that"), (0, "well, then")]):
        await store.keep_draft(ada.id, 1, thread, text, at=at)
    await store.keep_draft(bob.id, 1, 0, "bob's", at=9)

    assert await kept(store, ada) == [(1, 0, "well, then"), (1, 1, "as for that")]
    assert await kept(store, bob) == [(1, 0, "bob's")]

    await store.keep_draft(ada.id, 1, 0, "", at=10)

    assert await kept(store, ada) == [(1, 1, "as for that")]
    assert await kept(store, bob) == [(1, 0, "bob's")]


async def test_of_many_drafts_the_oldest_give_way(store, ada, bob):
    """Row 9, bounded."""
    await store.keep_draft(bob.id, 1, 0, "bob's", at=0)
    for thread in range(MOST_DRAFTS + 2):
        await store.keep_draft(ada.id, 1, thread, "x", at=thread)

    assert [thread for _, thread, _ in await kept(store, ada)] == list(range(MOST_DRAFTS + 1, 1, -1))
    await store.keep_draft(ada.id, 1, MOST_DRAFTS + 1, "", at=MOST_DRAFTS + 2)
    assert len(await kept(store, ada)) == MOST_DRAFTS - 1  # the oldest are gone, not only out of sight
    assert await kept(store, bob) == [(1, 0, "bob's")]


async def test_two_devices_that_keep_the_same_at_once_keep_it_once(store, other, ada):
    """Row 9: a draft that is begun, and a message that is saved, on two instances."""
    devices = [store, other] * 4
    await post(store, ada, *"abcdefgh")
    for seq in range(1, 9):
        await asyncio.gather(*(one.keep_draft(ada.id, 1, seq, f"{n}", at=seq) for n, one in enumerate(devices)))
        await asyncio.gather(*(one.save_message(ada.id, 1, seq, at=seq, standing=True) for one in devices))

    assert [thread for _, thread, _ in await kept(store, ada)] == list(range(8, 0, -1))
    assert [each.text for each in await store.saved(ada.id)] == list("hgfedcba")


async def test_of_many_messages_saved_at_once_no_more_are_kept_than_there_may_be(store, other, ada, monkeypatch):
    """Row 9, bounded."""
    monkeypatch.setattr(notes, "MOST_LISTED", 2)
    await post(store, ada, *"abcdef")

    outcomes = await asyncio.gather(
        *(
            one.save_message(ada.id, 1, seq, at=seq, standing=True)
            for seq, one in enumerate([store, other] * 3, start=1)
        ),
        return_exceptions=True,
    )

    assert [type(each) for each in outcomes if each is not None] == [Conflict] * 4
    assert len(await store.saved(ada.id)) == 2


async def test_saved_messages_come_in_the_order_in_which_they_were_saved_the_last_first(store, ada, bob):
    """Row 9: saved messages."""
    await post(store, ada, "one", "two", "three")
    for at, seq in enumerate([2, 1, 3, 2]):  # again changes nothing
        await store.save_message(bob.id, 1, seq, at=at, standing=True)

    assert [each.text for each in await store.saved(bob.id)] == ["three", "one", "two"]
    assert await store.saved(ada.id) == []


async def test_as_many_messages_are_saved_as_are_shown(store, ada, bob, monkeypatch):
    monkeypatch.setattr(notes, "MOST_LISTED", 2)
    await post(store, ada, "one", "two", "three")
    for seq in (1, 2, 2):
        await store.save_message(bob.id, 1, seq, at=seq, standing=True)

    with pytest.raises(Conflict, match="2 saved messages"):
        await store.save_message(bob.id, 1, 3, at=3, standing=True)

    await store.save_message(ada.id, 1, 3, at=3, standing=True)
    assert [each.text for each in await store.saved(bob.id)] == ["two", "one"]


async def test_pins_come_in_the_order_in_which_they_were_pinned_the_last_first(store, ada):
    """Row 9: pins."""
    await post(store, ada, "one", "two", "three")
    for seq in (2, 1, 3):
        await store.append(NewEntry(1, EntryKind.PINNED, 1, ada.id, uuid4(), target=seq))

    assert [each.text for each in await store.pins(ada.id, 1)] == ["three", "one", "two"]
