"""permessage-deflate: what is agreed, what is compressed, and what a client may send compressed."""

import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime import Compression, EngineOptions, Server
from chorus.realtime.errors import InvalidFrame, TooLarge
from chorus.realtime.transport.deflate import Deflater, agree, expand
from chorus.realtime.transport.frames import binary_frame, parts, text_frame
from parts.polling import Poller
from parts.websocket import CONTINUATION, TEXT, RawClient, serving

AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


@pytest.mark.parametrize(
    "offers",
    [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        'permessage-deflate;server_max_window_bits="15";client_max_window_bits=10',
        "x-other, permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=9, permessage-deflate",
    ],
)
def test_what_we_can_do_is_agreed_to(offers):
    """The first offer that fits. RFC 7692, section 5."""
    assert agree(offers) == AGREED


@pytest.mark.parametrize(
    "offers",
    [
        "",
        "x-webkit-deflate-frame",
        "permessage-deflate; server_max_window_bits=9",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ],
)
def test_what_we_cannot_do_is_not(offers):
    """Nor what the RFC does not allow."""
    assert agree(offers) is None


@given(st.lists(st.text(max_size=2000) | st.binary(max_size=2000), max_size=5))
def test_what_is_compressed_expands_to_what_it_was(messages):
    """In its order, each message as its own."""
    data = b"".join(
        text_frame(message.encode()) if isinstance(message, str) else binary_frame(message) for message in messages
    )

    found = [
        (kind & ~0x40, expand(payload, most=10_000) if kind & 0x40 else payload)
        for kind, payload in parts(Deflater(Compression(threshold=10)).compress(data))
    ]

    assert [payload.decode() if kind == 0x81 else payload for kind, payload in found] == messages


def test_only_long_messages_are_compressed_and_only_if_it_helps():
    """The threshold is of a message, whatever it travels with."""
    deflater = Deflater(Compression(threshold=100))
    short, long, noise = (
        text_frame(b"a" * 99),
        text_frame(b"a" * 100),
        binary_frame(zlib.compress(bytes(range(256)), 9)),
    )

    assert deflater.compress(short * 3) == short * 3
    assert len(deflater.compress(long)) < 20
    assert deflater.compress(noise) == noise


def test_the_same_bytes_are_compressed_once_for_all_members_of_a_room():
    """One object in, one object out."""
    deflater, data = Deflater(Compression(threshold=10)), text_frame(b"a" * 1000)

    assert deflater.compress(data) is deflater.compress(data)


@given(st.binary(max_size=200))
def test_nothing_but_the_named_errors_comes_of_what_a_client_sends(payload):
    """Row 2: the parser of what is compressed."""
    with contextlib.suppress(InvalidFrame, TooLarge):
        assert len(expand(payload, most=1000)) <= 1000


def test_a_bomb_is_not_expanded():
    """Row 2: its size is known when it has passed the bound, not when it has filled the memory."""
    with pytest.raises(TooLarge):
        expand(deflated(bytes(100_000_000)), most=1000)


def deflated(payload):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]


# On the wire


@pytest.fixture
def server():
    server = Server(options=EngineOptions(max_payload=10_000, compression=Compression(threshold=200)))
    server.namespace("/").on("echo")(lambda client, *arguments: client.emit("echo", *arguments))
    return server


async def connected(port):
    answer = await RawClient.ask(port, headers=OFFER)
    assert f"Sec-WebSocket-Extensions: {AGREED}\r\n" in answer.head
    await answer.client.receive()
    answer.client.send("40")
    await answer.client.receive()
    return answer.client


async def test_long_messages_are_compressed_in_both_directions(server):
    """Row 2: above the threshold; fragmented or not."""
    text = '42["echo","' + "é" * 1000 + '"]'
    async with serving(server) as port:
        client = await connected(port)
        payload = deflated(text.encode())
        client.send(payload, TEXT, rsv1=True)
        whole = await client.frame()
        client.send(payload[:3], TEXT, rsv1=True, fin=False)
        client.send(payload[3:], CONTINUATION)
        fragmented = await client.frame()
        client.send('42["echo",1]')
        short = await client.receive()
        client.close()

    assert expand(whole[1], most=10_000).decode() == text
    assert whole == fragmented
    assert len(whole[1]) < 100
    assert short == '42["echo",1]'


@pytest.mark.parametrize(
    ("payload", "code"), [(deflated(b"4" * 10_001), 1009), (b"\xff\xff\xff", 1002), (deflated(b"\xff\xfe"), 1007)]
)
async def test_what_is_wrong_in_a_compressed_message_ends_that_session(server, payload, code):
    """Row 2: too much, no deflated data, no UTF-8."""
    async with serving(server) as port:
        client = await connected(port)
        client.send(payload, TEXT, rsv1=True)

        assert (await client.closed()).code == code
        client.close()


@pytest.mark.parametrize("offer", [OFFER, ""], ids=["a continuation", "nothing agreed"])
async def test_a_flag_that_means_nothing_ends_that_session(server, offer):
    """RFC 6455, section 5.2: RSV1 outside a compressed message's first frame."""
    async with serving(server) as port:
        client = (await RawClient.ask(port, headers=offer)).client
        await client.receive()
        if offer:
            client.send("4", fin=False)
        client.send(b"0", CONTINUATION if offer else TEXT, rsv1=True)

        assert (await client.closed()).code == 1002
        client.close()


async def test_by_default_nothing_is_compressed():
    """Whatever a client offers."""
    async with serving(Server()) as port:
        answer = await RawClient.ask(port, headers=OFFER)
        answer.client.close()

    assert "Extensions" not in answer.head


async def test_long_answers_to_polls_are_compressed_for_those_who_say_so(server):
    """By gzip, and caches are told that it depends."""
    async with serving(server) as port, Poller(f"http://127.0.0.1:{port}") as poller:
        await poller.connect()
        found = []
        for encodings in ("gzip, br", "identity"):
            await poller.post('42["echo","' + "a" * 1000 + '"]')
            answer = await poller.request(headers={"Accept-Encoding": encodings})
            found.append((answer.headers.get("content-encoding"), answer.headers["vary"], answer.text))
        await poller.post("1")

    body = '42["echo","' + "a" * 1000 + '"]'
    assert found == [("gzip", "Accept-Encoding", body), (None, "Accept-Encoding", body)]
