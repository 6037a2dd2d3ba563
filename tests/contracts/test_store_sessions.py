"""What every store promises of sessions (chat/storage/contract/sessions.py), on SQLite and on PostgreSQL."""

import asyncio

import pytest

from chorus.chat.domain.errors import Unauthenticated

HOUR = 3_600_000


async def open_session(store, account, session_id, *, at=0, lasting=HOUR):
    return await store.create_session(
        session_id=session_id, account_id=account.id, refresh_hash=b"first", at=at, expires_at=at + lasting
    )


async def test_a_session_says_whose_it_is_until_it_expires(store, ada):
    assert await open_session(store, ada, "s") == []

    found = await store.session("s", at=HOUR - 1)
    assert (found.id, found.account, found.expires_at) == ("s", ada, HOUR)
    assert await store.session("s", at=HOUR) is None
    assert await store.session("other", at=0) is None


async def test_a_session_is_kept_for_the_password_that_the_account_has_and_for_no_other(store, ada):
    """Row 4: whoever knew the old one is out."""
    opening = {"account_id": ada.id, "refresh_hash": b"first", "at": 0, "expires_at": HOUR}
    await store.create_session(session_id="before", **opening, proved="ada's")
    await store.set_password_hash(ada.id, "new")
    with pytest.raises(Unauthenticated):
        await store.create_session(session_id="late", **opening, proved="ada's")
    await store.create_session(session_id="after", **opening, proved="new")

    assert await store.session("late", at=1) is None
    assert (await store.session("after", at=1)).account == ada


async def test_a_session_that_ended_is_gone(store, ada):
    await open_session(store, ada, "s")

    assert await store.end_session("s")
    assert not await store.end_session("s")
    assert await store.session("s", at=1) is None


async def test_rotation_takes_the_newest_hash_once_and_moves_the_expiry(store, ada):
    await open_session(store, ada, "s")
    rotated = await store.rotate_session(
        "s", old_hash=b"first", new_hash=b"second", again_since=0, at=5, expires_at=2 * HOUR
    )

    assert (rotated.account, rotated.expires_at) == (ada, 2 * HOUR)
    assert (
        await store.rotate_session("s", old_hash=b"first", new_hash=b"x", again_since=0, at=6, expires_at=HOUR) is None
    )
    assert (
        await store.rotate_session("s", old_hash=b"second", new_hash=b"third", again_since=0, at=7, expires_at=HOUR)
        is not None
    )


async def test_the_same_rotation_again_has_the_same_answer_for_a_while(store, ada):
    await open_session(store, ada, "s")
    asked = {"old_hash": b"first", "new_hash": b"second", "expires_at": 2 * HOUR}
    rotated = await store.rotate_session("s", **asked, at=5, again_since=0)

    assert await store.rotate_session("s", **asked, at=6, again_since=4) == rotated
    assert await store.rotate_session("s", **asked, at=7, again_since=5) is None


async def test_what_stands_of_many_sessions_and_accounts_comes_in_one_answer(store, ada, bob):
    await open_session(store, ada, "over")
    await open_session(store, ada, "s", lasting=2 * HOUR)
    await store.leave_channel(bob.id, 1)
    many = {f"none{n}" for n in range(2500)}
    found = await store.standing({"over", "s", *many}, {ada.id, bob.id}, at=HOUR)

    assert found.sessions == {"s"}
    assert found.channels == {ada.id: {1}, bob.id: set()}
    assert found.accounts == {ada.id: ada, bob.id: bob}


async def test_an_expired_session_is_not_rotated(store, ada):
    await open_session(store, ada, "s")

    assert (
        await store.rotate_session("s", old_hash=b"first", new_hash=b"x", again_since=0, at=HOUR, expires_at=2 * HOUR)
        is None
    )


async def test_of_many_rotations_at_once_one_succeeds(store, other, ada):
    await open_session(store, ada, "s")
    results = await asyncio.gather(
        *(
            one.rotate_session("s", old_hash=b"first", new_hash=b"%d" % n, again_since=0, at=5, expires_at=HOUR)
            for n, one in enumerate([store, other] * 4)
        )
    )

    assert sum(result is not None for result in results) == 1


async def test_an_account_keeps_100_sessions_and_the_one_longest_unused_gives_way(store, ada, bob):
    await open_session(store, bob, "bobs", lasting=10 * HOUR)
    for n in range(100):
        assert await open_session(store, ada, f"s{n:03}", at=n) == []
    await store.rotate_session("s000", old_hash=b"first", new_hash=b"x", again_since=0, at=500, expires_at=HOUR)

    assert await open_session(store, ada, "new", at=1000) == ["s001"]
    assert await store.session("s000", at=1000) is not None
    assert await store.session("bobs", at=1000) is not None


async def test_expired_sessions_give_way_to_a_new_one(store, ada):
    await open_session(store, ada, "old")

    assert await open_session(store, ada, "new", at=HOUR) == ["old"]


async def test_devices_are_the_sessions_that_are_not_over_the_one_used_last_first(store, ada, bob):
    """Row 4: where one is signed in."""
    await open_session(store, bob, "bobs")
    await open_session(store, ada, "over")
    for session_id, at in (("first", 1), ("second", 2)):
        await open_session(store, ada, session_id, at=at)
    renewed = {"old_hash": b"first", "new_hash": b"x", "again_since": 0, "at": 3, "expires_at": 2 * HOUR}
    await store.rotate_session("first", **renewed)
    asking = await store.session("second", at=3)

    devices = await store.devices(asking, at=HOUR)

    assert [(each.id, each.signed_in_at, each.seen_at, each.current) for each in devices] == [
        ("first", 1, 3, False),
        ("second", 2, 2, True),
    ]


async def test_many_sessions_asked_for_at_once_each_get_their_answer(store, ada, bob):
    accounts = [ada, bob] * 150
    for number, account in enumerate(accounts):
        if number < 100:
            await open_session(store, account, f"s{number}")

    found = await asyncio.gather(*(store.session(f"s{number}", at=1) for number in range(len(accounts))))

    assert [session and session.account for session in found] == [*accounts[:100], *[None] * 200]
