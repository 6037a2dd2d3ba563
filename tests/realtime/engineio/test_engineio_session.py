"""One session's deadlines and what it reads."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.session import Closing, Pass, Session, State
from chorus.realtime.errors import InvalidEnginePacket, ProtocolError

OPTIONS = EngineOptions(ping_interval=25.0, ping_timeout=20.0)


def opened(options=OPTIONS):
    return Session("0.abc", options, now=0.0)


def test_the_opening_tells_the_client_how_the_session_behaves():
    """Times in whole milliseconds, also below a second."""
    opening = opened(EngineOptions(ping_interval=0.3, ping_timeout=0.2, max_payload=1000)).opening()

    assert opening[0] == "0"
    assert json.loads(opening[1:]) == {
        "sid": "0.abc",
        "upgrades": [],
        "pingInterval": 300,
        "pingTimeout": 200,
        "maxPayload": 1000,
    }


def test_a_ping_is_due_every_interval_while_they_are_answered():
    """And nothing before."""
    session = opened()

    assert session.pass_time(now=24.9) is Pass.NOTHING
    assert session.pass_time(now=25.0) is Pass.PING
    session.receive("3")
    assert session.pass_time(now=45.0) is Pass.NOTHING
    assert session.look_again_at == 50.0
    assert session.pass_time(now=50.0) is Pass.PING


def test_a_ping_without_an_answer_ends_the_session():
    """After the timeout, and not before."""
    session = opened()
    session.pass_time(now=25.0)

    assert session.pass_time(now=44.9) is Pass.NOTHING
    assert session.pass_time(now=45.0) is Pass.TIMED_OUT
    assert session.state is State.CLOSED


def test_messages_alone_do_not_answer_a_ping():
    """A client that talks but never pongs is out of order."""
    session = opened()
    session.pass_time(now=25.0)
    session.receive("4hello")

    assert session.pass_time(now=45.0) is Pass.TIMED_OUT


def test_a_client_we_do_not_read_from_is_forgiven():
    """Its pong may lie in the socket."""
    session = opened()
    session.pass_time(now=25.0)
    session.forgive(now=40.0)

    assert session.pass_time(now=45.0) is Pass.NOTHING
    assert session.pass_time(now=65.0) is Pass.PING


def test_with_a_short_interval_a_late_pong_within_the_timeout_is_fine():
    """The timeout may be longer than the interval."""
    session = opened(EngineOptions(ping_interval=1.0, ping_timeout=5.0))
    assert session.pass_time(now=1.0) is Pass.PING
    assert session.look_again_at == 2.0

    assert session.pass_time(now=2.0) is Pass.NOTHING
    session.receive("3")
    assert session.pass_time(now=5.0) is Pass.PING


def test_messages_give_their_data_and_close_ends():
    """Text, binary, close."""
    session = opened()

    assert session.receive("4hello") == "hello"
    assert session.receive(b"\x01") == b"\x01"
    assert session.receive("6") is None
    assert session.receive("1") is Closing.BY_CLIENT


@pytest.mark.parametrize("message", ["0{}", "2", "2probe", "5", "9", ""])
def test_a_packet_that_only_a_server_sends_is_an_error(message):
    """As is one that is none, or an upgrade of what is a WebSocket already."""
    with pytest.raises(InvalidEnginePacket):
        opened().receive(message)


def test_a_closed_session_reads_nothing():
    """Whatever comes late."""
    session = opened()
    session.close()

    with pytest.raises(InvalidEnginePacket, match="not expected in state CLOSED"):
        session.receive("4hello")


@given(st.lists(st.text(max_size=5) | st.binary(max_size=5) | st.floats(0, 100), max_size=30))
def test_nothing_raises_but_protocol_errors(steps):
    """Messages and passing time in any order."""
    session, now = opened(), 0.0
    for step in steps:
        try:
            if isinstance(step, float):
                now += step
                session.pass_time(now=now)
                assert session.state is State.CLOSED or session.look_again_at > now
            else:
                session.receive(step)
        except ProtocolError:
            pass
