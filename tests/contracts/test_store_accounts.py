"""What every store promises of accounts (chat/storage/contract/accounts.py), on SQLite and on PostgreSQL."""

import asyncio

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.errors import Conflict, DatabaseUnavailable, Forbidden
from contracts.entries import post
from contracts.stores import sign_up


async def test_the_first_account_owns_the_server_and_general_is_made_with_it(store):
    assert not await store.has_accounts()
    made = await store.create_account(handle="Ada", name="Ada L", password_hash="h", at=1, role=None)

    assert made.account == Account(made.account.id, "Ada", "Ada L", Role.OWNER)
    assert made.first
    assert [(c.name, c.member, c.members, c.last_seq) for c in made.joined] == [("general", True, 1, 0)]
    assert await store.has_accounts()


async def test_later_accounts_get_their_role_and_join_general_having_read_it(store, ada):
    await post(store, ada, "one", "two")
    made = await store.create_account(handle="bob", name="Bob", password_hash="h", at=1, role=Role.ADMIN)

    assert (made.account.role, made.first) == (Role.ADMIN, False)
    assert [(c.name, c.members, c.last_seq, c.read_seq) for c in made.joined] == [("general", 2, 2, 2)]


async def test_of_two_first_accounts_at_once_one_owns_the_server(store, other):
    made = await asyncio.gather(
        *(
            one.create_account(handle=f"u{n}", name="U", password_hash="h", at=1, role=Role.MEMBER)
            for n, one in enumerate([store, other] * 3)
        )
    )

    assert sorted(m.account.role for m in made) == ["member"] * 5 + ["owner"]
    assert [c.members for c in await store.channels(made[0].account.id, joined_only=False)] == [6]


async def test_a_handle_is_taken_in_any_case(store, ada):
    with pytest.raises(Conflict, match="@ADA is taken"):
        await sign_up(store, "ADA")

    assert await store.accounts() == [ada]


async def test_without_a_role_only_the_first_account_is_made(store, ada):
    with pytest.raises(Forbidden):
        await sign_up(store, "eve", role=None)
    with pytest.raises(Forbidden):
        await store.require_no_accounts()

    assert await store.accounts() == [ada]


async def test_credentials_are_found_by_handle_in_any_case(store, ada):
    found = await store.credentials("ADA")

    assert (found.account, found.password_hash) == (ada, "ada's")
    assert await store.credentials("eve") is None


async def test_a_password_hash_is_replaced(store, ada, bob):
    await store.set_password_hash(ada.id, "new")

    assert (await store.credentials("ada")).password_hash == "new"
    assert (await store.credentials("bob")).password_hash == "bob's"


async def test_of_two_who_replace_the_same_hash_at_once_one_does(store, other, ada):
    """Row 4; on two instances."""
    done = await asyncio.gather(
        *(one.set_password_hash(ada.id, f"new {n}", before="ada's") for n, one in enumerate([store, other]))
    )

    assert sorted(done) == [False, True]
    assert (await store.credentials("ada")).password_hash == f"new {done.index(True)}"


async def test_another_password_ends_the_other_sessions_and_nobody_elses(store, ada, bob):
    """Row 4: whoever knew the old one is out."""
    for session_id, account in (("phone", ada), ("laptop", ada), ("his", bob)):
        await store.create_session(
            session_id=session_id, account_id=account.id, refresh_hash=b"", at=0, expires_at=10**13
        )

    assert await store.change_password(ada.id, "new", before="another", session_id="phone") is None
    assert await store.change_password(ada.id, "new", before="ada's", session_id="phone") == ["laptop"]
    assert (await store.credentials("ada")).password_hash == "new"
    assert [await store.session(each, at=1) is None for each in ("phone", "laptop", "his")] == [False, True, False]


async def test_another_password_that_does_not_end_the_other_sessions_is_not_kept(store, ada, monkeypatch):
    """Row 4: both or nothing; who is told to try again has the old one still."""

    def fail(*_):
        raise DatabaseUnavailable("away")

    monkeypatch.setattr("chorus.chat.storage.store.end_other_sessions", fail)
    with pytest.raises(DatabaseUnavailable):
        await store.change_password(ada.id, "new", before="ada's", session_id="phone")

    assert (await store.credentials("ada")).password_hash == "ada's"


async def test_an_owner_who_is_deactivated_does_not_own_the_server_for_the_others(store, ada):
    """Row 2: somebody who can sign in owns the server."""
    eve = await sign_up(store, "eve", role=Role.OWNER)
    await store.change_account(eve.id, deactivated_at=1)

    for change in ({"role": Role.MEMBER}, {"deactivated_at": 1}):
        with pytest.raises(Conflict, match="somebody has to own the server"):
            await store.change_account(ada.id, **change)


async def test_some_accounts_are_found_by_their_ids(store, ada, bob):
    eve = await sign_up(store, "eve")

    assert await store.accounts_with({eve.id, ada.id, 99}) == [ada, eve]
    assert await store.accounts_with([]) == []


async def test_a_guest_is_given_those_who_share_a_channel_with_it_alone(store, ada, bob):
    """Row 2."""
    eve = await sign_up(store, "eve", role=Role.GUEST)
    gus = await sign_up(store, "gus", role=Role.GUEST)
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await store.add_member(ada.id, eve.id, tea.id, at=1)

    assert await store.accounts(seen_by=eve.id) == [ada, eve]
    assert await store.accounts(seen_by=gus.id) == [gus]
    assert (await store.overview(eve.id, joined_only=True, strangers=False)).accounts == [ada, eve]
    assert (await store.overview(eve.id, joined_only=True)).accounts == [ada, bob, eve, gus]
    assert await store.accounts_called({"ada", "bob", "eve"}, seen_by=eve.id) == {"ada": ada.id, "eve": eve.id}
    assert await store.people_in([1, tea.id, 99]) == {1: {ada.id, bob.id}, tea.id: {ada.id, eve.id}, 99: set()}
