"""The timer wheel."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.engineio.wheel import Wheel


def test_an_item_is_taken_once_its_deadline_passed():
    """Not early, and at most a slot late."""
    wheel = Wheel[str](slot=1.0)
    wheel.put("ann", at=25.3)

    assert wheel.take(now=25.2) == []
    assert wheel.take(now=26.4) == ["ann"]
    assert wheel.take(now=27.0) == []
    assert not wheel


@given(
    st.floats(0.01, 2.0), st.lists(st.floats(0, 50), max_size=20), st.lists(st.floats(0, 5), min_size=1, max_size=30)
)
def test_every_item_comes_once_never_early_and_at_most_a_slot_and_a_look_late(slot, deadlines, looks):
    """Whatever the slots and the times of looking."""
    wheel, now, before = Wheel[tuple[int, float]](slot=slot), 0.0, 0.0
    items = list(enumerate(deadlines))
    for item in items:
        wheel.put(item, at=item[1])
    taken = []
    for wait in looks:
        before, now = now, now + wait
        for item in wheel.take(now=now):
            assert before - 2 * slot < item[1] <= now
            taken.append(item)

    assert sorted(taken + wheel.take(now=1e6)) == items


def test_an_item_that_is_removed_is_not_held():
    """A session that is over is freed at once, not when its next ping would be due."""
    wheel = Wheel[str](slot=1.0)
    place = wheel.put("ann", at=25.3)

    wheel.remove("ann", place)
    wheel.remove("ann", place)

    assert not wheel
    assert wheel.take(now=99.0) == []


def test_an_item_put_back_into_the_past_comes_with_the_next_look():
    """A deadline that passed while the loop was busy is not lost."""
    wheel = Wheel[str](slot=1.0)
    wheel.take(now=10.0)
    wheel.put("late", at=3.0)

    assert wheel.take(now=11.0) == ["late"]
