"""What is kept while nothing may go out."""

from chorus.realtime.server.backlog import Backlog


def test_what_was_written_comes_back_in_its_order_and_once():
    backlog = Backlog()
    backlog.add(b"one ")
    backlog.add(b"two")

    assert backlog.size == 7
    assert backlog.taken() == b"one two"
    assert (backlog.size, backlog.taken()) == (0, b"")
