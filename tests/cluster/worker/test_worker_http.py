"""What one HTTP client may send, and how long it may take; the transport is in memory and the clock is the test's."""

import asyncio
import heapq
import itertools

import pytest
import uvicorn
from uvicorn.server import ServerState

from chorus.cluster.worker.http_protocol import (
    ANSWER_TIME,
    BODY_TIME,
    HEAD_TIME,
    IDLE_GRACE,
    LARGEST_HEAD,
    LAST_LOOK,
    LINGER,
    SLOWEST,
    HttpProtocol,
)


class Clock:
    """What a protocol wants of an event loop; time passes when the test says so."""

    def __init__(self):
        self.now = 100.0
        self.order = itertools.count()
        self.due = []

    def time(self):
        return self.now

    def create_task(self, work, **options):
        return asyncio.get_running_loop().create_task(work, **options)

    def call_later(self, delay, callback, *arguments):
        handle = asyncio.TimerHandle(self.now + delay, callback, arguments, asyncio.get_running_loop())
        heapq.heappush(self.due, (self.now + delay, next(self.order), handle))
        return handle

    def waiting(self):
        return [handle for _, _, handle in self.due if not handle.cancelled()]

    def pass_time(self, seconds):
        until = self.now + seconds
        while self.due and self.due[0][0] <= until:
            self.now, _, handle = heapq.heappop(self.due)
            if not handle.cancelled():
                handle._run()
        self.now = until


class Transport:
    """Remembers what was written."""

    def __init__(self):
        self.written = b""
        self.closed = self.ended = self.paused = self.aborted = False
        self.waiting = 0

    def get_extra_info(self, _name, default=None):
        return default

    def write(self, data):
        self.written += data

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.ended = True

    def close(self):
        self.closed = True

    def abort(self):
        self.closed = self.aborted = True

    def get_write_buffer_size(self):
        return self.waiting

    def is_closing(self):
        return self.closed

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False


class Connection:
    """A client's end."""

    def __init__(self):
        self.clock, self.transport = Clock(), Transport()
        self.bodies, self.headers = [], []
        self.reads, self.ends = asyncio.Event(), asyncio.Event()
        self.reads.set()
        self.ends.set()
        config = uvicorn.Config(self.application, log_config=None, interface="asgi3", access_log=False)
        self.protocol = HttpProtocol(config, ServerState(), {}, self.clock)
        self.protocol.connection_made(self.transport)

    async def application(self, scope, receive, send):
        self.headers = scope["headers"]
        await self.reads.wait()
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.bodies.append("disconnected")
                return
            body += message["body"]
            if not message["more_body"]:
                break
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await self.ends.wait()
        await send({"type": "http.response.body", "body": b""})

    async def send(self, *pieces):
        for piece in pieces:
            self.protocol.data_received(piece)
            await self.settle()

    async def begin_answer(self):
        self.ends.clear()
        await self.send(POST + b"content-length: 2\r\n\r\nhi")

    async def settle(self):
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def answer(self):
        """The status lines of the answers."""
        return [line for line in self.transport.written.split(b"\r\n") if line.startswith(b"HTTP/")]


@pytest.fixture
async def client():
    return Connection()


POST = b"POST / HTTP/1.1\r\nhost: x\r\n"
LINE = b"a: " + b"b" * 8000 + b"\r\n"


async def test_headers_without_end_are_refused_and_no_longer_kept(client):
    await client.send(b"GET / HTTP/1.1\r\n", *[LINE] * 100)

    assert client.answer == [b"HTTP/1.1 431 Request Header Fields Too Large"]
    assert client.transport.ended
    assert len(client.protocol.headers) <= LARGEST_HEAD // len(LINE) + 1
    client.clock.pass_time(LINGER)
    assert client.transport.closed


@pytest.mark.parametrize("begin", [b"GET /", b"GET / HTTP/1.1\r\na: ", b"GET / HTTP/1.1\r\na"])
async def test_a_target_a_name_or_a_value_without_end_is_refused(client, begin):
    await client.send(begin, *[b"x" * 8000] * 100)

    assert client.answer == [b"HTTP/1.1 431 Request Header Fields Too Large"]


async def test_too_large_a_head_is_refused_also_when_it_comes_at_once(client):
    await client.send(b"GET / HTTP/1.1\r\n" + LINE * 20 + b"\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n")

    assert client.answer == [b"HTTP/1.1 431 Request Header Fields Too Large"]
    assert client.bodies == []


async def test_large_headers_within_the_bound_and_a_large_body_are_served(client):
    head = POST + LINE * 8 + b"content-length: 1000000\r\n\r\n"
    assert len(head) < LARGEST_HEAD

    await client.send(head + b"x" * 200_000, *[b"x" * 100_000] * 8)

    assert client.bodies == [b"x" * 1_000_000]
    assert client.answer == [b"HTTP/1.1 204 No Content"]


async def test_trailers_without_end_are_refused_and_small_ones_are_no_headers(client):
    await client.send(POST + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n0\r\n", b"admin: yes\r\n")
    assert (b"admin", b"yes") not in client.headers

    await client.send(*[LINE] * 100)

    assert client.answer == [b"HTTP/1.1 431 Request Header Fields Too Large"]
    assert client.bodies == ["disconnected"]


async def test_a_head_that_takes_too_long_is_answered_and_closed(client):
    client.clock.pass_time(HEAD_TIME - 1)
    await client.send(b"GET / HTTP/1.1\r\n")
    for _ in range(int(HEAD_TIME) - 1):
        client.clock.pass_time(1)
        await client.send(b"a: b\r\n")
    assert client.answer == []

    client.clock.pass_time(1)

    assert client.answer == [b"HTTP/1.1 408 Request Timeout"]
    client.clock.pass_time(LINGER)
    assert client.transport.closed


async def test_a_connection_that_never_says_a_byte_is_closed_without_a_word(client):
    client.clock.pass_time(HEAD_TIME)

    assert (client.transport.closed, client.transport.written) == (True, b"")


async def test_a_second_head_that_takes_too_long_is_closed_too(client):
    await client.send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    await client.send(b"GET / HT")

    client.clock.pass_time(HEAD_TIME)

    assert client.answer == [b"HTTP/1.1 204 No Content", b"HTTP/1.1 408 Request Timeout"]


async def test_a_connection_between_two_requests_is_closed_when_it_is_idle(client):
    await client.send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")

    client.clock.pass_time(5.0 + LAST_LOOK)

    assert client.transport.closed


async def test_a_body_that_trickles_ends_and_the_application_is_told(client):
    await client.send(POST + b"content-length: 1000\r\n\r\n")
    for _ in range(int(BODY_TIME) + 1):
        client.clock.pass_time(1)
        await client.send(b"x")

    client.clock.pass_time(BODY_TIME)
    await client.settle()

    assert client.answer == [b"HTTP/1.1 408 Request Timeout"]
    assert client.bodies == ["disconnected"]


async def test_a_large_body_at_a_usual_speed_may_take_long(client):
    size = int(10 * BODY_TIME) * 2 * SLOWEST
    await client.send(POST + b"content-length: %d\r\n\r\n" % size)
    for _ in range(int(10 * BODY_TIME)):
        client.clock.pass_time(1)
        await client.send(b"x" * 2 * SLOWEST)

    assert client.answer == [b"HTTP/1.1 204 No Content"]


async def test_a_client_is_not_blamed_for_an_application_that_does_not_read(client):
    client.reads.clear()
    await client.send(POST + b"content-length: 200000\r\n\r\n", b"x" * 100_000)
    assert client.transport.paused

    client.clock.pass_time(10 * BODY_TIME)
    client.reads.set()
    await client.settle()
    await client.send(b"x" * 100_000)

    assert client.answer == [b"HTTP/1.1 204 No Content"]


async def test_a_request_in_one_piece_leaves_no_timer_but_the_idle_one(client):
    await client.send(POST + b"content-length: 2\r\n\r\nhi")

    assert client.bodies == [b"hi"]
    assert len(client.clock.waiting()) == 1


async def test_a_client_that_does_not_take_its_answer_is_cut(client):
    await client.begin_answer()
    client.transport.waiting = 10**6
    client.protocol.pause_writing()
    client.clock.pass_time(ANSWER_TIME - 1)
    assert not client.transport.closed

    client.transport.waiting -= int(SLOWEST * ANSWER_TIME) - 1
    client.clock.pass_time(1)

    assert client.transport.aborted


async def test_a_client_that_takes_its_answer_slowly_may_take_long(client):
    await client.begin_answer()
    client.transport.waiting = int(10 * SLOWEST * ANSWER_TIME)
    client.protocol.pause_writing()
    for _ in range(10):
        client.transport.waiting -= int(SLOWEST * ANSWER_TIME)
        client.clock.pass_time(ANSWER_TIME)
        assert not client.transport.closed

    assert client.protocol.flow.write_paused
    client.protocol.resume_writing()
    assert not client.protocol.flow.write_paused
    client.clock.pass_time(2 * ANSWER_TIME)

    assert not client.transport.aborted


async def test_a_lost_connection_leaves_no_timer(client):
    await client.send(POST + b"content-length: 2\r\n\r\n")

    client.protocol.connection_lost(None)

    assert client.clock.waiting() == []


# At the end of a worker

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def test_a_request_that_came_while_the_process_had_no_turn_is_answered_before_its_connection_is_drained(client):
    await client.send(GET)
    client.protocol.shutdown()
    client.clock.pass_time(IDLE_GRACE)  # timers run first, then what came is read
    await client.send(GET)

    assert len(client.answer) == 2
    assert client.transport.written.count(b"connection: close") == 1
    assert client.transport.closed


async def test_a_drained_connection_without_a_request_is_closed(client):
    await client.send(GET)
    client.protocol.shutdown()
    client.clock.pass_time(IDLE_GRACE)
    assert not client.transport.closed
    client.clock.pass_time(LAST_LOOK)

    assert client.transport.closed


async def test_an_answer_that_had_begun_when_draining_did_leaves_its_connection_to_the_next_request(client):
    """It said nothing of closing: the client may have sent the next one when it ends."""
    client.ends.clear()
    await client.send(GET)
    client.protocol.shutdown()
    client.ends.set()
    await client.settle()
    assert not client.transport.closed
    await client.send(GET)

    assert len(client.answer) == 2
    assert client.transport.written.count(b"connection: close") == 1
    assert client.transport.closed


async def test_a_client_that_asks_no_more_after_an_answer_that_had_begun_is_not_waited_for(client):
    client.ends.clear()
    await client.send(GET)
    client.protocol.shutdown()
    client.ends.set()
    await client.settle()
    client.clock.pass_time(IDLE_GRACE + LAST_LOOK)

    assert client.transport.closed


async def test_an_idle_connection_whose_next_request_is_there_already_is_not_closed(client):
    await client.send(GET)
    client.clock.pass_time(5)
    await client.send(GET)

    assert len(client.answer) == 2
    assert not client.transport.closed
