"""Row 2: whom guests see and are told of, where the store answers when it is let."""

import asyncio
from types import SimpleNamespace

import pytest

from chorus.chat.actions import accounts
from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.sessions import Session
from chorus.chat.live.announcements import MembershipChanged
from chorus.chat.live.guests import Guests
from chorus.chat.live.members import Member


class Asked:
    """A chat whose store says who is in a channel when it is let."""

    def __init__(self):
        self.store = self
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def people_in(self, channels):
        self.asked.set()
        await self.go_on.wait()
        return {channel: frozenset({1, 2, 3}) for channel in channels}


@pytest.fixture
def gus():
    member = Member(SimpleNamespace(), Session("s", Account(3, "gus", "Gus", Role.GUEST), 0))
    member.followed = {7: 0}
    return member


async def test_a_guest_who_has_gone_before_it_was_let_in_is_not_thought_of(gus):
    guests = Guests(Asked(), SimpleNamespace())
    gus.gone = True
    guests.left(gus)

    await asyncio.wait_for(guests.arrived(gus), 5)

    assert not guests.concerns(MembershipChanged(1, 7))


async def test_a_guest_who_becomes_a_member_while_it_is_let_in_sees_everybody(gus):
    chat = Asked()
    guests = Guests(chat, SimpleNamespace())
    arriving = asyncio.create_task(guests.arrived(gus))
    await chat.asked.wait()
    gus.session = Session("s", Account(3, "gus", "Gus", Role.MEMBER), 0)
    guests.changed(gus)

    chat.go_on.set()
    await arriving

    assert gus.sees(99)


async def test_a_guest_who_becomes_a_member_while_it_waits_to_be_let_in_sees_everybody(gus):
    guests = Guests(Asked(), SimpleNamespace())
    await guests._looking.acquire()
    arriving = asyncio.create_task(guests.arrived(gus))
    await asyncio.sleep(0)
    gus.session = Session("s", Account(3, "gus", "Gus", Role.MEMBER), 0)
    guests.changed(gus)
    gus.seen = None

    guests._looking.release()
    await asyncio.wait_for(arriving, 5)

    assert (gus.sees(99), guests.concerns(MembershipChanged(1, 7))) == (True, False)


def test_whoever_becomes_a_guest_sees_itself_alone_until_it_was_looked_whom_else(gus):
    restricted = []
    guests = Guests(Asked(), SimpleNamespace(restrict=restricted.append))
    gus.seen = None

    assert guests.changed(gus)
    assert (gus.sees(3), gus.sees(1), restricted) == (True, False, [gus])
    assert not guests.changed(gus)
    guests.left(gus)
    assert guests._new == set()


def test_a_guest_who_moves_sees_those_it_saw_and_a_member_everybody(gus):
    guests = Guests(Asked(), SimpleNamespace())
    guests.moved(gus, [1, 3])
    seen = [account for account in (1, 2, 3) if gus.sees(account)]
    gus.session = Session("s", Account(3, "gus", "Gus", Role.MEMBER), 0)
    guests.moved(gus, [])

    assert (seen, gus.sees(99)) == ([1, 3], True)


@pytest.fixture
async def looking(gus, monkeypatch):
    """Guests of whom one is let in, and then there are others in its channel; what it is told; when they are found."""
    told, finding, go_on = [], asyncio.Event(), asyncio.Event()
    gus.client.emit = lambda event, payload: told.append((event, payload.account.id))
    chat = Asked()

    async def find(_chat, *, ids):
        finding.set()
        await go_on.wait()
        return [Account(each, f"h{each}", "H", Role.MEMBER) for each in ids]

    async def people_in(channels):
        return dict.fromkeys(channels, frozenset(people))

    monkeypatch.setattr(accounts, "find", find)
    chat.people_in = people_in
    people = [3]
    guests = Guests(chat, SimpleNamespace(restrict=lambda _: None))
    await guests.arrived(gus)
    people += [1, 2]
    return guests, told, finding, go_on


async def test_a_look_that_is_answered_late_undoes_nothing_that_another_one_found(looking, gus):
    guests, told, _, go_on = looking
    found, asked, late = [frozenset({1, 3}), frozenset({1, 2, 3})], asyncio.Event(), asyncio.Event()

    async def people_in(channels):
        people = found.pop(0)
        if found:
            asked.set()
            await late.wait()
        return dict.fromkeys(channels, people)

    guests._chat.people_in = people_in
    go_on.set()
    looks = [asyncio.create_task(guests.look(channel=7))]
    await asked.wait()
    looks.append(asyncio.create_task(guests.look(channel=7)))
    for _ in range(10):
        await asyncio.sleep(0)
    late.set()
    await asyncio.gather(*looks)

    assert gus.seen == {1, 2, 3}
    assert told == [("account.seen", 1), ("account.seen", 2)]


async def test_a_guest_hears_of_the_presence_of_those_it_sees_alone_and_is_told_its_role_once(looking, gus):
    guests, told, _, go_on = looking
    restricted = []
    guests._attendance = SimpleNamespace(restrict=lambda member: restricted.append(member.seen))
    guests._new.add(gus)
    go_on.set()

    for _ in range(2):
        await guests.look()

    assert restricted == [{1, 2, 3}] * 2
    assert told == [("account.seen", 1), ("account.seen", 2), ("account.changed", 3)]


async def test_whom_nobody_knows_is_not_told_of(looking, gus, monkeypatch):
    """Between two questions somebody may be taken out of the database."""
    guests, told, _, go_on = looking
    go_on.set()
    find = accounts.find

    async def find_others(chat, *, ids):
        return [each for each in await find(chat, ids=ids) if each.id != 2]

    monkeypatch.setattr(accounts, "find", find_others)
    await guests.look()

    assert (told, gus.seen) == ([("account.seen", 1)], {1, 3})


async def test_a_guest_who_went_while_it_was_looked_whom_it_sees_is_told_nothing(looking, gus):
    guests, told, finding, go_on = looking
    look = asyncio.create_task(guests.look())
    await finding.wait()
    guests.left(gus)

    go_on.set()
    await look

    assert told == []
