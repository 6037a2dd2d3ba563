"""What a worker that ends says of the time it needs. That it serves and drains is tested with real processes."""

import asyncio
import time

import pytest

from chorus.cluster.worker.server import WorkerServer


async def application(scope, receive, send):
    """Answers nothing."""


class Notifier:
    """Remembers what was said, and when."""

    def __init__(self):
        self.said: list[tuple[float, dict[str, object]]] = []

    def say(self, **words):
        self.said.append((time.monotonic(), words))


class Moving:
    """A hand-over that moves one connection after a while, and is at it for a while more."""

    def __init__(self, moves: bool):
        self.moves = moves

    async def bequeath(self, patience):
        await asyncio.sleep(0.1)
        if self.moves:
            patience.renew()
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("moves", [True, False])
async def test_draining_has_a_whole_kill_timeout_after_a_hand_over_that_moved_something(moves):
    """However short the timeout is: the one progress there was, and the end of the hand-over, are told."""
    notifier = Notifier()
    server = WorkerServer(
        application,
        listeners=[],
        page=None,
        private_path=None,
        notifier=notifier,
        watchdog=None,
        kill_timeout=0.9,
    )
    before = time.monotonic()

    began = await server._bequeath(Moving(moves))

    assert [words for _, words in notifier.said] == [{"EXTEND_TIMEOUT_USEC": 900_000}] * (2 if moves else 0)
    if moves:
        assert before + 0.2 <= notifier.said[-1][0] <= began
    else:
        assert began - before < 0.1
