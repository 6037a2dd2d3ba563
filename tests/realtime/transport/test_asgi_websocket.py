"""A WebSocket that an ASGI server brings: what waits for it, what is read from it, and how it ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chorus.realtime import EngineOptions, OutboxLimits
from chorus.realtime.transport.asgi_websocket import AsgiWire
from chorus.realtime.transport.frames import text_frame
from waiting import eventually

LONG = text_frame(b"4" + b"x" * 1_000)


class Driver:
    """Notes what it is told."""

    headers = ()

    def __init__(self) -> None:
        self.told: list[object] = []

    def opened(self, wire) -> None:
        self.told.append("opened")

    def received(self, message) -> None:
        self.told.append(message)

    def congested(self) -> None:
        self.told.append("congested")

    def relieved(self) -> None:
        self.told.append("relieved")

    def broken(self, code, reason) -> None:
        self.told.append(code)

    def lost(self, reason) -> None:
        self.told.append("lost")


class Line:
    """An ASGI server's end: it takes what is sent while it is `open`, and brings what was put into `coming`."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.open = asyncio.Event()
        self.coming: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.sent: list[dict[str, object]] = []
        options = EngineOptions(outbox=OutboxLimits(high_mark=1_500), close_timeout=0.3)
        self.wire = AsgiWire(self.driver, options, self.coming.get, self._send)
        self.running = asyncio.ensure_future(self.wire.run())

    async def _send(self, message) -> None:
        await self.open.wait()
        self.sent.append(message)

    def say(self, text: str) -> None:
        self.coming.put_nowait({"type": "websocket.receive", "text": text})


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line()
    await eventually(lambda: line.driver.told)
    yield line
    line.running.cancel()
    await asyncio.gather(line.running, return_exceptions=True)


async def test_it_is_congested_while_more_waits_than_the_high_mark_and_relieved_when_that_was_taken(line):
    """Row 15: otherwise it would be cut off for what it has taken long ago."""
    for _ in range(3):
        line.wire.write(LONG)
    assert (line.driver.told[1:], line.wire.waiting()) == (["congested"], 3 * len(LONG))

    line.open.set()

    await eventually(lambda: line.wire.waiting() == 0)
    assert line.driver.told[1:] == ["congested", "relieved"]
    line.wire.write(LONG)
    line.wire.write(LONG)
    assert line.driver.told[1:] == ["congested", "relieved", "congested"]


async def test_nothing_is_read_from_it_while_reading_is_paused(line):
    """Row 4: a flood costs its sender."""
    line.wire.pause_reading()
    for text in ("4a", "4b", "4c"):
        line.say(text)
    await eventually(lambda: line.coming.qsize() == 2)
    assert line.driver.told[1:] == ["4a"]

    line.wire.resume_reading()

    await eventually(lambda: line.driver.told[1:] == ["4a", "4b", "4c"])


async def test_what_waits_goes_out_before_the_goodbye(line):
    line.wire.write(text_frame(b"4last"))
    line.wire.close(1000, "enough")
    line.wire.write(text_frame(b"4too late"))
    line.open.set()

    await line.running
    assert line.sent == [
        {"type": "websocket.send", "text": "4last"},
        {"type": "websocket.close", "code": 1000, "reason": "enough"},
    ]


async def test_a_peer_that_takes_nothing_is_left_after_the_close_timeout(line):
    """Row 2."""
    line.wire.write(LONG)
    line.wire.close(1000, "enough")

    await asyncio.wait_for(line.running, 20)
    assert line.driver.told[-1] == "lost"


async def test_an_abort_waits_for_nobody(line):
    line.wire.write(LONG)
    line.wire.abort()

    await asyncio.wait_for(line.running, 20)
    assert (line.wire.waiting() > 0, line.sent) == (True, [])
