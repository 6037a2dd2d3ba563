"""The clients of a run, in a process of their own: `python -m chorus.chaos.crowd`, told by lines on standard input.

Begin connects everybody and has them send; a Counted is written twice a second. After Finish nothing new is sent. After
Settle everybody stays until they have seen what the channels hold, the journals are written to a file, and it ends.
"""

import asyncio
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from chorus.chaos.client import Client, Pulse
from chorus.chaos.messages import Begin, Counted, Finish, Finished, Heard, Settle, Settled, line, told

_COUNT_EVERY = 0.5
_LARGEST_LINE = 16 * 1024 * 1024
_LET_IN_AT_ONCE = 50
"""Clients that begin in one go; the others follow a moment later."""


class Crowd:
    """Everybody."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._pulse = Pulse()
        self._clients = [Client(person, begin.address, begin.seed, self._pulse) for person in begin.people]
        self._staying: list[asyncio.Task[None]] = []
        self._sending: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Have them connect and send."""
        for number, client in enumerate(self._clients):
            self._staying.append(asyncio.create_task(client.stay()))
            self._sending.append(asyncio.create_task(client.send_without_pause()))
            if number % _LET_IN_AT_ONCE == _LET_IN_AT_ONCE - 1:
                await asyncio.sleep(0.1)

    async def finish(self, within: float) -> Finished:
        """Let what is under way be acknowledged; what is not, in time, is given up."""
        for client in self._clients:
            client.finish()
        _, left = await asyncio.wait(self._sending, timeout=within)
        for task in left:
            task.cancel()
        await _ended(self._sending)
        return Finished(len(left))

    async def settle(self, settle: Settle) -> Settled:
        """Wait until all have seen everything, part, and write the journals."""
        seeing = [asyncio.create_task(client.see(settle.positions)) for client in self._clients]
        _, behind = await asyncio.wait(seeing, timeout=settle.within)
        for task in behind:
            task.cancel()
        for task in self._staying:
            task.cancel()
        await _ended(self._staying)
        journals = msgspec.msgpack.encode([client.journal() for client in self._clients])
        await asyncio.to_thread(Path(self._begin.journals).write_bytes, journals)
        return Settled(len(behind))

    def counted(self, *, spread: bool = False) -> Counted:
        """How far they are; with `spread`, which takes a while, also how long acknowledgements took."""
        clients = self._clients
        return Counted(
            connected=sum(client.connected for client in clients),
            sent=sum(client.sent for client in clients),
            acknowledged=sum(len(client.promises) for client in clients),
            delivered=sum(len(view) for client in clients for view in client.views.values()),
            retries=sum(client.retries for client in clients),
            reconnects=sum(max(0, client.connections - 1) for client in clients),
            longest_gap=max(client.longest_gap for client in clients),
            longest_silence=self._pulse.longest,
            acknowledged_within=_spread([taken for client in clients for taken in client.latencies])
            if spread
            else (0.0, 0.0, 0.0),
        )


async def main() -> None:
    """Do what standard input says."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=_LARGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    begin = told(await lines.readline())
    assert isinstance(begin, Begin), "the first line is Begin"
    crowd = Crowd(begin)
    counting = asyncio.create_task(_count(crowd))
    await crowd.begin()
    while text := await lines.readline():
        match told(text):
            case Finish(within):
                _say(await crowd.finish(within))
            case Settle() as settle:
                settled = await crowd.settle(settle)
                counting.cancel()
                _say(crowd.counted(spread=True))
                _say(settled)
                return
            case Begin():
                raise AssertionError("Begin came twice")


async def _count(crowd: Crowd) -> None:
    while True:
        await asyncio.sleep(_COUNT_EVERY)
        _say(crowd.counted())


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for tasks that end or were cancelled.

    Raises:
        Exception: one failed. Its client did less than it says, so the run proves nothing.
    """
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):  # a CancelledError is none
            raise ended


def _say(message: Heard) -> None:
    sys.stdout.buffer.write(line(message))
    sys.stdout.buffer.flush()


def _spread(seconds: Sequence[float]) -> tuple[float, float, float]:
    if len(seconds) < 2:
        return (0.0, 0.0, 0.0)
    ordered = sorted(seconds)
    return statistics.median_low(ordered), ordered[int(len(ordered) * 0.99)], ordered[-1]


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
