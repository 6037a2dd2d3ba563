"""Who accepts, and until when: real sockets, and the page that the workers share."""

import asyncio
import os
import socket

import pytest

from chorus.cluster.worker.acceptor import Acceptor
from chorus.cluster.worker.gate import CELL, Cell
from chorus.cluster.worker.load import LoadPage
from waiting import eventually


class Served(asyncio.Protocol):
    """A connection, counted as uvicorn's protocols count themselves."""

    def __init__(self, served):
        self.served = served

    def connection_made(self, transport):
        self.transport = transport
        self.served.add(self)

    def connection_lost(self, error):
        self.served.discard(self)


@pytest.fixture
def listener():
    """As the keeper holds it: it stays open whoever else closes their copy."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        held.setblocking(False)
        yield held


@pytest.fixture
def page():
    fd = os.memfd_create("load")
    os.ftruncate(fd, 2 * CELL)
    yield fd
    os.close(fd)


def accepting(listener, page=None) -> Acceptor:
    """An acceptor that runs, on a copy of the socket."""
    acceptor = Acceptor([listener.dup()], page, lambda: Served(acceptor.connections))
    acceptor.start()
    return acceptor


async def test_what_is_accepted_is_shown_to_the_others_and_so_is_that_it_lives(listener, page):
    """Rows 22 and 23: the others compare themselves with it, as long as it gives signs of life."""
    acceptor = accepting(listener, LoadPage(page, 0))
    others = LoadPage(page, 1)
    began = next(others.others()).heartbeat

    with socket.create_connection(listener.getsockname()):
        await eventually(lambda: next(others.others()).connections == 1)
        await eventually(lambda: next(others.others()).heartbeat > began)

    await eventually(lambda: next(others.others()).connections == 0)
    await acceptor.stop()
    assert next(others.others()) == Cell(0, 0)


async def test_what_is_accepted_when_it_stops_is_served_and_what_waits_is_the_others(listener):
    """Row 15: a worker that ends takes nothing more, and loses nothing that it took."""
    acceptor = accepting(listener)
    [own] = acceptor._listeners

    with socket.create_connection(listener.getsockname()), socket.create_connection(listener.getsockname()):
        acceptor._accept(own)
        await acceptor.stop()
        served = [each.transport for each in acceptor.connections]
        for _ in range(10):
            await asyncio.sleep(0)

        assert (len(served), len(acceptor.connections)) == (1, 1)
        listener.accept()[0].close()  # it is still there
    served[0].close()


async def test_one_that_has_more_than_the_others_leaves_a_connection_to_them_and_takes_it_if_they_do_not(
    listener, page
):
    """Row 22: as long as the other one lives, for a few milliseconds."""
    acceptor = accepting(listener, LoadPage(page, 0))
    for _ in range(3):
        acceptor.connections.add(object())
    shown = next(LoadPage(page, 1).others()).connections  # at once: others decide by it
    stood_back = []
    take = acceptor._stood_back
    acceptor._stood_back = lambda own: (stood_back.append(len(acceptor.connections)), take(own))
    LoadPage(page, 1).write(Cell(0, 2**62))  # heard of just now, whenever that is

    with socket.create_connection(listener.getsockname()):
        await eventually(lambda: len(acceptor.connections) == 4)

    assert (shown, stood_back) == (3, [3])
    await acceptor.stop()
