"""How much an account may ask over its live connections; Redis is counted by, and played where questions are."""

import asyncio

import msgspec
import pytest

from chorus.chat.domain.errors import TooMany
from chorus.chat.domain.limits import events
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.live.allowance import Allowance
from parts.clock import Clock
from parts.databases import on_both
from parts.instance import Instance, both
from parts.people import message

PER_MINUTE = 1200


class Asked:
    """A limiter that remembers what it was asked."""

    def __init__(self, clock):
        self.counts = []
        self._limiter = MemoryLimiter(clock=clock)

    async def take(self, limit, key, *, count=1):
        self.counts.append(count)
        await asyncio.sleep(0)
        return await self._limiter.take(limit, key, count=count)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def asked(clock):
    return Asked(clock)


@pytest.fixture
def allowance(asked, clock):
    return Allowance(asked, per_minute=PER_MINUTE, clock=clock)


async def take_all(allowance, account=1):
    """As many as are allowed; what the refusal said."""
    for taken in range(10_000):
        try:
            await allowance.take(account)
        except TooMany as error:
            return taken, error
    raise AssertionError("nothing was refused")


async def test_a_burst_is_allowed_to_the_last_one_and_the_next_is_told_when(allowance):
    taken, refused = await take_all(allowance)

    assert taken == events(PER_MINUTE).burst == 300
    assert refused.retry_after == pytest.approx(60 / PER_MINUTE)
    assert str(refused) == "Too many events; try again in 1 s"


async def test_whoever_asks_quickly_has_several_counted_at_once(allowance, asked):
    for _ in range(100):
        await allowance.take(1)

    assert len(asked.counts) <= 13
    assert asked.counts[0] == 1


async def test_events_that_come_at_once_pay_for_themselves_and_leave_the_rest_of_the_burst(allowance, asked):
    await allowance.take(1)
    await asyncio.gather(*(allowance.take(1) for _ in range(200)))
    assert sum(asked.counts) <= 201 + 8

    taken, _ = await take_all(allowance)
    assert taken == 300 - 201


async def test_whoever_asks_now_and_then_pays_for_one_at_a_time(allowance, asked, clock):
    for _ in range(5):
        await allowance.take(1)
        clock.now += 6

    assert asked.counts == [1, 1, 1, 1, 1]


async def test_what_was_counted_beforehand_may_be_used_for_five_seconds_and_no_longer(allowance, asked, clock):
    """An account may have gone on elsewhere meanwhile."""
    for _ in range(3):
        await allowance.take(1)
        clock.now += 0.5
    clock.now += 3.9
    await allowance.take(1)
    in_time = list(asked.counts)
    clock.now += 0.1
    for _ in range(2):
        await allowance.take(1)

    assert (in_time, asked.counts) == ([1, 9], [1, 9, 1, 9])


async def test_of_more_accounts_than_are_remembered_the_one_counted_longest_ago_is_forgotten(
    allowance, asked, monkeypatch
):
    monkeypatch.setattr("chorus.chat.live.allowance._MOST", 2)

    for account in (1, 2, 1, 3, 1, 2):  # the first still has what it paid for, the second begins anew
        await allowance.take(account)

    assert asked.counts == [1, 1, 9, 1, 1]


async def test_who_floods_asks_nobody(allowance, asked):
    await take_all(allowance)
    before = len(asked.counts)

    for _ in range(50):
        with pytest.raises(TooMany):
            await allowance.take(1)

    assert len(asked.counts) == before


async def test_after_the_time_of_the_refusal_the_next_is_allowed(allowance, clock):
    _, refused = await take_all(allowance)

    clock.now += refused.retry_after + 0.001
    await allowance.take(1)


async def test_each_account_is_counted_for_itself(allowance):
    await take_all(allowance, account=1)

    await allowance.take(2)


async def test_nothing_is_counted_where_there_is_no_limit(asked):
    unlimited = Allowance(asked, per_minute=0)

    for _ in range(1000):
        await unlimited.take(1)

    assert asked.counts == []


async def ask(client, text):
    return await client.ask("message.send", {"channel": 1, **message(text)})


LONG = 100
"""So many times as long as anywhere else it takes here until one more may come."""


@pytest.fixture
def slowly(monkeypatch):
    """What may be asked comes back so late that none of it does while a test asks."""

    def longer(per_minute):
        limit = events(per_minute)
        return msgspec.structs.replace(limit, interval=LONG * limit.interval)

    monkeypatch.setattr("chorus.chat.live.allowance.events", longer)


@on_both
@pytest.mark.usefixtures("counting_together", "slowly")
async def test_too_many_events_are_refused_over_all_instances_and_the_connection_stays(environment):
    """Counted in Redis: what one instance let through is missing at the other."""
    environment = {**environment, "CHORUS_RATE_LIMIT": "24"}  # six at once
    async with both(Instance(0, **environment), Instance(1, **environment)) as (one, other):
        ada = await one.sign_up()
        grace = await other.sign_up("grace")
        here, there, others = [await each.connect(by) for each, by in ((one, ada), (other, ada), (one, grace))]

        answers = [await ask(client, f"{n}") for n in range(4) for client in (here, there)]

        refused = [answer["error"] for answer in answers if not answer["ok"]]
        assert [answer["ok"] for answer in answers] == [True] * 6 + [False] * 2
        assert {(error["code"], error["retryable"]) for error in refused} == {("rate_limited", True)}
        assert all(0 < error["retry_after"] <= 2.5 * LONG for error in refused)
        assert not here.closed
        assert not there.closed
        assert (await ask(others, "not held up"))["ok"]
