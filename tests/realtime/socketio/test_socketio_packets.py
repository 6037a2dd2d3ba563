"""Socket.IO packets: written, and read back."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.errors import InvalidPacket, ProtocolError, TooLarge
from chorus.realtime.socketio.decoder import Decoder
from chorus.realtime.socketio.packets import RESERVED_EVENTS, Packet, PacketType, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | st.binary(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts.filter(lambda key: key != "_placeholder"), inner, max_size=3)
    ),
    max_leaves=8,
)
namespaces = st.just("/") | texts.filter(lambda name: "," not in name).map(lambda name: f"/{name}")
plain = st.dictionaries(texts, st.integers() | texts, max_size=3)
events = st.tuples(texts.filter(lambda name: name not in RESERVED_EVENTS), values, values).map(list)
ids = st.integers(0, 10**16 - 1)
packets = (
    st.builds(Packet, st.just(PacketType.CONNECT), namespaces, st.none() | plain)
    | st.builds(Packet, st.just(PacketType.DISCONNECT), namespaces)
    | st.builds(Packet, st.just(PacketType.EVENT), namespaces, events, st.none() | ids)
    | st.builds(Packet, st.just(PacketType.ACK), namespaces, st.lists(values, max_size=3), ids)
    | st.builds(Packet, st.just(PacketType.CONNECT_ERROR), namespaces, plain)
)


def read(*messages, max_attachments=100):
    decoder = Decoder(max_attachments=max_attachments)
    *earlier, last = [decoder.feed(message) for message in messages]
    assert not any(earlier)
    return last


@given(packets)
def test_reading_undoes_writing(packet):
    """For every packet, binary ones in any depth among them."""
    text, attachments = encode(packet)

    assert read(text.decode(), *attachments) == packet


@given(st.lists(packets, min_size=1, max_size=4), st.data())
def test_wherever_what_comes_is_split_the_same_packets_are_read(sent, data):
    """Also between a packet and its attachments: another decoder goes on where the first one was."""
    messages = [part for text, attachments in map(encode, sent) for part in (text.decode(), *attachments)]
    splits = data.draw(st.sets(st.integers(0, len(messages) - 1)))
    decoder, seen = Decoder(max_attachments=100), []
    for at, message in enumerate(messages):
        if at in splits:
            unfinished, decoder = decoder.unfinished, Decoder(max_attachments=100)
            if unfinished is not None:
                decoder.resume(unfinished)
        seen.append(decoder.feed(message))

    assert [packet for packet in seen if packet is not None] == sent


@given(st.lists(st.text() | st.binary(max_size=4) | packets.map(lambda packet: encode(packet)[0].decode())))
def test_nothing_raises_but_protocol_errors(messages):
    """Whatever follows whatever."""
    decoder = Decoder(max_attachments=3)
    for message in messages:
        try:
            decoder.feed(message)
        except ProtocolError:
            decoder = Decoder(max_attachments=3)


@given(st.from_regex(r"\A[0-7]([0-9]{0,3}-)?(/[a-z]{0,3},?)?[0-9]{0,18}[\[\]{}\"a:,0-9_]{0,12}\Z"))
def test_nothing_that_looks_nearly_right_raises_anything_else(text):
    """Closer to the grammar than plain text."""
    with contextlib.suppress(ProtocolError):
        Decoder(max_attachments=3).feed(text)


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        (Packet(PacketType.CONNECT), "0"),
        (Packet(PacketType.CONNECT, "/admin", {"token": "123"}), '0/admin,{"token":"123"}'),
        (Packet(PacketType.DISCONNECT, "/admin"), "1/admin,"),
        (Packet(PacketType.EVENT, data=["hello", 1]), '2["hello",1]'),
        (Packet(PacketType.EVENT, "/admin", ["project:delete", 123], 456), '2/admin,456["project:delete",123]'),
        (Packet(PacketType.ACK, "/admin", [], 456), "3/admin,456[]"),
        (Packet(PacketType.CONNECT_ERROR, data={"message": "Not authorized"}), '4{"message":"Not authorized"}'),
    ],
)
def test_packets_look_as_the_protocol_document_shows(packet, text):
    """Its examples."""
    assert encode(packet) == (text.encode(), ())
    assert read(text) == packet


def test_attachments_follow_in_order_and_placeholders_number_them():
    """Also within dicts, lists and structs."""

    class Picture(msgspec.Struct):
        bytes: bytes

    text, attachments = encode(Packet(PacketType.EVENT, data=["pictures", {"a": [Picture(b"\1")]}, b"\2"], id=13))

    assert text == (b'52-13["pictures",{"a":[{"bytes":{"_placeholder":true,"num":0}}]},{"_placeholder":true,"num":1}]')
    assert attachments == (b"\1", b"\2")


def test_half_a_character_becomes_a_question_mark_and_ends_nothing():
    """JavaScript escapes a lone surrogate; the official client sends what people cut in two."""
    packet = Decoder(max_attachments=0).feed('2["say","broken \\ud83d emoji, whole \\ud83d\\ude00"]')

    assert packet is not None
    assert packet.data == ["say", "broken ? emoji, whole \U0001f600"]


def test_json_that_is_json_already_goes_in_as_it_is():
    """A log's entry is not decoded to be encoded."""
    assert encode(Packet(PacketType.EVENT, data=("entry", msgspec.Raw(b'{"seq": 1}')))) == (
        b'2["entry",{"seq": 1}]',
        (),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "x",
        "2",
        "2{}",
        "2[]",
        "2[1]",
        '2["connect"]',
        '2["disconnect",1]',
        "2[",
        '2["a"]]',
        "3",
        "3[]",
        "31{}",
        "0[]",
        '0"a"',
        "1[]",
        "4",
        "4[]",
        '5["a"]',
        '5-["a"]',
        '5x-["a"]',
        '51["a"]',
        '299999999999999999["a"]',
        '2²["a"]',
        '2٣["a"]',
        "2" + "[" * 100_000,
        '2["a",1e999]',
    ],
)
def test_what_is_no_packet_is_named(text):
    """Every kind of it."""
    with pytest.raises(InvalidPacket):
        read(text)


def test_more_attachments_than_allowed_are_refused_before_they_come():
    """A number costs a client nothing."""
    with pytest.raises(TooLarge, match="attachments: found 999999999, allowed 10"):
        read('5999999999-["a"]', max_attachments=10)


@pytest.mark.parametrize("number", ["-1", "1", "0.5", '"0"', "true", "null"])
def test_a_placeholder_for_no_attachment_is_an_error(number):
    """Its number counts attachments from 0."""
    with pytest.raises(InvalidPacket, match="placeholder"):
        read(f'51-["a",{{"_placeholder":true,"num":{number}}}]', b"x")


def test_a_text_where_an_attachment_belongs_is_an_error_and_so_is_the_reverse():
    """Packets do not interleave."""
    with pytest.raises(InvalidPacket, match="expected 1 more attachments"):
        read('51-["a",{"_placeholder":true,"num":0}]', '2["b"]')
    with pytest.raises(InvalidPacket, match="expected a text"):
        read(b"x")
