"""A client between two processes that hear the same publishers, each in another order."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.handover.overlap import MOST, Overlap


@st.composite
def interleavings(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """What two processes hear of three publishers: each publisher's messages in their order, which may be equal."""
    publishers = [
        [b"%d:%d" % (publisher, draw(st.integers(0, 2))) for _ in range(draw(st.integers(0, 5)))]
        for publisher in range(3)
    ]
    orders = []
    for _ in range(2):
        left, order = [list(each) for each in publishers], []
        while any(left):
            order.append(draw(st.sampled_from([each for each in left if each])).pop(0))
        orders.append(order)
    return orders[0], orders[1]


@given(interleavings(), st.data())
def test_every_message_reaches_a_client_that_moves_once_and_each_publishers_in_order(
    orders: tuple[list[bytes], list[bytes]], data: st.DataObject
):
    """Wherever it leaves, and however far the other process has come by then."""
    before, after = orders
    leaves = data.draw(st.integers(0, len(before)))
    arrives = data.draw(st.integers(0, len(after)))
    there, here = Overlap[str](), Overlap[str]()
    seen = before[:leaves]
    for message in seen:
        there.hear("a", message)
    for message in after[:arrives]:
        here.hear("a", message)

    seen = seen + [message for _, message in here.arrive("ann", {"a": there.heard("a")})]
    for message in after[arrives:]:
        seen += [] if "ann" in here.hear("a", message) else [message]

    assert sorted(seen) == sorted(before)
    for publisher in b"012":
        of_it = [message for message in seen if message[0] == publisher]
        assert of_it == [message for message in before if message[0] == publisher]


def test_a_client_that_was_there_already_gets_everything():
    here = Overlap[str]()
    here.arrive("ann", {"a": [*_heard(b"1")]})

    assert here.hear("a", b"1") == {"ann"}
    assert here.hear("a", b"1") == frozenset()
    assert here.hear("b", b"1") == frozenset()


def test_missed_messages_of_several_rooms_come_in_one_order():
    here = Overlap[str]()
    for room, message in (("a", b"1"), ("b", b"2"), ("a", b"3")):
        here.hear(room, message)

    assert here.arrive("ann", {"a": [], "b": []}) == [("a", b"1"), ("b", b"2"), ("a", b"3")]


def test_what_is_remembered_has_a_bound():
    here = Overlap[str]()
    for number in range(MOST + 10):
        here.hear("a", b"%d" % number)

    assert len(here.heard("a")) == MOST


def _heard(message: bytes) -> list[bytes]:
    there = Overlap[str]()
    there.hear("a", message)
    return there.heard("a")
