"""One health check over a Unix socket, against servers that answer well, badly and not at all."""

import asyncio
import socket

import pytest

from chorus.cluster.manager.probe import probe, probe_connection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\r\n"
    b'{"checks": {"database": {"status": "unavailable", "detail": "no answer at DATABASE_URL"},'
    b' "redis": {"status": "ok"}}}'
)


@pytest.fixture
async def serve(home):
    """Have an answer ready at a socket; the path of the socket, and what was asked there."""
    servers, asked = [], []

    async def start(answer: bytes | None):
        async def client(reader, writer):
            asked.append((await reader.readline()).decode().strip())
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
            writer.close()

        path = str(home / "worker.sock")
        servers.append(await asyncio.start_unix_server(client, path))
        return path, asked

    yield start
    for server in servers:
        server.close()


async def test_two_hundred_is_well(serve):
    path, asked = await serve(OK)

    answer = await probe(path, "/health/ready", timeout=5.0)

    assert (answer.well, answer.alive, answer.reason) == (True, True, "")
    assert asked == ["GET /health/ready HTTP/1.1"]


async def test_what_takes_connections_is_well_by_its_socket_or_its_port(serve):
    path, _ = await serve(None)
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]

    for target in (path, port):
        answer = await probe_connection(target, timeout=5.0)
        assert (answer.well, answer.alive, answer.reason) == (True, True, "")
    listening.close()
    await listening.wait_closed()
    answer = await probe_connection(port, timeout=5.0)
    assert (answer.well, answer.alive) == (False, False)


async def test_what_is_asked_something_is_well_when_it_answers_anything(serve):
    path, asked = await serve(b"-NOAUTH Authentication required.\r\n")

    answer = await probe_connection(path, ask="PING\r\n", timeout=5.0)

    assert (answer.well, answer.reason, asked) == (True, "", ["PING"])


async def test_what_takes_connections_and_does_not_answer_is_not_well_where_it_is_asked(home):
    """A process that stands still: the system takes as many as may wait."""
    with socket.socket(socket.AF_UNIX) as still:
        still.bind(str(home / "still.sock"))
        still.listen()
        answer = await probe_connection(str(home / "still.sock"), ask="PING\r\n", timeout=0.1)

    assert (answer.well, answer.alive) == (False, False)
    assert answer.reason == f"{home}/still.sock: no answer within 0.1 s"


async def test_what_hangs_up_without_a_word_is_not_well_where_it_is_asked(serve):
    path, _ = await serve(b"")

    answer = await probe_connection(path, ask="PING\r\n", timeout=5.0)

    assert (answer.well, answer.reason) == (False, f"{path}: hung up without a word")


async def test_a_socket_that_is_gone_is_not_well_and_named(home):
    answer = await probe_connection(str(home / "gone.sock"), timeout=5.0)

    assert (answer.well, answer.alive) == (False, False)
    assert answer.reason == f"{home}/gone.sock: No such file or directory"


async def test_503_is_alive_but_not_well_and_says_what_is_away(serve):
    path, _ = await serve(AWAY)

    answer = await probe(path, "/up", timeout=5.0)

    assert (answer.well, answer.alive) == (False, True)
    assert answer.reason == "GET /up: 503: database: no answer at DATABASE_URL"


@pytest.mark.parametrize("status", [b"500 Oh", b"404 Not Found", b"302 Found"])
async def test_any_other_status_is_neither(serve, status):
    path, _ = await serve(b"HTTP/1.1 " + status + b"\r\n\r\n")

    answer = await probe(path, "/up", timeout=5.0)

    assert (answer.well, answer.alive) == (False, False)
    assert status[:3].decode() in answer.reason


async def test_an_answer_of_http_1_0_counts_as_well(serve):
    path, _ = await serve(b"HTTP/1.0 204 No\r\n\r\n")

    assert (await probe(path, "/up", timeout=5.0)).well


async def test_what_is_away_is_named_and_what_is_ready_is_not_and_a_long_story_is_cut(serve):
    checks = (
        b'{"checks": {"a": {"status": "ready"}, "b": {"status": "failing"}, "c": {"detail": "' + b"x" * 999 + b'"}}}'
    )
    path, _ = await serve(b"HTTP/1.1 503 No\r\n\r\n" + checks)

    reason = (await probe(path, "/up", timeout=5.0)).reason

    assert reason.startswith("GET /up: 503: b: failing; c: xxx")
    assert len(reason) < 320


async def test_a_server_is_told_its_name_and_left_when_it_has_answered_nothing(home):
    """HTTP/1.1 asks for the name; and a check that is over costs nothing any more."""
    asked, left = [], asyncio.Event()

    async def client(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.read()
        left.set()
        writer.close()

    server = await asyncio.start_unix_server(client, str(home / "worker.sock"))
    await probe(str(home / "worker.sock"), "/up", timeout=0.1)
    await asyncio.wait_for(left.wait(), 10)
    server.close()

    assert b"\r\nHost: localhost\r\n" in asked[0]


async def test_no_answer_in_time_is_told_with_the_time(serve):
    path, _ = await serve(None)

    answer = await probe(path, "/up", timeout=0.05)

    assert (answer.alive, answer.reason) == (False, "GET /up: no answer within 0.05 s")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n\r\n",
        b"x" * 200_000,
        b"HTTP/1.1 two\r\n\r\n",
        b"HTTP/1.1 20\r\n\r\n",
        b"HTTP/1.1 \xff\xff\xff\r\n\r\n",
        b"\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_failure_and_no_more(serve, answer):
    path, _ = await serve(answer)

    found = await probe(path, "/up", timeout=5.0)

    assert (found.well, found.alive, found.status) == (False, False, None)
    assert found.reason.startswith("GET /up: ")


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b'{"checks": 4}',
        b'{"checks": {"a": 1}}',
        b"{{{",
        b"\xff",
        b'{"\xff": 1}',
        b'{"a":' * 9_000 + b"}",
        b'{"checks": {}}',
    ],
)
async def test_any_body_is_allowed(serve, body):
    path, _ = await serve(b"HTTP/1.1 503 No\r\n\r\n" + body)

    assert (await probe(path, "/up", timeout=5.0)).reason.startswith("GET /up: 503")


async def test_nobody_listening_is_a_failure(home):
    answer = await probe(str(home / "none.sock"), "/up", timeout=5.0)

    assert (answer.alive, answer.status) == (False, None)
