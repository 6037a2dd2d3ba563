"""How many connections go where."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.handover.balance import Load, Move, is_even, moves, shares

counts = st.lists(st.integers(0, 3000), min_size=1, max_size=8)


@given(st.integers(0, 3000), counts)
def test_shares_leave_everybody_as_even_as_can_be(count: int, present: list[int]):
    """Nobody who was given one has more than one above the emptiest."""
    given_out = shares(count, {str(place): each for place, each in enumerate(present)})

    after = [each + given_out[str(place)] for place, each in enumerate(present)]
    assert sum(given_out.values()) == count
    assert min(given_out.values()) >= 0
    assert all(after[int(key)] <= min(after) + 1 for key, each in given_out.items() if each)


def test_shares_of_nobody_are_none():
    assert shares(5, {}) == {}


@given(counts)
def test_moves_make_all_the_same_give_or_take_one(connections: list[int]):
    loads = [Load(str(place), each, each) for place, each in enumerate(connections)]
    after = {load.key: load.connections for load in loads}

    for move in moves(loads):
        after[move.source] -= move.count
        after[move.target] += move.count

    assert max(after.values()) - min(after.values()) <= 1


@given(counts, st.data())
def test_no_more_is_moved_than_can_be(connections: list[int], data: st.DataObject):
    loads = [Load(str(place), each, data.draw(st.integers(0, each))) for place, each in enumerate(connections)]

    planned = moves(loads)

    for load in loads:
        assert sum(move.count for move in planned if move.source == load.key) <= load.movable


def test_the_fullest_gives_to_the_emptiest():
    assert moves([Load("a", 90, 80), Load("b", 10, 10)]) == [Move("a", "b", 40)]


def test_one_in_a_hundred_is_even_and_so_is_one():
    assert is_even([Load("a", 505, 0), Load("b", 500, 0)])
    assert is_even([Load("a", 2, 0), Load("b", 1, 0)])
    assert not is_even([Load("a", 3, 0), Load("b", 1, 0)])
    assert not is_even([Load("a", 506, 0), Load("b", 500, 0)])
