"""What becomes of what several instances say about the same people."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.presence.table import PresenceTable


def table():
    return PresenceTable(lease=7.0, linger=2.0)


def test_the_largest_of_what_the_sources_say_counts():
    there = table()
    there.told("a", {"ada": 1}, now=0.0)
    there.told("b", {"ada": 2}, now=0.0)

    assert there.changes(now=0.0) == {"ada": 2}
    there.told("b", {"ada": 0}, now=1.0)
    assert there.changes(now=1.0) == {"ada": 1}


def test_what_was_taken_is_not_given_again():
    there = table()
    there.told("a", {"ada": 1}, now=0.0)
    there.changes(now=0.0)
    there.told("a", {"ada": 1}, now=1.0)

    assert there.changes(now=1.0) == {}


def test_somebody_who_comes_back_within_the_linger_was_never_gone():
    there = table()
    there.told("a", {"ada": 1}, now=0.0)
    there.changes(now=0.0)
    there.told("a", {"ada": 0}, now=10.0)

    assert there.changes(now=11.0) == {}
    there.told("b", {"ada": 1}, now=11.5)
    assert there.changes(now=20.0) == {}


def test_somebody_who_does_not_come_back_is_absent_after_the_linger():
    there = table()
    there.told("a", {"ada": 1}, now=0.0)
    there.changes(now=0.0)
    there.told("a", {"ada": 0}, now=10.0)

    assert there.changes(now=12.0) == {"ada": 0}
    assert there.state("ada") == 0


def test_a_silent_source_is_void_after_its_lease_and_nobody_lingers():
    there = table()
    there.told("a", {"ada": 1, "bob": 1}, now=0.0)
    there.told("b", {"bob": 2}, now=5.0)
    there.changes(now=5.0)

    there.expire(now=7.0)
    assert there.changes(now=7.0) == {}
    there.expire(now=7.1)
    assert there.changes(now=7.1) == {"ada": 0}
    assert there.sources == {"b"}


def test_a_sign_of_life_renews_the_lease():
    there = table()
    there.told("a", {"ada": 1}, now=0.0)
    there.told("a", {}, now=6.0)

    there.expire(now=12.0)

    assert there.changes(now=12.0) == {"ada": 1}


def test_a_lease_that_begins_anew_runs_from_then_on():
    table = PresenceTable(lease=7.5, linger=3.0)
    table.told("a", {"ada": 2}, now=0.0)
    table.changes(now=0.0)

    table.renew(now=20.0)
    table.expire(now=27.5)
    assert table.changes(now=27.5) == {}
    table.expire(now=27.6)
    assert table.changes(now=27.6) == {"ada": 0}


def test_all_of_it_takes_away_what_it_does_not_name():
    there = table()
    there.told("a", {"ada": 1, "bob": 1}, now=0.0)
    there.changes(now=0.0)

    there.told("a", {"bob": 1}, now=1.0, all_of_it=True)

    assert there.changes(now=2.9) == {}
    assert there.changes(now=3.0) == {"ada": 0}


def test_row_12_who_was_there_through_a_source_that_ends_may_come_back_through_another_unnoticed():
    there = table()
    there.told("a", {"ada": 1, "bob": 1}, now=0.0)
    there.changes(now=0.0)
    there.left("a", now=10.0)

    assert there.changes(now=11.9) == {}
    there.told("b", {"ada": 1}, now=11.9)
    assert there.changes(now=12.0) == {"bob": 0}


def test_what_is_remembered_does_not_grow_with_those_who_came_and_went():
    there = table()
    there.told("a", dict.fromkeys(map(str, range(100)), 1), now=0.0)
    there.told("b", {"ada": 1, "bob": 1}, now=0.0)
    there.changes(now=0.0)

    there.told("a", dict.fromkeys(map(str, range(100)), 0), now=1.0)
    there.told("b", {"ada": 0}, now=1.0)
    there.changes(now=3.0)
    there.left("b", now=3.0)
    there.changes(now=5.0)

    assert (there._of_source, there._of_key, there._taken, there._doubtful) == ({"a": {}}, {}, {}, {})


_words = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.one_of(st.none(), st.dictionaries(st.sampled_from(["ada", "bob", "eve"]), st.integers(0, 2), max_size=3)),
        st.booleans(),
    ),
    max_size=30,
)


@given(_words)
def test_whatever_is_said_what_was_taken_in_the_end_is_the_largest_of_what_stands(words):
    there, model, taken = table(), {}, {}
    for now, (source, states, whole) in enumerate(words):
        if states is None:
            there.left(source, now=now)
            model.pop(source, None)
        else:
            there.told(source, states, now=now, all_of_it=whole)
            model[source] = {**({} if whole else model.get(source, {})), **states}
        taken.update(there.changes(now=now))
    taken.update(there.changes(now=1000))

    for key in ("ada", "bob", "eve"):
        assert taken.get(key, 0) == max((states.get(key, 0) for states in model.values()), default=0)
        assert there.state(key) == taken.get(key, 0)
