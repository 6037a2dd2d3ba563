"""The keeper's loop: whose callback is called when descriptors come and go."""

import os
import socket

import pytest

from chorus.cluster.keeper.loop import Loop
from chorus.cluster.keeper.output import Output, Tail


@pytest.fixture
def pairs():
    made = [socket.socketpair() for _ in range(2)]
    yield made
    for pair in made:
        for each in pair:
            each.close()


def test_a_descriptor_that_was_opened_anew_in_the_same_round_is_not_taken_for_the_old_one(pairs):
    loop, called = Loop(), []
    readable = [ours for ours, theirs in pairs if theirs.send(b"x")]

    def first_of(this, other):
        called.append("old")
        loop.unwatch(other.fileno())
        os.dup2(this.fileno(), other.fileno())  # another file under the same number
        loop.watch(other.fileno(), lambda: called.append("new"))
        loop.stop()

    one, two = readable
    loop.watch(one.fileno(), lambda: first_of(one, two))
    loop.watch(two.fileno(), lambda: first_of(two, one))
    loop.run()

    assert called == ["old"]


def test_an_output_that_is_closed_reads_nothing_of_whoever_has_its_number_now():
    reading, writing = os.pipe()
    tail = Tail()
    output = Output(Loop(), reading, files=[], tail=tail, name=None, on_end=lambda _files: None)
    os.close(writing)
    output.drain()
    assert not output.open
    other, their_end = os.pipe()
    os.write(their_end, b"somebody else's\n")
    if other != reading:
        os.dup2(other, reading)

    output._readable()

    assert tail.last(10) == []
    for fd in {other, their_end, reading}:
        os.close(fd)
