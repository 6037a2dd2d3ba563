"""A wire whose peer comes and asks: what waits for it, and what it has to wait for."""

import asyncio

import pytest

from chorus.realtime import EngineOptions, OutboxLimits
from chorus.realtime.transport.frames import text_frame
from chorus.realtime.transport.polling import PollingWire

LONG = text_frame(b"4" + b"x" * 1_000)


class Driver:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def asked(self) -> None:
        self.told.append("asked")

    def congested(self) -> None:
        self.told.append("congested")

    def relieved(self) -> None:
        self.told.append("relieved")


@pytest.mark.parametrize(
    ("largest", "told"), [(10_000, ["asked", "relieved"]), (2_500, ["asked", "asked", "relieved"])]
)
async def test_it_is_congested_until_polls_have_fetched_enough(largest, told):
    """Row 15: otherwise it would be cut off for what it has taken long ago."""
    driver = Driver()
    wire = PollingWire(driver, EngineOptions(max_payload=largest, outbox=OutboxLimits(high_mark=1_500)))
    for _ in range(4):
        wire.write(LONG)
    assert driver.told == ["congested"]

    while "relieved" not in driver.told and driver.told.count("asked") < 4:
        await wire.poll()

    assert driver.told[1:] == told


async def test_of_what_is_posted_nothing_is_handed_over_while_reading_is_paused():
    """Row 4: a flood costs its sender, whose post is answered when all of it was taken."""
    heard: list[str] = []

    class Full(Driver):
        """Takes one message, and then no more."""

        def received(self, message: str) -> None:
            heard.append(message)
            if len(heard) == 1:
                wire.pause_reading()

    wire = PollingWire(Full(), EngineOptions())
    posting = asyncio.ensure_future(wire.post(b"4a\x1e4b\x1e4c"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert (heard, posting.done()) == (["4a"], False)

    wire.resume_reading()

    assert (await posting).status == 200
    assert heard == ["4a", "4b", "4c"]
