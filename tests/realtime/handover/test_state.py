"""A session as bytes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.engineio.session import State
from chorus.realtime.errors import StateRefused
from chorus.realtime.handover.state import VERSION, ClientState, SessionState, WireState, decode, encode, is_plain
from chorus.realtime.socketio.decoder import Unfinished
from chorus.realtime.socketio.packets import Packet, PacketType

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.text(max_size=20)
numbers = st.integers(0, 2**53)
ages = st.floats(0, 1e6)
clients = st.builds(
    ClientState,
    namespace=names,
    sid=names,
    rooms=st.lists(names, max_size=4).map(tuple),
    next_call=numbers,
    open_calls=st.lists(numbers, max_size=4).map(tuple),
    heard=st.dictionaries(names, st.lists(st.binary(), max_size=3), max_size=3),
    carried=st.dictionaries(names, plain, max_size=3),
)
unfinished = st.builds(
    Unfinished,
    packet=st.builds(Packet, st.just(PacketType.EVENT), names, st.lists(plain, max_size=3), st.none() | numbers),
    missing=st.integers(1, 10),
    attachments=st.lists(st.binary(), max_size=3),
)
sessions = st.builds(
    SessionState,
    sid=names,
    method=st.just("GET"),
    target=names,
    fields=st.binary(),
    remote=names,
    age=ages,
    engine=st.sampled_from([State.QUIET.name, State.AWAITING_PONG.name]),
    pinged_ago=ages,
    wire=st.builds(
        WireState,
        deflates=st.booleans(),
        fragments=st.lists(st.binary(), max_size=3).map(tuple),
        text=st.booleans(),
        compressed=st.booleans(),
    ),
    unfinished=st.none() | unfinished,
    clients=st.lists(clients, max_size=3).map(tuple),
    unsent=st.binary(),
)


@given(sessions)
def test_what_is_read_is_what_was_written(session: SessionState):
    """Row 14: sid, namespaces, rooms, user data, acks outstanding, unsent bytes."""
    assert decode(encode(session)) == session


@given(plain)
def test_plain_data_comes_back_as_it_was(value: object):
    assert is_plain(value)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(value)) == value


@pytest.mark.parametrize("value", [(1, 2), {1: 2}, {"a": {3}}, object(), 2**64, ClientState])
def test_other_data_is_not_taken_for_plain(value: object):
    assert not is_plain(value)


def test_another_version_is_refused_whatever_follows():
    found = msgspec.msgpack.encode([VERSION + 1, {"written": "otherwise"}])

    with pytest.raises(StateRefused, match=f"found version {VERSION + 1}, expected {VERSION}"):
        decode(found)


@given(st.binary())
def test_nothing_but_a_refusal_comes_out_of_other_bytes(data: bytes):
    with pytest.raises(StateRefused):
        decode(data)
