"""Engine.IO, protocol version 4, case by case, against the conformance server's /engine.io/.

https://socket.io/docs/v4/engine-io-protocol/
"""

import json

import pytest

from parts.polling import Poller
from parts.websocket import Closed, RawClient

pytestmark = pytest.mark.processes

PATH = "/engine.io/"
WEBSOCKET = PATH + "?EIO=4&transport=websocket"


@pytest.fixture
async def poller(conformance_port):
    async with Poller(f"http://127.0.0.1:{conformance_port}", path=PATH) as poller:
        yield poller


@pytest.fixture
def port(conformance_port):
    return conformance_port


async def opened(port, target=WEBSOCKET):
    client = (await RawClient.ask(port, target)).client
    opening = json.loads((await client.receive())[1:])
    return client, opening


async def probing(port, poller):
    """A WebSocket that asked to take over the session that polls."""
    client = (await RawClient.ask(port, f"{WEBSOCKET}&sid={poller.sid}")).client
    client.send("2probe")
    assert await client.receive() == "3probe"
    return client


async def hears(client):
    """The next message that is no ping; pings are answered."""
    while (message := await client.receive()) == "2":
        client.send("3")
    return message


# Handshake


@pytest.mark.parametrize(
    "wrong", [{"EIO": None}, {"EIO": "abc"}, {"EIO": "3"}, {"transport": None}, {"transport": "abc"}]
)
async def test_a_handshake_with_wrong_parameters_is_refused(poller, port, wrong):
    """Row 1: by polling, with the code that clients know, and by WebSocket."""
    answer = await poller.request(**wrong)
    assert answer.status_code == 400
    assert answer.json() == (
        {"code": 5, "message": "Unsupported protocol version"}
        if "EIO" in wrong
        else {"code": 0, "message": "Transport unknown"}
    )

    query = {"EIO": "4", "transport": "websocket", **wrong}
    target = PATH + "?" + "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
    answer = await RawClient.ask(port, target)
    assert answer.status == 400
    answer.client.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_handshake_by_another_method_is_refused(poller, method):
    """Row 1: only GET opens a session."""
    answer = await poller.request(method, "4hello")

    assert answer.status_code == 400
    assert answer.json() == {"code": 2, "message": "Bad handshake method"}


async def test_what_a_session_that_polls_does_not_take_is_a_bad_request_and_it_goes_on(poller):
    """Row 1: another method; and a request that says WebSocket and is none, as when a proxy dropped the upgrade."""
    await poller.open()
    for answer in (await poller.request("PUT", "4hello"), await poller.request(transport="websocket")):
        assert answer.status_code == 400
        assert answer.json() == {"code": 3, "message": "Bad request"}

    await poller.post("4hello")
    assert await poller.poll() == "4hello"


async def test_an_unknown_sid_is_said_to_be_unknown(poller):
    """Row 1: with the code that clients know."""
    poller.sid = "0.unknown"

    for method in ("GET", "POST"):
        answer = await poller.request(method, "4hello" if method == "POST" else None)
        assert answer.status_code == 400
        assert answer.json() == {"code": 1, "message": "Session ID unknown"}


# Messages


@pytest.mark.parametrize(
    "packets",
    [
        ["4hello"],
        ["4test1", "4test2", "4test3"],
        ["4hello", "bAQIDBA=="],
        ["4" + "é€😀" * 1000, "b"],
        ["4" + "x" * 900_000],
    ],
    ids=["one", "several", "binary", "beyond ascii", "large"],
)
async def test_payloads_are_sent_and_received_by_polling(poller, packets):
    """Row 1: a POST answers ok; Row 2: binary and UTF-8 over polling."""
    await poller.open()

    await poller.post(*packets)

    assert await poller.poll() == "\x1e".join(packets)


@pytest.mark.parametrize("message", ["4hello", "4é€😀", bytes([1, 2, 3, 4])])
async def test_messages_are_sent_and_received_by_websocket(port, message):
    """Row 1: text and binary."""
    client, _ = await opened(port)
    client.send(message)

    assert await hears(client) == message
    client.close()


@pytest.mark.parametrize("body", ["abc", "", "4a\x1e\x1e4b", "b!!!", "4a\x1eb=", "9", b"4\xff"])
async def test_an_invalid_packet_closes_a_polling_session_with_400(poller, body):
    """Row 1: and the session is gone."""
    await poller.open()

    assert (await poller.request("POST", body)).status_code == 400
    assert (await poller.request()).status_code == 400


@pytest.mark.parametrize("message", ["abc", "", "9", "2", "0{}"])
async def test_an_invalid_packet_closes_a_websocket(port, message):
    """Row 1: with the code of a broken protocol."""
    client, _ = await opened(port)
    client.send(message)

    assert (await client.closed()).code == 1002


async def test_a_second_poll_closes_the_session(poller):
    """Row 1: the first one is told CLOSE, the second one 400."""
    await poller.open()
    first = await poller.start_polling()

    second = await poller.request()

    assert ((await first).status_code, (await first).text) == (200, "1")
    assert second.status_code == 400
    assert (await poller.request()).status_code == 400


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_above_max_payload_is_refused_with_413(poller, chunked):
    """Row 2: maxPayload by polling, announced or not; the session is over."""

    async def parts():
        for _ in range(20):
            yield b"4" + b"x" * 60_000

    await poller.open()
    body = parts() if chunked else "4" + "x" * 1_000_000

    assert (await poller.request("POST", body)).status_code == 413
    assert (await poller.request()).status_code == 400


async def test_a_message_above_max_payload_closes_a_websocket_with_1009(port):
    """Row 2: maxPayload by WebSocket."""
    client, _ = await opened(port)
    client.send("4" + "x" * 1_000_000)

    assert (await client.closed()).code in (1009, None)


async def test_more_packets_than_allowed_in_a_body_are_refused(poller):
    """Row 2: they would cost more than their bytes."""
    await poller.open()

    assert (await poller.request("POST", "\x1e".join(["4"] * 10_001))).status_code == 413
    assert (await poller.request()).status_code == 400


# Close


async def test_close_during_a_poll_answers_noop(poller):
    """Row 1: and the session is gone."""
    await poller.open()
    poll = await poller.start_polling()

    await poller.post("1")

    assert ((await poll).status_code, (await poll).text) == (200, "6")
    assert (await poller.request()).status_code == 400


async def test_close_ends_a_websocket(port):
    """Row 1."""
    client, _ = await opened(port)
    client.send("1")

    assert (await client.closed()).code == 1000


# Upgrade


async def test_a_websocket_takes_a_session_over(poller, port):
    """Row 1: polls end with a noop, then everything goes by WebSocket."""
    await poller.open()
    client = await probing(port, poller)

    assert await poller.poll() == "6"
    client.send("5")
    client.send("4hello")

    assert await hears(client) == "4hello"
    client.close()


async def test_a_poll_under_way_ends_when_a_websocket_probes(poller, port):
    """Row 1: so that its client can stop polling."""
    await poller.open()
    poll = await poller.start_polling()

    client = await probing(port, poller)

    assert ((await poll).status_code, (await poll).text) == (200, "6")
    client.close()


async def test_packets_in_flight_during_an_upgrade_are_neither_lost_nor_reordered(poller, port):
    """Row 2: what no poll has fetched comes first on the WebSocket."""
    await poller.open()
    await poller.post("4a", "4b", "bAQ==")
    client = await probing(port, poller)
    await poller.post("4c")

    client.send("5")
    client.send("4d")

    assert [await hears(client) for _ in range(5)] == ["4a", "4b", b"\1", "4c", "4d"]
    client.close()


async def test_after_the_upgrade_nothing_works_by_polling(poller, port):
    """Row 1: GET and POST are refused, the session goes on."""
    await poller.open()
    client = await probing(port, poller)
    client.send("5")
    client.send("4first")
    assert await hears(client) == "4first"

    assert (await poller.request()).status_code == 400
    assert (await poller.request("POST", "4hello")).status_code == 400
    assert (await poller.request("POST", "4" + "x" * 1_000_000)).status_code == 413

    client.send("4still here")
    assert await hears(client) == "4still here"
    client.close()


async def test_a_second_websocket_for_a_session_is_closed(poller, port):
    """Row 1: while one probes and after it took over; the session goes on."""
    await poller.open()
    client = await probing(port, poller)

    for message in ("5", "4hello"):
        second = (await RawClient.ask(port, f"{WEBSOCKET}&sid={poller.sid}")).client
        assert isinstance(await second.closed(), Closed)
        client.send(message)

    assert await hears(client) == "4hello"
    client.close()


@pytest.mark.parametrize("message", ["5", "2", "2other", "4hello", b"\1"])
async def test_a_failed_probe_leaves_the_session_polling(poller, port, message):
    """Row 1: only that WebSocket is closed."""
    await poller.open()
    client = (await RawClient.ask(port, f"{WEBSOCKET}&sid={poller.sid}")).client
    client.send(message)
    await client.closed()

    await poller.post("4hello")
    assert await poller.poll() == "4hello"


# Origins


async def test_a_page_of_an_allowed_origin_may_read_the_answers(poller):
    """Row 2: CORS *, also before a request that asks for leave, and on errors."""
    origin = {"Origin": "https://elsewhere.example"}

    ask = await poller.request("OPTIONS", headers={**origin, "Access-Control-Request-Headers": "content-type"})
    answer = await poller.request(headers=origin)
    wrong = await poller.request(transport="abc", headers=origin)

    assert ask.status_code == 204
    assert ask.headers["access-control-allow-methods"] == "GET, POST"
    assert ask.headers["access-control-allow-headers"] == "content-type"
    assert [each.headers["access-control-allow-origin"] for each in (ask, answer, wrong)] == ["*"] * 3
