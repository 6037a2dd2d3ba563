"""What every store promises of channels (chat/storage/contract/channels.py), on SQLite and on PostgreSQL."""

import asyncio

import pytest

from chorus.chat.domain.channels import Channel
from chorus.chat.domain.errors import Conflict, NotFound
from contracts.entries import post, posted
from contracts.stores import sign_up


async def test_a_channel_begins_with_its_creator(store, ada, bob):
    made = await store.create_channel(name="tea", topic="Hot", creator=bob.id, at=1)

    assert made == Channel(made.id, "tea", "Hot", last_seq=0, read_seq=0, member=True, members=1, creator=bob.id)
    assert [(c.name, c.member) for c in await store.channels(ada.id, joined_only=False)] == [
        ("general", True),
        ("tea", False),
    ]
    assert [c.name for c in await store.channels(ada.id, joined_only=True)] == ["general"]


async def test_channels_come_by_name(store, ada, bob):
    """Row 7: browse."""
    for name in ("zebra", "apple", "mango"):
        await store.create_channel(name=name, topic="", creator=ada.id, at=1)

    names = ["apple", "general", "mango", "zebra"]
    assert [each.name for each in await store.channels(bob.id, joined_only=False)] == names
    assert [each.name for each in await store.channels(ada.id, joined_only=True)] == names


async def test_a_channel_name_is_taken_once(store, ada):
    with pytest.raises(Conflict, match="#general exists already"):
        await store.create_channel(name="general", topic="", creator=ada.id, at=1)


async def test_joining_counts_once_and_what_was_said_before_is_read(store, ada, bob):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await post(store, ada, "one", channel=tea.id)
    first = await store.join_channel(bob.id, tea.id, at=2)
    await post(store, ada, "two", channel=tea.id)
    again = await store.join_channel(bob.id, tea.id, at=3)

    assert first == Channel(tea.id, "tea", "", last_seq=1, read_seq=1, member=True, members=2, creator=ada.id)
    assert again == Channel(tea.id, "tea", "", last_seq=2, read_seq=1, member=True, members=2, unread=1, creator=ada.id)


async def test_leaving_counts_once_and_closes_the_channel(store, ada, bob):
    await store.leave_channel(bob.id, 1)
    await store.leave_channel(bob.id, 1)

    assert [(c.member, c.members) for c in await store.channels(bob.id, joined_only=False)] == [(False, 1)]
    with pytest.raises(NotFound):
        await store.joined_channel(bob.id, 1)
    with pytest.raises(NotFound):
        await store.history(bob.id, 1, limit=10)
    with pytest.raises(NotFound):
        await store.append(posted(bob))
    with pytest.raises(NotFound):
        await store.mark_read(bob.id, 1, 1)


async def test_whoever_is_not_in_a_channel_changes_neither_it_nor_who_is_in_it(store, ada, bob):
    """Row 6: asked in the transaction that writes, so that it counts until the last moment."""
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    eve = await sign_up(store, "eve")

    for call in (
        store.add_member(bob.id, eve.id, tea.id, at=1),
        store.remove_member(bob.id, ada.id, tea.id),
        store.change_channel(bob.id, tea.id, topic="Ours"),
    ):
        with pytest.raises(NotFound):
            await call

    found = await store.joined_channel(ada.id, tea.id)
    assert (found.topic, found.members) == ("", 1)


async def test_whoever_adds_somebody_is_told_the_channel_as_they_see_it(store, ada, bob):
    """Row 7: invite; those in it come by id, whoever came first."""
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    eve = await sign_up(store, "eve")
    await store.add_member(ada.id, eve.id, tea.id, at=1)
    await post(store, eve, "one", channel=tea.id)

    added = await store.add_member(ada.id, bob.id, tea.id, at=2)

    assert (added.members, added.read_seq, added.unread) == (3, 0, 1)
    assert (await store.joined_channel(bob.id, tea.id)).unread == 0
    assert await store.members(ada.id, tea.id, joined_only=True) == [ada.id, bob.id, eve.id]


async def test_nobody_is_added_who_is_not_there_or_not_in_use(store, ada, bob):
    """Row 7: invite."""
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await store.change_account(bob.id, deactivated_at=1)

    for account in (bob.id, 99):
        with pytest.raises(NotFound, match=f"no account {account}, or it is deactivated"):
            await store.add_member(ada.id, account, tea.id, at=1)

    assert await store.members(ada.id, tea.id, joined_only=True) == [ada.id]


async def test_of_many_who_begin_a_conversation_at_once_one_makes_it_and_the_others_find_it(store, other, ada, bob):
    """Row 7: there is one for each set of people, on two instances."""
    opened = await asyncio.gather(
        *(one.open_conversation(by, (ada.id, bob.id), at=1) for one in (store, other) for by in (ada.id, bob.id) * 2)
    )

    assert len({each.channel.id for each in opened}) == 1
    assert sum(each.made for each in opened) == 1
    assert {each.channel.members for each in opened} == {2}


async def test_no_conversation_begins_with_somebody_who_is_not_in_use_and_what_there_is_goes_on(store, ada, bob):
    """Row 7."""
    eve = await sign_up(store, "eve")
    begun = await store.open_conversation(ada.id, (ada.id, bob.id), at=1)
    for account in (bob, eve):
        await store.change_account(account.id, deactivated_at=1)

    again = await store.open_conversation(ada.id, (ada.id, bob.id), at=2)
    with pytest.raises(NotFound, match=f"no account {eve.id}, or it is deactivated"):
        await store.open_conversation(ada.id, (ada.id, eve.id), at=2)

    assert (again.channel.id, again.made) == (begun.channel.id, False)


async def test_a_channel_that_does_not_exist_is_not_found(store, ada):
    for call in (
        store.joined_channel(ada.id, 99),
        store.join_channel(ada.id, 99, at=1),
        store.leave_channel(ada.id, 99),
        store.mark_read(ada.id, 99, 1),
        store.history(ada.id, 99, limit=1),
        store.append(posted(ada, channel=99)),
    ):
        with pytest.raises(NotFound):
            await call


async def test_joining_and_leaving_at_once_keeps_the_count_right(store, other, ada):
    people = [await sign_up(store, f"p{n}") for n in range(6)]
    await asyncio.gather(
        *(one.leave_channel(person.id, 1) for person in people for one in (store, other)),
        *(one.append(posted(ada)) for one in (store, other) for _ in range(10)),
    )
    await asyncio.gather(*(one.join_channel(person.id, 1, at=1) for person in people[:3] for one in (store, other)))

    assert (await store.joined_channel(ada.id, 1)).members == 4


async def test_the_read_position_moves_forward_only_and_not_past_the_end(store, ada, bob):
    await post(store, ada, "one", "two", "three")
    seen = []
    for seq in (2, 1, 99):
        await store.mark_read(bob.id, 1, seq)
        seen.append((await store.joined_channel(bob.id, 1)).read_seq)

    assert seen == [2, 2, 3]


async def test_the_overview_has_everybody_and_what_this_account_may_see(store, ada, bob):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await post(store, ada, "one", channel=tea.id)
    everything = await store.overview(bob.id, joined_only=False)
    own = await store.overview(bob.id, joined_only=True)

    assert list(everything.accounts) == list(own.accounts) == [ada, bob]
    assert [(c.name, c.last_seq, c.member) for c in everything.channels] == [("general", 0, True), ("tea", 1, False)]
    assert [c.name for c in own.channels] == ["general"]


async def test_what_a_live_connection_follows_is_told_with_its_end(store, ada, bob):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await post(store, ada, "one", channel=tea.id)

    assert (await store.followed(ada.id))[tea.id] == 1
    assert tea.id not in await store.followed(bob.id)
    assert await store.followed(404) == {}
