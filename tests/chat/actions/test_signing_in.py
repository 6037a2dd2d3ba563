"""Sessions: signing in, refreshing, signing out."""

import asyncio
import base64

import pytest
from argon2 import PasswordHasher

from chorus.chat.actions import accounts, sessions, tokens
from chorus.chat.domain.errors import Forbidden, TooMany, Unauthenticated, Unavailable
from chorus.chat.domain.limits import FAILED_BY_ACCOUNT
from chorus.chat.limits.memory import MemoryLimiter
from parts.clock import Clock

MINUTE, DAY = 60.0, 86_400.0


async def test_handle_in_any_case_and_password_open_a_session(chat, ada):
    signed_in = await sessions.sign_in(chat, handle=" @ADA ", password="correct horse")

    assert signed_in.account == ada
    assert (signed_in.expires_in, signed_in.refresh_expires_in) == (900, 2_592_000)
    assert (await sessions.authenticate(chat, access_token=signed_in.access_token)).account == ada


@pytest.mark.parametrize(
    ("handle", "password"),
    [
        ("ada", "wrong horse"),
        ("eve", "correct horse"),
        ("ada", ""),
        ("ada", "x" * 5000),
        ("a\0b", "x"),
        ("\ud800", "x"),
    ],
)
async def test_wrong_handle_and_wrong_password_get_one_answer(chat, ada, handle, password):
    with pytest.raises(Unauthenticated) as refused:
        await sessions.sign_in(chat, handle=handle, password=password)

    assert str(refused.value) == "Handle or password is wrong"


async def test_a_bot_does_not_sign_in_even_if_a_password_was_set_for_it(chat, store, ada):
    """Row 6: its tokens say what it may, and a session would be past them."""
    bot = await store.integrations.create_bot(handle="helper", name="Helper", at=1)
    await store.set_password_hash(bot.id, await chat.passwords.hash("correct horse"))

    with pytest.raises(Unauthenticated, match="Handle or password is wrong"):
        await sessions.sign_in(chat, handle="helper", password="correct horse")


@pytest.mark.parametrize("handle", ["ada", "eve", "no handle at all", "helper"])
async def test_an_unknown_account_costs_what_a_known_one_costs(make_chat, store, sign_up, handle):
    """Row 3: the same time, from the first sign-in of a process on; a bot, which has no password, is as unknown."""

    class Counting(PasswordHasher):
        done = 0

        def hash(self, password, **rest):
            Counting.done += 1
            return super().hash(password, **rest)

        def verify(self, known, password):
            Counting.done += 1
            return super().verify(known, password)

    await sign_up("ada")
    await store.integrations.create_bot(handle="helper", name="Helper", at=1)
    chat = make_chat(hasher=Counting(time_cost=1, memory_cost=8, parallelism=1))

    costs = []
    for _ in range(2):
        Counting.done = 0
        with pytest.raises(Unauthenticated):
            await sessions.sign_in(chat, handle=handle, password="wrong horse")
        costs.append(Counting.done)

    assert costs == [2, 1]  # the first one pays for the hash that nobody's password fits


async def test_a_password_that_could_not_be_looked_at_is_no_failure(chat, ada, monkeypatch):
    """Row 3: whoever meets a trouble of ours is not slowed for it."""

    async def busy(*_):
        raise Unavailable("too many hashes wait")

    with monkeypatch.context() as trouble:
        trouble.setattr(chat.passwords, "verify", busy)
        for _ in range(FAILED_BY_ACCOUNT.burst + 1):
            with pytest.raises(Unavailable):
                await sessions.sign_in(chat, handle="ada", password="correct horse")

    assert (await sessions.sign_in(chat, handle="ada", password="correct horse")).account == ada


async def test_whatever_is_no_handle_is_slowed_as_one(chat, ada):
    """Row 3: nobody has counters of any name and length kept for them."""
    object.__setattr__(chat, "limiter", MemoryLimiter(clock=Clock()))  # nothing comes back while it is tried
    for n in range(FAILED_BY_ACCOUNT.burst):
        with pytest.raises(Unauthenticated):
            await sessions.sign_in(chat, handle=f"no handle {n}", password="wrong horse")

    with pytest.raises(TooMany):
        await sessions.sign_in(chat, handle="x" * 1000, password="wrong horse")


async def test_a_hash_of_older_parameters_is_renewed_at_sign_in(make_chat, store, sign_up):
    await sign_up("ada")
    stronger = make_chat(hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    await sessions.sign_in(stronger, handle="ada", password="correct horse")

    assert "m=16,t=2" in (await store.credentials("ada")).password_hash
    assert (await sessions.sign_in(stronger, handle="ada", password="correct horse")).account.handle == "ada"


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something happen between the look at a password and what it is good for, once."""

    def happens(chat, work):
        verify = chat.passwords.verify

        async def look(known, password):
            right = await verify(known, password)
            monkeypatch.setattr(chat.passwords, "verify", verify)
            await work()
            return right

        monkeypatch.setattr(chat.passwords, "verify", look)

    return happens


async def test_a_sign_in_by_the_old_password_that_is_under_way_while_another_is_set_opens_no_session(
    chat, store, sign_up, meanwhile
):
    """Row 4: whoever knew the old one is out."""
    session = (await sign_up("ada")).session
    meanwhile(
        chat,
        lambda: accounts.change_password(chat, session=session, old="correct horse", new="battery staple"),
    )

    with pytest.raises(Unauthenticated, match="wrong"):
        await sessions.sign_in(chat, handle="ada", password="correct horse")

    assert [each.current for each in await store.devices(session, at=chat.now())] == [True]


async def test_a_hash_that_is_renewed_takes_no_other_password_away(make_chat, store, sign_up, meanwhile):
    """Row 4: the old password does not come back because somebody signed in by it while another was set."""
    session = (await sign_up("ada")).session
    stronger = make_chat(hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    meanwhile(
        stronger,
        lambda: accounts.change_password(stronger, session=session, old="correct horse", new="battery staple"),
    )

    with pytest.raises(Unauthenticated, match="wrong"):
        await sessions.sign_in(stronger, handle="ada", password="correct horse")

    assert (await sessions.sign_in(stronger, handle="ada", password="battery staple")).account.handle == "ada"


async def test_a_hash_that_is_renewed_by_two_sign_ins_at_once_lets_both_in(make_chat, sign_up, meanwhile):
    await sign_up("ada")
    stronger = make_chat(hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    other = []

    async def sign_in():
        other.append(await sessions.sign_in(stronger, handle="ada", password="correct horse"))

    meanwhile(stronger, sign_in)

    assert (await sessions.sign_in(stronger, handle="ada", password="correct horse")).account == other[0].account


async def test_of_two_who_set_another_password_at_once_one_does(chat, sign_up, meanwhile):
    """Row 4: who is told that it was changed has the password that is good from then on."""
    session = (await sign_up("ada")).session
    meanwhile(chat, lambda: accounts.change_password(chat, session=session, old="correct horse", new="battery staple"))

    with pytest.raises(Forbidden):
        await accounts.change_password(chat, session=session, old="correct horse", new="hunter hunter")

    assert (await sessions.sign_in(chat, handle="ada", password="battery staple")).account == session.account


async def test_another_password_is_set_although_a_sign_in_renews_the_hash_of_the_old_one_meanwhile(
    make_chat, sign_up, meanwhile
):
    """Row 4: the old password is right, whatever its hash is by now."""
    session = (await sign_up("ada")).session
    stronger = make_chat(hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    meanwhile(stronger, lambda: sessions.sign_in(stronger, handle="ada", password="correct horse"))

    await accounts.change_password(stronger, session=session, old="correct horse", new="battery staple")

    assert (await sessions.sign_in(stronger, handle="ada", password="battery staple")).account == session.account


async def test_an_access_token_is_good_for_15_minutes(chat, clock, sign_up):
    token = (await sign_up("ada")).access_token
    clock.now += 15 * MINUTE - 1
    await sessions.authenticate(chat, access_token=token)
    clock.now += 1

    with pytest.raises(Unauthenticated, match="expired"):
        await sessions.authenticate(chat, access_token=token)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 10_000, "\ud800", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_token_that_is_not_ours_is_refused(chat, token):
    with pytest.raises(Unauthenticated):
        await sessions.authenticate(chat, access_token=token)
    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=token)


async def test_a_token_signed_with_another_secret_is_refused(chat, clock, sign_up):
    session = (await sign_up("ada")).session
    forged = tokens.sign_access_token(
        secret="another secret of 32 characters!!", account_id=1, session_id=session.id, now=clock.now, lifetime=900
    )

    with pytest.raises(Unauthenticated):
        await sessions.authenticate(chat, access_token=forged)


async def test_a_token_that_names_another_account_is_refused(chat, clock, sign_up):
    session = (await sign_up("ada")).session
    mixed = tokens.sign_access_token(
        secret=chat.settings.secret, account_id=2, session_id=session.id, now=clock.now, lifetime=900
    )

    with pytest.raises(Unauthenticated):
        await sessions.authenticate(chat, access_token=mixed)


async def test_refreshing_gives_new_tokens_for_the_same_session(chat, clock, sign_up):
    old = await sign_up("ada")
    clock.now += 20 * MINUTE
    new = await sessions.refresh(chat, refresh_token=old.refresh_token)

    assert new.session.id == old.session.id
    assert new.refresh_token != old.refresh_token
    assert new.session.expires_at == int((clock.now + 30 * DAY) * 1000)
    assert (await sessions.authenticate(chat, access_token=new.access_token)).account == old.account


async def test_a_refresh_token_has_nothing_of_the_one_before(chat, sign_up):
    """Row 4: neither its random half nor our seal on it; whoever saw the old one knows nothing of the next."""
    old = await sign_up("ada")
    new = await sessions.refresh(chat, refresh_token=old.refresh_token)

    old_half, old_seal, half, seal = [
        part
        for token in (old, new)
        for secret in [base64.urlsafe_b64decode(token.refresh_token.partition(".")[2] + "=")]
        for part in (secret[:16], secret[16:])
    ]
    assert len({old_half, old_seal, half, seal}) == 4


async def test_a_refresh_whose_answer_was_lost_is_answered_again_alike(chat, clock, announced, sign_up):
    old = await sign_up("ada")
    lost = await sessions.refresh(chat, refresh_token=old.refresh_token)
    clock.now += 59
    new = await sessions.refresh(chat, refresh_token=old.refresh_token)

    assert new.refresh_token == lost.refresh_token
    assert (await sessions.authenticate(chat, access_token=new.access_token)).account == old.account
    assert (await sessions.refresh(chat, refresh_token=new.refresh_token)).account == old.account
    assert announced.said == []


async def test_many_refreshes_at_once_with_one_token_give_one_and_the_same(chat, sign_up):
    old = await sign_up("ada")
    given = await asyncio.gather(*(sessions.refresh(chat, refresh_token=old.refresh_token) for _ in range(5)))

    assert len({each.refresh_token for each in given}) == 1


async def test_a_refresh_token_used_again_after_a_minute_ends_its_session(chat, clock, announced, sign_up):
    old = await sign_up("ada")
    new = await sessions.refresh(chat, refresh_token=old.refresh_token)
    clock.now += MINUTE

    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=old.refresh_token)
    assert announced.said == [("end", old.session.id)]
    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=new.refresh_token)
    with pytest.raises(Unauthenticated):
        await sessions.authenticate(chat, access_token=new.access_token)


async def test_a_refresh_token_from_long_ago_ends_its_session(chat, clock, announced, sign_up):
    first = newest = await sign_up("ada")
    for _ in range(3):
        clock.now += 15 * MINUTE
        newest = await sessions.refresh(chat, refresh_token=newest.refresh_token)

    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=first.refresh_token)
    assert announced.said == [("end", first.session.id)]


@pytest.mark.parametrize("secret", ["A" * 43, "-" * 43, "_" * 42 + "8"])
async def test_a_token_that_was_never_issued_ends_nothing(chat, announced, sign_up, secret):
    ada = await sign_up("ada")
    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=f"{ada.session.id}.{secret}")

    assert announced.said == []
    assert await sessions.refresh(chat, refresh_token=ada.refresh_token)


async def test_a_token_of_one_session_ends_no_other(chat, announced, sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    secret = bob.refresh_token.partition(".")[2]
    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=f"{ada.session.id}.{secret}")

    assert announced.said == []


async def test_other_sessions_of_the_account_go_on(chat, clock, sign_up):
    first = await sign_up("ada")
    second = await sessions.sign_in(chat, handle="ada", password="correct horse")
    await sessions.refresh(chat, refresh_token=first.refresh_token)
    clock.now += MINUTE
    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=first.refresh_token)

    assert await sessions.authenticate(chat, access_token=second.access_token)


async def test_a_session_that_gives_way_to_a_new_one_is_ended_everywhere(chat, announced, sign_up, monkeypatch):
    """Row 4: an account keeps so many, and the live connections of the one that goes end with it."""
    monkeypatch.setattr("chorus.chat.storage.queries.sessions.MOST", 1)
    first = await sign_up("ada")

    await sessions.sign_in(chat, handle="ada", password="correct horse")

    assert announced.said == [("end", first.session.id)]


async def test_a_device_that_stayed_away_for_30_days_signs_in_again(chat, clock, sign_up):
    signed_in = await sign_up("ada")
    clock.now += 30 * DAY

    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=signed_in.refresh_token)


async def test_the_refresh_token_is_stored_as_a_hash_only(chat, tmp_path, sign_up):
    signed_in = await sign_up("ada")
    secret = signed_in.refresh_token.partition(".")[2]
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert len(secret) == 43
    assert secret.encode() not in stored
    assert signed_in.session.id.encode() in stored


async def test_signing_out_ends_the_session_at_once(chat, announced, sign_up):
    signed_in = await sign_up("ada")
    await sessions.sign_out(chat, session=signed_in.session)

    assert announced.said == [("end", signed_in.session.id)]
    with pytest.raises(Unauthenticated):
        await sessions.authenticate(chat, access_token=signed_in.access_token)
    with pytest.raises(Unauthenticated):
        await sessions.refresh(chat, refresh_token=signed_in.refresh_token)
