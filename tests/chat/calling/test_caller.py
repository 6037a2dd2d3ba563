"""Calls over real sockets."""

import asyncio
import contextlib
import socket

import pytest

from chorus.chat.calling.addresses import networks_of
from chorus.chat.calling.caller import LARGEST_ANSWER, Caller, CallFailed
from chorus.chat.calling.resolver import Resolver
from parts.ports import free_port
from parts.programs import Program, respond

LOOPBACK = Caller(networks_of(["127.0.0.0/8"]))


@pytest.fixture
async def program():
    async with Program() as program:
        yield program


async def why(url, *, caller=LOOPBACK, within=30.0, **more):
    with pytest.raises(CallFailed) as failed:
        await caller.post(url, {}, b"{}", within=within, **more)
    return str(failed.value)


async def test_a_call_is_a_post_of_json(program):
    program.answer = respond({"text": "Hello"}, "201 Created")

    answer = await LOOPBACK.post(program.url, {"webhook-id": "7"}, b'{"a": 1}', within=30)

    [(headers, body)] = program.calls
    assert (answer.status, answer.body, body) == (201, b'{"text": "Hello"}', b'{"a": 1}')
    assert (headers["content-type"], headers["webhook-id"]) == ("application/json", "7")
    assert headers["host"] == program.url.split("/")[2]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nabc",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
async def test_whatever_form_an_answer_has_it_is_read(program, answer):
    program.answer = answer

    assert (await LOOPBACK.post(program.url, {}, b"{}", within=30)).body == b"abc"


async def test_a_redirect_is_an_answer_and_not_followed(program):
    program.answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"

    assert (await LOOPBACK.post(program.url, {}, b"{}", within=30)).status == 302
    assert len(program.calls) == 1


async def test_what_is_not_listed_is_not_even_connected_to(program):
    """Row 16: no surprise on this side of the firewall."""
    for url in (program.url, program.url.replace("127.0.0.1", "localhost"), program.url.replace("http", "https", 1)):
        assert "may not be called" in await why(url, caller=Caller())
    assert program.calls == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "closed without an answer"),
        (b"HTTP/1.1 101 Over\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "answered 101"),
        (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
        (respond(b"x" * (LARGEST_ANSWER + 1)), "an answer of more than"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000, "an answer of more than"),
    ],
)
async def test_what_is_no_answer_is_said(program, answer, reason):
    program.answer = answer

    assert reason in await why(program.url)


async def test_whoever_does_not_answer_is_not_waited_for(program):
    program.silent = True

    assert await why(program.url, within=0.1) == "no answer within 0.1 s"


async def test_no_more_are_called_at_a_time_than_may_be(program, monkeypatch):
    """Bounded."""
    monkeypatch.setattr("chorus.chat.calling.caller.MOST_CALLS", 2)
    caller, program.silent = Caller(networks_of(["127.0.0.0/8"])), True
    waiting = [asyncio.create_task(why(program.url, caller=caller, within=0.3)) for _ in range(2)]
    await asyncio.sleep(0)

    assert "too many calls" in await why(program.url, caller=caller)
    await asyncio.gather(*waiting)
    program.silent = False
    assert "too many calls" in await why(program.url, caller=caller, leaving=2)
    assert (await caller.post(program.url, {}, b"{}", within=30)).status == 200


def places(*addresses):
    """A look-up that finds these for any name."""
    return Resolver(lambda host, port, **_: [(0, 0, 0, "", (address, port)) for address in addresses])


async def test_of_a_hosts_addresses_the_first_that_takes_a_connection_is_called(program):
    caller = Caller(networks_of(["127.0.0.0/8"]), resolver=places("10.0.0.1", "127.0.0.2", "127.0.0.1"))

    assert (await caller.post(program.url, {}, b"{}", within=30)).status == 200


async def test_an_address_that_is_silent_leaves_time_for_the_next(program):
    caller = Caller(networks_of(["127.0.0.0/8"]), resolver=places("127.0.0.2", "127.0.0.1"))
    with socket.socket() as deaf, contextlib.ExitStack() as stack:
        deaf.bind(("127.0.0.2", int(program.url.split(":")[2].partition("/")[0])))
        deaf.listen(0)
        for _ in range(3):  # more than may wait to be accepted
            each = stack.enter_context(socket.socket())
            each.setblocking(False)
            each.connect_ex(deaf.getsockname())

        assert (await caller.post(program.url, {}, b"{}", within=4)).status == 200


async def test_nobody_there_is_said():
    assert "127.0.0.1: " in await why(f"http://127.0.0.1:{free_port()}/")


async def test_a_host_that_is_none_is_said():
    assert "nowhere.invalid: " in await why("http://nowhere.invalid/")
