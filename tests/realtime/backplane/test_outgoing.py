"""What was published and not sent, and how it travels."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.backplane.outgoing import Outgoing
from chorus.realtime.backplane.parcel import IDENTITY, pack, unpack

ME = b"i" * IDENTITY


def opened(parcels: list[tuple[str, bytes]]) -> list[tuple[str, list[bytes]]]:
    return [(channel, unpack(parcel)) for channel, parcel in parcels]


def test_messages_to_one_channel_in_a_row_share_a_parcel():
    outgoing = Outgoing(size=1000, age=1.0)
    for channel, message in (("red", b"1"), ("red", b"2"), ("blue", b"3"), ("red", b"4")):
        outgoing.put(channel, message, now=0.0)

    parcels = outgoing.take(ME, parcel=100)

    assert opened(parcels) == [("red", [b"1", b"2"]), ("blue", [b"3"]), ("red", [b"4"])]
    assert outgoing.waiting == 0


def test_a_parcel_is_bounded_and_a_larger_message_travels_alone():
    outgoing = Outgoing(size=1000, age=1.0)
    for size in (40, 40, 40, 150, 10):
        outgoing.put("red", b"x" * size, now=0.0)

    sizes = [[len(message) for message in messages] for _, messages in opened(outgoing.take(ME, parcel=100))]

    assert sizes == [[40, 40], [40], [150], [10]]


def test_the_oldest_is_given_up_when_too_much_waits():
    outgoing = Outgoing(size=30, age=1.0)
    for number in range(5):
        outgoing.put("red", b"%d" % number * 7, now=0.0)

    assert [m[:1] for _, ms in opened(outgoing.take(ME, parcel=100)) for m in ms] == [b"2", b"3", b"4"]
    assert outgoing.dropped == 2


def test_what_waited_too_long_is_given_up():
    outgoing = Outgoing(size=1000, age=1.0)
    outgoing.put("red", b"old", now=0.0)
    outgoing.put("red", b"new", now=0.5)

    outgoing.give_up_old(now=1.2)

    assert opened(outgoing.take(ME, parcel=100)) == [("red", [b"new"])]
    assert outgoing.dropped == 1


@given(st.lists(st.binary(max_size=300)))
def test_a_parcel_gives_back_what_was_packed(messages):
    assert unpack(pack(ME, messages)) == messages


@given(st.binary(max_size=200))
def test_whatever_bytes_come_only_the_named_error_is_raised(noise):
    try:
        messages = unpack(noise)
    except ValueError:
        return
    assert pack(noise[:IDENTITY], messages) == noise or len(noise) < IDENTITY
