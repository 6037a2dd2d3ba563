"""What every store promises of exports that are on their way: few at a time, on all instances together. Row 17."""

import asyncio

import pytest

from chorus.chat.domain.errors import TooMany
from chorus.chat.domain.exports import MOST


async def claim(store, account, at=0, holder="one"):
    await store.claim_export(account, holder=holder, at=at, until=at + 100)


async def test_only_so_many_begin_however_many_instances_are_asked_at_once(store, other):
    asked = [claim(each, account + 1) for account, each in enumerate([store, other] * MOST)]

    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers if answer is not None] == [TooMany] * MOST
    assert len(await other.exporting(at=1)) == MOST


async def test_an_account_has_one_on_whatever_instance(store, other):
    await claim(store, 1)

    with pytest.raises(TooMany, match="Another export of yours"):
        await claim(other, 1, holder="two")
    await store.leave_export(1, holder="one")
    await claim(other, 1, holder="two")


async def test_one_that_nobody_keeps_is_free_and_whoever_had_it_is_told(store, other):
    """The worker that had it died, or stood still."""
    await claim(store, 1)
    assert await store.keep_export(1, holder="one", until=200)

    with pytest.raises(TooMany):
        await claim(other, 1, at=199, holder="two")
    await claim(other, 1, at=200, holder="two")
    assert not await store.keep_export(1, holder="one", until=500)
    await store.leave_export(1, holder="one")
    assert await other.exporting(at=201) == [1]
