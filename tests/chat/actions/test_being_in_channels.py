"""Making, browsing, joining and leaving channels."""

from uuid import UUID

import msgspec
import pytest

from chorus.chat.actions import channels, members, messages
from chorus.chat.domain.accounts import Role
from chorus.chat.domain.errors import Conflict, Forbidden, Invalid, NotFound


@pytest.fixture
async def tea(chat, ada, bob, announced):
    """A channel that only Ada is in."""
    channel = await channels.create(chat, by=ada, name="Tea", topic=" Hot  drinks ")
    announced.said.clear()
    return channel


def guest(account):
    return msgspec.structs.replace(account, role=Role.GUEST)


async def test_a_new_channel_is_announced_and_its_creator_in_it(chat, ada, announced):
    made = await channels.create(chat, by=ada, name="Tea", topic="Hot")

    assert (made.name, made.topic, made.member, made.members) == ("tea", "Hot", True, 1)
    assert announced.said == [("channel", made.seen_from_outside()), ("membership", ada.id, made.id, True)]


async def test_a_refused_channel_is_not_announced(chat, ada, announced):
    for name, error in (("two words", Invalid), ("general", Conflict)):
        with pytest.raises(error):
            await channels.create(chat, by=ada, name=name)
    with pytest.raises(Forbidden):
        await channels.create(chat, by=guest(ada), name="tea")

    assert announced.said == []


async def test_everybody_browses_and_sees_where_they_are(chat, bob, tea):
    found = await channels.list_channels(chat, by=bob)
    followed = await channels.list_followed(chat, by=bob)

    assert [(channel.name, channel.member) for channel in found] == [("general", True), ("tea", False)]
    assert followed == {found[0].id: found[0].last_seq}


async def test_a_guest_sees_only_where_they_are(chat, bob, tea):
    assert [channel.name for channel in await channels.list_channels(chat, by=guest(bob))] == ["general"]


async def test_joining_is_announced_and_opens_the_channel(chat, bob, tea, announced):
    joined = await channels.join(chat, by=bob, channel=tea.id)

    assert (joined.member, joined.members) == (True, 2)
    assert announced.said == [("membership", bob.id, tea.id, True), ("changed", joined.seen_from_outside())]
    assert await channels.find_joined(chat, by=bob, channel=tea.id) == joined


async def test_what_is_told_of_a_channel_says_nothing_of_whoever_changed_it(chat, ada, bob, tea, announced):
    """Row 6: neither that they are in it nor how far they have read; everybody hears the same."""
    await messages.send(chat, by=ada, channel=tea.id, client_id=UUID(int=1), text="x")
    announced.said.clear()

    await members.add(chat, by=ada, channel=tea.id, account=bob.id)
    await channels.change(chat, by=ada, channel=tea.id, topic="Cold")
    await members.remove(chat, by=ada, channel=tea.id, account=bob.id)

    told = [each[1] for each in announced.said if each[0] == "changed"]
    assert [(each.members, each.topic) for each in told] == [(2, "Hot drinks"), (2, "Cold"), (1, "Cold")]
    assert {(each.member, each.read_seq) for each in told} == {(False, 0)}


async def test_a_conversation_that_is_found_again_is_news_to_nobody(chat, ada, bob, announced):
    """Row 7."""
    made = await members.converse(chat, by=ada, people=[bob.id])
    announced.said.clear()

    assert (await members.converse(chat, by=bob, people=[ada.id])).id == made.id
    assert announced.said == []


async def test_a_guest_does_not_join_by_themselves(chat, bob, tea):
    with pytest.raises(Forbidden):
        await channels.join(chat, by=guest(bob), channel=tea.id)


async def test_leaving_is_announced_and_closes_the_channel(chat, ada, tea, announced):
    await channels.leave(chat, by=ada, channel=tea.id)

    assert [each[0] for each in announced.said] == ["membership", "changed"]
    assert announced.said[0] == ("membership", ada.id, tea.id, False)
    assert announced.said[1][1].members == 0
    with pytest.raises(NotFound):
        await channels.find_joined(chat, by=ada, channel=tea.id)


@pytest.mark.parametrize("channel", [99, 0, -1, 2**31, 10**40])
async def test_a_channel_that_does_not_exist_is_not_found(chat, ada, announced, channel):
    for action in (channels.join, channels.leave, channels.find_joined):
        with pytest.raises(NotFound):
            await action(chat, by=ada, channel=channel)
    with pytest.raises(NotFound):
        await channels.mark_read(chat, by=ada, channel=channel, seq=0)

    assert announced.said == []


async def test_reading_moves_the_position(chat, ada, bob):
    for n in range(3):
        await messages.send(chat, by=ada, channel=1, client_id=UUID(int=n), text="x")
    await channels.mark_read(chat, by=bob, channel=1, seq=2)

    assert (await channels.find_joined(chat, by=bob, channel=1)).read_seq == 2


@pytest.mark.parametrize("seq", [-1, 2**53, 10**40])
async def test_a_position_out_of_range_is_invalid(chat, ada, seq):
    with pytest.raises(Invalid):
        await channels.mark_read(chat, by=ada, channel=1, seq=seq)
