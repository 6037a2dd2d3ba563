"""Lines: cut from a stream, stamped, the last ones remembered."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.keeper.output import LONGEST_LINE, LONGEST_TAIL_LINE, Lines, Tail, as_json, stamped, timestamp
from chorus.cluster.keeper.wire import LONGEST_TAIL


@given(st.lists(st.binary(max_size=30)))
def test_batches_are_whole_lines_and_nothing_is_lost(batches):
    lines = Lines()

    written = [lines.feed(batch) for batch in batches]

    assert all(batch.endswith(b"\n") for batch in written if batch)
    assert (b"".join(written) + lines.rest()).removesuffix(b"\n") == b"".join(batches).removesuffix(b"\n")


def test_a_beginning_waits_for_its_rest():
    lines = Lines()

    assert lines.feed(b"one\ntw") == b"one\n"
    assert lines.feed(b"o\n") == b"two\n"


def test_what_a_dying_child_left_unfinished_becomes_a_line():
    lines = Lines()
    lines.feed(b"unfin")

    assert lines.rest() == b"unfin\n"
    assert lines.rest() == b""


def test_a_line_without_end_is_written_in_bounded_pieces():
    lines = Lines()

    pieces = [lines.feed(b"x" * 50_000) for _ in range(20)]

    assert [len(piece) for piece in pieces if piece] == [300_001] * 3
    assert len(lines.rest()) <= LONGEST_LINE


def test_a_timestamp_has_milliseconds_and_is_utc():
    assert timestamp(1795449600.1239) == b"2026-11-23T16:00:00.123Z"


def test_every_line_of_a_batch_is_stamped():
    assert stamped(b"one\n\nthree\n", b"chat:0", 0.0) == (
        b"1970-01-01T00:00:00.000Z chat:0 | one\n"
        b"1970-01-01T00:00:00.000Z chat:0 | \n"
        b"1970-01-01T00:00:00.000Z chat:0 | three\n"
    )


def test_the_tail_keeps_the_last_lines_cut_short():
    tail = Tail()
    tail.add(b"".join(b"%d\n" % n for n in range(1000)))
    tail.add(b"y" * 5000 + b"\n")

    assert tail.last(3) == ["998", "999", "y" * LONGEST_TAIL_LINE]
    assert len(tail.last(10_000)) == LONGEST_TAIL
    assert tail.last(0) == []


def test_lines_can_be_written_as_json():
    written = as_json(b'say "hi"\n\xff\n\n', b"chat:0", "out", 0.5)

    assert [json.loads(line) for line in written.splitlines()] == [
        {"at": "1970-01-01T00:00:00.500Z", "instance": "chat:0", "stream": "out", "line": text}
        for text in ('say "hi"', "\ufffd", "")
    ]
