"""Whether events cross from instance to instance, one sentence a test."""

import pytest

from chorus.ops.backplane import BACK_WITHIN, SHOWN_FOR, SLOW, BackplaneProbe
from chorus.ops.health import CutOff, Impaired
from parts.clock import Clock


class Away(Exception):
    pass


class Backplane:
    """One that answers, and counts what it gave up."""

    def __init__(self):
        self.dropped = 0
        self.away = False
        self.healthy = True
        self.takes = 0.001

    async def ping(self):
        if self.away:
            raise Away
        return self.takes


class Rooms:
    deaf = False


@pytest.fixture
def backplane():
    return Backplane()


@pytest.fixture
def rooms():
    return Rooms()


@pytest.fixture
def clock():
    return Clock(0.0)


@pytest.fixture
def probe(backplane, rooms, clock):
    return BackplaneProbe(backplane, rooms, clock=clock)


async def test_where_everything_crosses_nothing_is_said(probe):
    assert await probe() is None


async def test_a_server_that_does_not_answer_is_told_as_it_is(probe, backplane):
    backplane.away = True

    with pytest.raises(Away):
        await probe()


async def test_an_instance_that_does_not_hear_itself_is_cut_off_until_it_does(probe, backplane):
    """Row 9 of the realtime library: known from the heartbeat, a second after the last one that came back."""
    backplane.healthy = False
    with pytest.raises(CutOff, match="does not come back to it"):
        await probe()

    backplane.healthy = True
    await probe()


@pytest.mark.parametrize("how", ["away", "slow"])
async def test_a_server_that_came_back_just_now_cuts_nobody_off(probe, backplane, clock, how):
    """All instances connect anew in that moment: if all said that they are unavailable, nobody would serve."""
    backplane.healthy = False
    if how == "away":
        backplane.away = True
        with pytest.raises(Away):
            await probe()
        backplane.away = False
    else:
        backplane.takes = SLOW

    with pytest.raises(Impaired) as impaired:
        await probe()
    assert type(impaired.value) is Impaired

    backplane.takes = 0.001
    clock.now += BACK_WITHIN
    with pytest.raises(CutOff):
        await probe()


async def test_rooms_that_move_while_nothing_is_heard_cut_off_until_something_is(probe, rooms):
    rooms.deaf = True
    with pytest.raises(CutOff, match="nothing that other instances say"):
        await probe()

    rooms.deaf = False
    assert await probe() is None


async def test_messages_given_up_are_counted_and_told_for_some_seconds(probe, backplane, clock):
    """So that everybody who asks every other second sees it; then it is over."""
    await probe()
    backplane.dropped = 3

    for moment in (10.0, 10.0 + SHOWN_FOR - 0.1):
        clock.now = moment
        with pytest.raises(Impaired, match="3 messages"):
            await probe()

    clock.now = 10.0 + SHOWN_FOR
    assert await probe() is None


async def test_more_of_them_prolong_it_and_are_added(probe, backplane, clock):
    backplane.dropped = 3
    with pytest.raises(Impaired):
        await probe()

    clock.now, backplane.dropped = SHOWN_FOR - 1, 5
    with pytest.raises(Impaired, match="5 messages"):
        await probe()

    clock.now = 2 * SHOWN_FOR - 1.1
    with pytest.raises(Impaired):
        await probe()
