"""Who has a place among those who ask, one sentence a test."""

import pytest

from chorus.realtime.handover.places import Full, Places


class Who:
    """Somebody who asks."""


def taken(most, *addresses):
    places, everybody = Places(most), [Who() for _ in addresses]
    for who, address in zip(everybody, addresses, strict=True):
        assert places.take(who, address) == []
    return places, everybody


def test_while_there_are_places_everybody_gets_one():
    places, everybody = taken(3, "10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3")

    assert len(places) == len(everybody) == 3


def test_when_all_are_taken_an_address_with_fewer_displaces_the_first_of_the_one_with_most():
    places, everybody = taken(4, "10.0.0.2:1", "10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3")
    who = Who()

    assert places.take(who, "10.0.0.3:1") == [everybody[1]]
    assert len(places) == 4


def test_an_address_displaces_nobody_that_has_no_more_than_it_would_have():
    places, everybody = taken(2, "10.0.0.1:1", "10.0.0.2:1")

    for address in ("10.0.0.1:2", "10.0.0.3:1"):
        with pytest.raises(Full, match="2 wait already"):
            places.take(Who(), address)
    assert len(places) == len(everybody)


def test_through_one_proxy_all_share_the_places():
    places, everybody = taken(2, "10.0.0.1:1", "10.0.0.1:2")

    with pytest.raises(Full):
        places.take(Who(), "10.0.0.1:3")
    places.leave(everybody[0])
    places.leave(everybody[0])
    assert places.take(Who(), "10.0.0.1:3") == []


@pytest.mark.parametrize("one", ["2001:db8::1:4711", "[2001:db8::2]:4711", "2001:db8:0:0:ffff::3:1"])
def test_a_network_of_ipv6_is_one_address(one):
    places, everybody = taken(3, "2001:db8::9:1", one, "10.0.0.1:1")

    assert places.take(Who(), "10.0.0.2:1") == [everybody[0]]


def test_who_may_not_go_stays():
    places, everybody = taken(3, "10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3")
    who = Who()

    assert places.take(who, "10.0.0.2:1", may_go=lambda each: each is everybody[2]) == [everybody[2]]
    with pytest.raises(Full):
        places.take(Who(), "10.0.0.3:1", may_go=lambda _: False)


def test_who_is_forgotten_by_everybody_has_left():
    places, everybody = taken(1, "10.0.0.1:1")
    everybody.clear()

    assert places.take(Who(), "10.0.0.1:2") == []


@pytest.mark.parametrize("address", ["", "no address", ":::", "%"])
def test_an_address_may_be_anything(address):
    places, everybody = taken(1, address)

    assert len(places) == len(everybody)
