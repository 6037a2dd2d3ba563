"""When the users of the mix are served within Mattermost's bounds, and which number of them counts."""

import pytest
from bench.load.users import Step
from bench.scenarios.mix import compared, within


def step(users=1000, *, errors=0, mean_ms=50.0, p99_ms=500.0):
    return Step(users, 20.0, 10_000, errors, 100, 10_000, mean_ms, p99_ms, 3000.0)


@pytest.mark.parametrize("crossed", [{"mean_ms": 100.0}, {"p99_ms": 2000.0}, {"errors": 3}])
def test_each_bound_counts_by_itself(crossed):
    assert within(step(errors=2))
    assert not within(step(**crossed))


def test_a_step_without_answers_is_not_within():
    assert not within(Step(1000, 20.0, 0, 0, 0, 0, 0.0, 0.0, 0.0))


def test_the_last_number_within_is_the_figure():
    table = compared([step(1000), step(2000), step(3000, mean_ms=400.0)])

    assert [row[0] for row in table.rows] == ["within", "within", "crossed"]
    assert table.figures == [{"name": "chorus", "users": 2000}]
