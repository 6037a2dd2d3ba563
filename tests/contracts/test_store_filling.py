"""What every store promises to those who fill a whole database."""

from uuid import uuid4

from chorus.chat.domain.entries import EntryKind, NewEntry
from contracts.stores import sign_up


async def test_members_added_at_once_are_members_that_have_read_everything(store, ada, bob):
    made = await store.create_channel(name="build", topic="", creator=ada.id, at=1)
    await store.append(NewEntry(made.id, EntryKind.POSTED, 1, ada.id, uuid4(), text="hi", html="<p>hi</p>"))
    for _ in range(2):
        await store.add_members([ada.id, bob.id], made.id, at=2)

    seen = await store.joined_channel(bob.id, made.id)
    assert (seen.members, seen.read_seq, seen.unread) == (2, 1, 0)


async def test_how_far_people_have_read_is_set_at_once(store, ada, bob):
    for _ in range(3):
        await store.append(NewEntry(1, EntryKind.POSTED, 1, ada.id, uuid4(), text="hi", html="<p>hi</p>"))
    await store.set_read(1, {ada.id: 3, bob.id: 1})

    assert [(await store.joined_channel(each.id, 1)).unread for each in (ada, bob)] == [0, 2]


async def test_an_erased_database_is_one_that_nobody_owns(store, ada, bob):
    await store.append(NewEntry(1, EntryKind.POSTED, 1, ada.id, uuid4(), text="hi", html="<p>hi</p>"))
    await store.index()
    await store.set_retention(30)
    assert await store.claim_sweep(at=1000, period=500)
    await store.erase()

    assert await store.retention() == 0
    assert await store.claim_sweep(at=1001, period=500)
    assert not await store.has_accounts()
    assert await store.accounts() == []
    eve = await sign_up(store, "eve")
    assert [(each.name, each.last_seq) for each in await store.channels(eve.id, joined_only=False)] == [("general", 0)]
