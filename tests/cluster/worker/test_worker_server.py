"""What a worker says when it is ready, and of the time it needs to end. That it serves and drains is tested with
real processes.
"""

import pytest

from chorus.cluster.worker.lifespan import Lifespan
from chorus.cluster.worker.server import WorkerServer
from parts.clock import Clock


async def application(scope, receive, send):
    """Answers nothing."""


class Notifier:
    """Remembers what was said, and when."""

    def __init__(self, clock):
        self.clock = clock
        self.said: list[tuple[float, dict[str, object]]] = []

    def say(self, **words):
        self.said.append((self.clock.now, words))


class Moving:
    """A hand-over that moves one connection after a while, and is at it for a while more."""

    def __init__(self, moves: bool, clock):
        self.moves, self.clock = moves, clock

    async def bequeath(self, patience):
        self.clock.now += 0.1
        if self.moves:
            patience.renew()
        self.clock.now += 0.1


@pytest.mark.parametrize("moves", [True, False])
async def test_draining_has_a_whole_kill_timeout_after_a_hand_over_that_moved_something(moves):
    """However short the timeout is: the one progress there was, and the end of the hand-over, are told."""
    clock = Clock()
    notifier = Notifier(clock)
    server = WorkerServer(
        application,
        listeners=[],
        page=None,
        private_path=None,
        notifier=notifier,
        watchdog=None,
        kill_timeout=0.9,
        clock=clock,
    )
    before = clock.now

    began = await server._bequeath(Moving(moves, clock))

    assert [words for _, words in notifier.said] == [{"EXTEND_TIMEOUT_USEC": 900_000}] * (2 if moves else 0)
    if moves:
        assert [at for at, _ in notifier.said] == [before + 0.1, before + 0.2]
        assert began == before + 0.2
    else:
        assert began == before


class Overseer:
    """Kills whoever reads the output as soon as the worker is ready, as an operator may."""

    def __init__(self, capsys):
        self.capsys = capsys
        self.read_before_ready: str | None = None

    def say(self, **words):
        if "READY" in words:
            self.read_before_ready = self.capsys.readouterr().out


async def test_what_the_log_begins_with_is_written_before_the_worker_is_ready(capsys):
    """A worker that wrote later ended with its first line when its keeper was killed in between."""
    overseer = Overseer(capsys)
    server = WorkerServer(
        application,
        listeners=[],
        page=None,
        private_path=None,
        notifier=overseer,
        watchdog=None,
        kill_timeout=1.0,
    )
    server.lifespan = Lifespan(server.config)

    await server.startup()
    await server.shutdown()

    assert "serves its private socket" in overseer.read_before_ready
    assert capsys.readouterr().out == ""
