"""How far a bot is, and what becomes of it."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.client.kept import load, save
from chorus.client.positions import Positions
from chorus.client.shapes import Channel


def channel(number, last_seq, read_seq=0):
    return Channel(number, "plans", last_seq, read_seq)


def test_at_the_very_first_everything_counts_as_read():
    positions = Positions()
    positions.begin([channel(1, 17)])

    assert positions.taken == positions.kept == {1: 17}


def test_a_channel_joined_while_away_is_read_from_where_it_was_joined():
    positions = Positions({1: 5})
    positions.begin([channel(1, 17), channel(2, 9, read_seq=7)])

    assert positions.taken == {1: 5, 2: 7}


def test_a_bot_that_was_in_no_channel_reads_its_first_one_from_where_it_joined(tmp_path):
    path = str(tmp_path / "positions.json")
    assert load(path) is None
    positions = Positions(load(path))
    positions.begin([])
    save(path, positions.kept)

    positions = Positions(load(path))
    positions.begin([channel(1, 17, read_seq=4)])

    assert positions.taken == positions.kept == {1: 4}


def test_a_channel_that_is_none_of_the_bots_any_more_is_forgotten():
    positions = Positions({1: 5, 2: 3})
    positions.begin([channel(2, 9)])
    positions.leave(2)

    assert positions.taken == positions.kept == {}


@given(st.lists(st.integers(1, 20), max_size=40))
def test_an_entry_is_taken_once_and_in_order(seqs):
    positions = Positions()
    positions.begin([channel(1, 0)])

    taken = [seq for seq in seqs if positions.takes(1, seq)]

    assert taken == sorted(set(taken))
    assert positions.kept == {1: 0}
