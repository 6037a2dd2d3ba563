"""Engine.IO packets, in messages and in polling bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.engineio.packets import Packet, PacketType, decode, decode_payload, encode, encode_payload
from chorus.realtime.errors import InvalidEnginePacket, ProtocolError, TooLarge

texts = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
packets = st.builds(Packet, st.sampled_from(PacketType), texts) | st.builds(
    Packet, st.just(PacketType.MESSAGE), st.binary()
)


@given(packets)
def test_decoding_a_message_undoes_encoding(packet):
    """For every packet."""
    assert decode(encode(packet)) == packet


@given(st.lists(packets, min_size=1, max_size=8))
def test_decoding_a_body_undoes_encoding(packets):
    """For every list of packets, binary ones among them."""
    assert decode_payload(encode_payload(packets), max_packets=8) == packets


@given(st.text() | st.binary())
def test_no_message_raises_anything_but_a_protocol_error(message):
    """Whatever a client sends."""
    try:
        decode(message)
        decode_payload(message if isinstance(message, str) else message.decode("latin-1"), max_packets=4)
    except ProtocolError:
        pass


@pytest.mark.parametrize("message", ["", "7", "x", "\x1e", "²"])
def test_a_message_without_a_known_type_is_named(message):
    """The text says what was found."""
    with pytest.raises(InvalidEnginePacket, match=r"packet type: found .* expected a digit from 0 to 6"):
        decode(message)


def test_a_body_with_too_many_packets_is_refused_whole():
    """Separators are cheap for a sender."""
    with pytest.raises(TooLarge):
        decode_payload("\x1e".join(["4a"] * 5), max_packets=4)


def test_a_body_looks_as_the_protocol_document_shows():
    """Its own example: text, text, binary."""
    packets = [Packet(PacketType.MESSAGE, "hello"), Packet(PacketType.PING), Packet(PacketType.MESSAGE, b"\1\2\3\4")]

    assert encode_payload(packets) == "4hello\x1e2\x1ebAQIDBA=="
