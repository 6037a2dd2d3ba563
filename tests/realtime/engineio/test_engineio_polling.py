"""The long-polling side of a session: which requests may come when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.engineio.packets import Packet, PacketType, encode, encode_payload
from chorus.realtime.engineio.polling import Phase, Polling
from chorus.realtime.errors import InvalidEnginePacket, ProtocolError, TooLarge

texts = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
messages = st.builds(Packet, st.just(PacketType.MESSAGE), texts | st.binary())


@given(st.lists(st.lists(messages, min_size=1, max_size=4), max_size=4))
def test_however_packets_are_divided_among_bodies_the_same_ones_come(bodies):
    """Those that a WebSocket would bring one by one."""
    polling = Polling()
    taken = []
    for packets in bodies:
        taken += polling.post(encode_payload(packets), max_packets=4)
        polling.post_ended()

    assert taken == [encode(packet) for packets in bodies for packet in packets]


def test_a_poll_is_due_when_something_waits():
    """Row 1: and not before."""
    polling = Polling()
    assert not polling.due(waiting=True)

    polling.poll()

    assert not polling.due(waiting=False)
    assert polling.due(waiting=True)


def test_a_second_poll_is_an_error_and_one_after_the_first_is_none():
    """Row 1."""
    polling = Polling()
    polling.poll()
    with pytest.raises(InvalidEnginePacket, match="second poll"):
        polling.poll()

    polling.poll_ended()
    polling.poll()


def test_a_post_gives_its_messages_and_another_one_meanwhile_is_an_error():
    """Row 1: text and binary, as a WebSocket would bring them."""
    polling = Polling()

    assert polling.post("4a\x1ebAQ==\x1e3", max_packets=3) == ["4a", b"\1", "3"]

    with pytest.raises(InvalidEnginePacket, match="second post"):
        polling.post("4b", max_packets=3)
    polling.post_ended()
    assert polling.post("4b", max_packets=3) == ["4b"]


def test_a_post_of_too_many_packets_is_too_large():
    """Row 2."""
    with pytest.raises(TooLarge, match="more than 3 packets"):
        Polling().post("4\x1e4\x1e4\x1e4", max_packets=3)


def test_while_a_websocket_probes_polls_are_due_at_once():
    """Row 1: and wait again when it fails."""
    polling = Polling()
    polling.poll()
    polling.probe()
    assert polling.due(waiting=False)

    polling.probe_failed()
    assert not polling.due(waiting=False)


def test_after_an_upgrade_nothing_is_taken():
    """Row 1: nor a second upgrade."""
    polling = Polling()
    polling.probe()
    polling.upgrade()

    for step in (polling.poll, polling.probe, polling.upgrade, lambda: polling.post("4a", max_packets=1)):
        with pytest.raises(InvalidEnginePacket, match="UPGRADED"):
            step()


def test_an_upgrade_waits_for_no_post():
    """Row 2: its packets would be overtaken."""
    polling = Polling()
    polling.probe()
    polling.post("4a", max_packets=1)

    with pytest.raises(InvalidEnginePacket, match="a post is still under way"):
        polling.upgrade()


@given(st.lists(st.sampled_from(["poll", "poll_ended", "probe", "probe_failed", "upgrade", "close"]) | st.text()))
def test_nothing_raises_but_protocol_errors(steps):
    """Row 2: whatever comes, in any order; and closed is closed."""
    polling, closed = Polling(), False
    for step in steps:
        try:
            if hasattr(polling, step):
                getattr(polling, step)()
            else:
                polling.post(step, max_packets=5)
                polling.post_ended()
        except ProtocolError:
            continue
        closed = closed or step == "close"
        assert not closed or polling.phase is Phase.CLOSED
