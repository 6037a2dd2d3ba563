"""Raised once, cleared once: the life of an alert on a clock that is an argument."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.alerts import QUIET, Change, Kind, Phase, Rule, measured, rules_of, step, tell
from chorus.cluster.spec import Alerts

CPU = Rule(Kind.CPU, least=90.0, lasting=3.0)


def life(rule: Rule, values: dict[float, float | None]) -> list[tuple[float, Change]]:
    """What is told, and when, of values at their times."""
    standing, told = QUIET, []
    for now, value in values.items():
        standing, change = step(standing, rule, value=value, now=now)
        if change is not None:
            told.append((now, change))
    return told


def test_it_is_raised_when_it_has_lasted_and_cleared_when_its_end_has():
    values = dict.fromkeys(range(10), 95.0) | dict.fromkeys(range(10, 20), 10.0)

    assert life(CPU, values) == [(3, Change.RAISED), (13, Change.CLEARED)]


def test_a_peak_that_is_shorter_is_nothing():
    assert life(CPU, {0: 95.0, 1: 95.0, 2: 95.0, 2.9: 10.0, 3.5: 95.0, 6.0: 95.0}) == []


def test_a_dip_that_is_shorter_clears_nothing_and_raises_nothing_twice():
    assert life(CPU, {0: 95.0, 3: 95.0, 4: 10.0, 6: 95.0, 9: 95.0, 12: 95.0}) == [(3, Change.RAISED)]


def test_a_rule_that_need_not_last_is_told_at_once():
    assert life(Rule(Kind.ERRORS, 60), {0: 59, 1: 60, 2: 80, 3: 10}) == [(1, Change.RAISED), (3, Change.CLEARED)]


def test_what_is_not_to_be_seen_is_below_every_threshold():
    assert life(CPU, {0: 95.0, 3: 95.0, 4: None, 7: None}) == [(3, Change.RAISED), (7, Change.CLEARED)]


@given(
    st.lists(st.tuples(st.floats(0, 5), st.none() | st.floats(0, 200)), max_size=80), st.sampled_from([0.0, 1.0, 3.0])
)
def test_raised_and_cleared_alternate_and_each_has_lasted(looks: list[tuple[float, float | None]], lasting: float):
    """Whatever comes: nobody is told twice, and never before the time."""
    rule, now, standing, told = Rule(Kind.CPU, 90.0, lasting), 0.0, QUIET, []
    since, before = 0.0, False
    for pause, value in looks:
        now += pause
        over = value is not None and value >= 90.0
        if over is not before:
            since, before = now, over
        standing, change = step(standing, rule, value=value, now=now)
        if change is not None:
            assert over is (change is Change.RAISED)
            assert now - since >= lasting
            told.append(change)
        assert standing.raised is (standing.phase in {Phase.RAISED, Phase.CLEARING})
    assert told == [Change.RAISED, Change.CLEARED] * (len(told) // 2) + [Change.RAISED] * (len(told) % 2)


def test_the_rules_are_those_of_the_specification():
    given = Alerts(
        memory=1, memory_for=2, cpu=3, cpu_for=4, lag=5, lag_for=6, errors=7, restarts=8, down=9, logs=10
    )  # fmt: skip

    assert rules_of(given, memory_limit=1000) == [
        Rule(Kind.MEMORY, 1, 2), Rule(Kind.CPU, 3, 4), Rule(Kind.LAG, 5, 6), Rule(Kind.ERRORS, 7),
        Rule(Kind.RESTARTS, 8), Rule(Kind.DOWN, 1.0, 9), Rule(Kind.LOGS, 1.0, 10),
    ]  # fmt: skip


def test_a_threshold_of_0_is_no_alert_and_that_of_memory_is_nine_tenths_of_the_limit():
    none = Alerts(memory=0, cpu=0, lag=0, errors=0, restarts=0, down=0, logs=0)

    assert rules_of(none, memory_limit=1000) == []
    assert rules_of(Alerts(), memory_limit=1000)[0] == Rule(Kind.MEMORY, 900, 60.0)


def test_without_a_limit_of_memory_there_is_no_alert_of_it():
    assert Kind.MEMORY not in {rule.kind for rule in rules_of(Alerts(), memory_limit=None)}


@pytest.mark.parametrize(
    ("rule", "value", "text"),
    [
        (Rule(Kind.MEMORY, 900 * 2**20, 60), 950 * 2**20, "a:0 holds 950 MB of memory, at or above 900 MB for 60 s"),
        (CPU, 97.4, "a:0 uses 97% of a processor, at or above 90% for 3 s"),
        (Rule(Kind.LAG, 0.5, 0.2), 0.7, "a:0: its event loop is 700 ms late, at or above 500 ms for 0.2 s"),
        (Rule(Kind.ERRORS, 60), 75, "a:0 wrote 75 lines to standard error in a minute, the alert is at 60"),
        (Rule(Kind.RESTARTS, 3), 4, "a:0 was restarted 4 times, the alert is at 3"),
        (Rule(Kind.RESTARTS, 1), 1, "a:0 was restarted once, the alert is at 1"),
        (Rule(Kind.DOWN, 1, 300), 1, "a:0 has not been online for 5 min: exited with code 1"),
    ],
)
def test_an_alert_is_a_sentence_with_what_was_found_and_what_is_allowed(rule: Rule, value: float, text: str):
    assert tell(Change.RAISED, "a:0", rule, value, why="exited with code 1" if rule.kind is Kind.DOWN else "") == text


@pytest.mark.parametrize("kind", Kind)
def test_its_end_is_told_with_how_long_it_was(kind: Kind):
    told = tell(Change.CLEARED, "a:0", Rule(kind, 1), None, lasted=7300)

    assert told.startswith("a:0: ")
    assert told.endswith(", after 2 h")


def test_of_what_is_so_or_not_a_program_is_told_for_how_long():
    down = Rule(Kind.DOWN, least=1.0, lasting=30.0)

    assert measured(down, 1.0, lasted=30.4) == (30.4, 30.0)
    assert measured(down, 0.0, lasted=95.0) == (0.0, 30.0)
    assert measured(CPU, 95.0, lasted=4.0) == (95.0, 90.0)
