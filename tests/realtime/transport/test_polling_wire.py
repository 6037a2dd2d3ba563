"""A wire whose peer comes and asks: what waits for it."""

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
