"""Whether a run met what was aimed at; one sentence a test."""

import pytest
from bench.aims import CEILING, CHORUS, NODE, Aim, as_comparison, judge
from bench.scenario import Comparison


def measured(**figures):
    names = {"chorus": CHORUS, "node": NODE, "ceiling": CEILING}
    return {"pairs": Comparison("", ("server", "n"), [], [{"name": names[who], "n": n} for who, n in figures.items()])}


@pytest.mark.parametrize(("ours", "met"), [(30, True), (29, False)])
def test_more_is_better_against_another(ours, met):
    [verdict] = judge(measured(chorus=ours, node=10), [Aim("pairs", "", 3, NODE)])

    assert (verdict.found, verdict.met) == (ours / 10, met)


@pytest.mark.parametrize(("ours", "met"), [(9, True), (11, False)])
def test_less_is_better_against_another(ours, met):
    [verdict] = judge(measured(chorus=ours, node=10), [Aim("pairs", "", 1, NODE, less_is_better=True)])

    assert verdict.met is met


@pytest.mark.parametrize(("ours", "met"), [(12, True), (12.1, False)])
def test_our_own_figure_has_a_bound(ours, met):
    [verdict] = judge(measured(chorus=ours), [Aim("pairs", "", 12, less_is_better=True)])

    assert (verdict.found, verdict.met) == (ours, met)


def test_what_was_not_measured_is_not_judged_and_the_rest_is_a_table():
    verdicts = judge(measured(chorus=10, node=10), [Aim("echo", "echo", 2, NODE), Aim("pairs", "pairs", 3, NODE)])

    table = as_comparison(verdicts)

    assert table.rows == [("pairs", "3 ×", "1.00 ×", "NOT MET")]
    assert table.figures == [{"scenario": "pairs", "what": "pairs", "aim": 3, "found": 1.0, "met": False}]


def test_an_aim_may_be_for_another_line_of_ours_and_another_column():
    lines = [{"name": "chorus, SQLite", "n": 1, "p99 ms": 49.0}, {"name": "chorus, PostgreSQL", "n": 1, "p99 ms": 51.0}]
    found = {"history": Comparison("", ("server", "n", "p99 ms"), [], lines)}

    aims = [
        Aim("history", "", 50, of=f"chorus, {db}", heading="p99 ms", less_is_better=True)
        for db in ("SQLite", "PostgreSQL")
    ]

    assert [verdict.met for verdict in judge(found, aims)] == [True, False]
