"""What every store promises of invites (chat/storage/contract/invites.py), on SQLite and on PostgreSQL. Row 1."""

import asyncio

import pytest

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.invites import Invite

MONTH = 30 * 24 * 60 * 60 * 1000


@pytest.fixture
def invite(store, ada):
    """Make an invite of Ada's that ends at 100."""

    async def make(invite_id="i", *, most=None, at=1, expires_at=100):
        await store.create_invite(Invite(invite_id, ada.id, Role.MEMBER, (), at, expires_at, most, 0))

    return make


def join(store, handle, *, at=2):
    return store.create_account(handle=handle, name=handle, password_hash="h", at=at, role=None, invite="i")


async def test_an_invite_that_expires_while_somebody_signs_up_lets_nobody_in(store, ada, invite):
    """Row 1: expiring; looked at again in the transaction that makes the account."""
    await invite(expires_at=100)

    assert (await join(store, "bob", at=99)).account.handle == "bob"
    with pytest.raises(Forbidden):
        await join(store, "eve", at=100)


async def test_of_many_who_sign_up_at_once_no_more_come_in_than_the_invite_says(store, other, ada, invite):
    """Row 1: countable; on two instances."""
    await invite(most=2)

    came = await asyncio.gather(
        *(join(one, f"somebody{n}") for n, one in enumerate([store, other] * 3)), return_exceptions=True
    )

    assert sum(isinstance(each, Forbidden) for each in came) == 4
    assert (await store.invite("i")).used == 2
    assert len(await store.accounts()) == 3


async def test_the_newest_invites_are_listed_the_newest_first(store, invite, monkeypatch):
    """Row 1, bounded."""
    monkeypatch.setattr("chorus.chat.storage.queries.invites.MOST", 2)
    for invite_id, at in (("b", 1), ("a", 3), ("c", 2)):
        await invite(invite_id, at=at)

    assert [each.id for each in await store.invites()] == ["a", "c"]


async def test_an_invite_is_forgotten_a_month_after_it_expired(store, invite):
    await invite("old", expires_at=100)
    await invite("new", at=101 + MONTH, expires_at=102 + MONTH)

    assert [each.id for each in await store.invites()] == ["new"]
