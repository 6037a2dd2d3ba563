"""Hashing passwords beside the event loop."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from chorus.chat.actions.passwords import _NOBODY, Passwords
from chorus.chat.domain.errors import Unavailable
from waiting import eventually


class Slow(PasswordHasher):
    """Hashes when it is let."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.begun = threading.Event()
        self.free = threading.Event()

    def hash(self, password, **rest):
        self.begun.set()
        assert self.free.wait(10), "nobody could let it: the event loop stood"
        return super().hash(password, **rest)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def passwords(slow):
    passwords = Passwords(slow, threads=1, waiting=1)
    yield passwords
    slow.free.set()
    passwords.close()


async def test_a_hash_is_argon2id_and_fits_its_password_only(passwords, slow):
    slow.free.set()
    known = await passwords.hash("correct horse")

    assert known.startswith("$argon2id$")
    assert await passwords.verify(known, "correct horse")
    assert not await passwords.verify(known, "wrong horse")
    assert not await passwords.verify(None, "correct horse")
    assert not await passwords.verify("not a hash", "correct horse")


@pytest.mark.parametrize("known", [None, ""])
async def test_no_password_opens_an_account_that_has_none_not_even_the_one_it_is_compared_with(passwords, slow, known):
    """Row 3: a bot's account has none."""
    slow.free.set()

    assert not await passwords.verify(known, _NOBODY)


async def test_hashes_are_made_as_rfc_9106_recommends_unless_told_otherwise():
    """Row 3: argon2id; its second recommendation: 64 MiB, three passes, four lanes."""
    passwords = Passwords()

    assert (await passwords.hash("correct horse")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")

    passwords.close()


async def test_the_event_loop_goes_on_while_a_hash_is_made(passwords, slow):
    hashing = asyncio.ensure_future(passwords.hash("x"))
    await eventually(slow.begun.is_set, what="the hash to begin")
    assert not hashing.done()
    slow.free.set()

    assert await hashing


async def test_too_many_at_once_are_refused_and_the_others_served(passwords, slow):
    first, second = (asyncio.ensure_future(passwords.hash("x")) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await passwords.hash("x")
    slow.free.set()
    await asyncio.gather(first, second)

    assert await passwords.hash("x")
