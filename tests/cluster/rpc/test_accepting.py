"""Connections that wait while the process has no descriptor for them."""

import asyncio
import errno
import os
import socket

import pytest

from chorus.cluster.rpc import accepting
from waiting import eventually


class Limit:
    """What every try to accept meets, in a process that is at its limit."""

    def __init__(self):
        self.reached, self.tries = True, 0

    def accept(self, listener):
        self.tries += 1
        if self.reached:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return socket.socket.accept(listener)


@pytest.fixture
def limit(monkeypatch):
    """It is met often, and asyncio's complaints are handled."""
    limit = Limit()
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", 0.01)
    monkeypatch.setattr(accepting._Queue, "accept", lambda queue: limit.accept(queue))  # noqa: PLW0108 - the method gets the queue so
    return limit


async def echo(reader, writer):
    writer.write(await reader.readline())
    writer.close()


@pytest.fixture
async def address(limit):
    """Where an echo is served, in a process at its limit."""
    asyncio.get_running_loop().set_exception_handler(accepting.Complaints())
    server = await accepting.serve(echo, socket.create_server(("127.0.0.1", 0)), most=64, limit=1000)
    yield server.sockets[0].getsockname()
    server.close()


async def test_a_process_without_a_descriptor_tries_now_and_then_says_it_once_and_takes_who_waited(
    address, limit, caplog
):
    before = limit.tries
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"hello\n")
    await eventually(lambda: limit.tries > before + 2, what="a third try")
    tries = limit.tries - before
    limit.reached = False

    assert await reader.readline() == b"hello\n"
    assert tries < 10, "one a turn"
    assert caplog.text.count("cannot take connections: Too many open files") == 1
    assert "Traceback" not in caplog.text
    writer.close()


async def test_other_complaints_are_said_as_ever(address, caplog):
    asyncio.get_running_loop().call_exception_handler({"message": "Task was destroyed", "exception": OSError(5, "x")})

    assert "Task was destroyed" in caplog.text


async def test_as_many_may_wait_as_is_said_from_the_first_moment_on(tmp_path):
    """Of a Unix socket, those beyond are refused at once, with an error that nobody expects."""
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(tmp_path / "served"))
    begun = accepting.serve(echo, bound, most=64, limit=1000)

    begun.send(None)  # as far as it comes before the loop takes anybody
    clients = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    for client in clients:
        client.setblocking(False)
        client.connect(str(tmp_path / "served"))
        client.close()

    with pytest.raises(StopIteration) as done:
        begun.send(None)
    done.value.value.close()
