"""The visitors in C: every way in which a request can fail is counted as what it is."""

import itertools
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench.load.generator import build
from bench.load.visits import CLIENTS, SOURCE, visits_during

from waiting import until

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Moody:
    """A server that treats its visitors by `mood`, and counts them."""

    def __init__(self) -> None:
        self.mood: Callable[[socket.socket], None] = well
        self.seen = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return  # closed
            with accepted:
                accepted.recv(1000)
                self.mood(accepted)
                self.seen += 1

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def well(client: socket.socket) -> None:
    client.sendall(ANSWER)


def cut(client: socket.socket) -> None:
    client.sendall(ANSWER[:-1])


def unwell(client: socket.socket) -> None:
    client.sendall(ANSWER.replace(b"200 OK", b"503 No"))


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.fixture
def server() -> Iterator[Moody]:
    server = Moody()
    yield server
    server.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(SOURCE, tmp_path_factory.mktemp("program"))


@pytest.mark.parametrize(("mood", "kind"), [(cut, "closed"), (unwell, "wrong"), (reset, "reset")])
def test_what_fails_is_counted_as_what_it_is(server: Moody, program: Path, mood: Callable[..., None], kind: str):
    def happen() -> None:
        visit, before = itertools.count(), server.seen
        server.mood = lambda client: mood(client) if next(visit) < 7 else well(client)
        until(lambda: server.seen > before + 20, what="seven visitors that fail and some that do not")

    visits = visits_during(program, server.port, happen)

    assert (getattr(visits, kind), visits.failed) == (7, 7)
    assert visits.answered >= CLIENTS
