"""What is measured, one scenario a file, in the order of a whole run."""

from bench.scenario import Scenario
from bench.scenarios import arrivals, crowd, echo, fanout, fanout_light, memory, pairs, redis, search, serial

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
    search.SCENARIO,
)
