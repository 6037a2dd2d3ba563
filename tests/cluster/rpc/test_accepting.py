"""Connections that wait while the process has no descriptor for them."""

import asyncio
import errno
import os
import socket

import pytest

from chorus.cluster.rpc import accepting
from waiting import eventually


class Listener(socket.socket):
    """One whose process is at its limit."""

    full = True
    tries = 0

    def accept(self):
        self.tries += 1
        if self.full:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


@pytest.fixture
async def listener(monkeypatch):
    """It is served by an echo, tried again often, and asyncio's complaints are handled."""
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", 0.01)
    asyncio.get_running_loop().set_exception_handler(accepting.Complaints())

    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    with Listener(socket.AF_INET, socket.SOCK_STREAM) as bound:
        bound.bind(("127.0.0.1", 0))
        server = await accepting.serve(echo, bound, most=64, limit=1000)
        yield bound
        server.close()


async def test_a_process_without_a_descriptor_tries_now_and_then_says_it_once_and_takes_who_waited(listener, caplog):
    before = listener.tries
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(b"hello\n")
    await eventually(lambda: listener.tries > before + 2, what="a third try")
    tries = listener.tries - before
    listener.full = False

    assert await reader.readline() == b"hello\n"
    assert tries < 10, "one a turn"
    assert caplog.text.count("cannot take connections: Too many open files") == 1
    assert "Traceback" not in caplog.text
    writer.close()


async def test_other_complaints_are_said_as_ever(listener, caplog):
    asyncio.get_running_loop().call_exception_handler({"message": "Task was destroyed", "exception": OSError(5, "x")})

    assert "Task was destroyed" in caplog.text


async def test_as_many_may_wait_as_is_said(listener):
    """The system lets one more wait."""
    asyncio.get_running_loop().remove_reader(listener.fileno())
    clients = [socket.socket() for _ in range(60)]
    for client in clients:
        client.settimeout(5.0)
        client.connect(listener.getsockname())
        client.close()
