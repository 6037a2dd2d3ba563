"""What is measured, one scenario a file, in the order of a whole run."""

from bench.scenario import Scenario
from bench.scenarios import (
    arrivals,
    crowd,
    durable,
    durable_wide,
    echo,
    fanout,
    fanout_light,
    idle,
    kills,
    memory,
    pairs,
    redis,
    reloads,
    search,
    serial,
    spread,
    status,
    storm,
)

SCENARIOS: tuple[Scenario, ...] = (
    fanout.SCENARIO,
    fanout_light.SCENARIO,
    redis.SCENARIO,
    pairs.SCENARIO,
    echo.SCENARIO,
    arrivals.SCENARIO,
    serial.SCENARIO,
    memory.SCENARIO,
    crowd.SCENARIO,
    durable.SCENARIO,
    durable_wide.SCENARIO,
    storm.SCENARIO,
    search.SCENARIO,
    reloads.SCENARIO,
    kills.SCENARIO,
    spread.SCENARIO,
    status.SCENARIO,
    idle.SCENARIO,
)
