"""What is measured, one scenario a file, in the order of a whole run."""

from bench.scenario import Scenario
from bench.scenarios import fanout

SCENARIOS: tuple[Scenario, ...] = (fanout.SCENARIO,)
