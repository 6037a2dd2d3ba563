"""From what was seen of an application to the alerts it has, look by look."""

import pytest

from chorus.cluster.alerts import Kind, Phase, Standing
from chorus.cluster.manager.judging import Seen, judge, key
from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.spec.alerts import Alerts

CPU, DOWN, ERRORS = (key("shop:0", kind) for kind in (Kind.CPU, Kind.DOWN, Kind.ERRORS))
RAISED = Standing(Phase.RAISED, since=10.0, raised_at=10.0)


def look(standings, seen, *, now, counts_errors=True, **rules):
    spec = ApplicationSpec(name="shop", command=["true"], cwd="/", alerts=Alerts(**rules))
    return judge("shop", spec, standings, seen, now=now, at=1_000.0, counts_errors=counts_errors)


def test_an_alert_is_raised_when_its_value_has_lasted_and_cleared_when_that_is_over():
    first = look({}, {CPU: Seen(95.0)}, now=10.0, cpu=90, cpu_for=5)
    second = look(first.standings, {CPU: Seen(95.0)}, now=15.0, cpu=90, cpu_for=5)
    third = look(second.standings, {CPU: Seen(1.0)}, now=16.0, cpu=90, cpu_for=5)
    last = look(third.standings, {CPU: Seen(1.0)}, now=21.0, cpu=90, cpu_for=5)

    assert [len(each.notices) for each in (first, second, third, last)] == [0, 1, 0, 1]
    [raised], [cleared] = second.notices, last.notices
    assert (raised.id, raised.subject, raised.kind, raised.at) == ("shop:0/cpu/15.000/raised", "shop:0", "cpu", 1_000.0)
    assert (raised.value, raised.threshold) == (95.0, 90.0)
    assert cleared.id == "shop:0/cpu/15.000/cleared"
    assert last.standings == {}


@pytest.mark.parametrize(
    ("seen", "rules"),
    [({}, {"cpu": 90}), ({CPU: Seen(99.0)}, {"cpu": 0})],
    ids=["its instance", "its rule"],
)
def test_an_alert_is_cleared_at_once_when_there_is_no_more(seen, rules):
    judged = look({CPU: RAISED}, seen, now=12.0, **rules)

    assert [notice.id for notice in judged.notices] == ["shop:0/cpu/10.000/cleared"]
    assert judged.standings == {}


def test_an_alert_of_errors_stays_until_they_have_been_counted_for_long_enough():
    """A manager that follows one that was killed has counted none yet."""
    soon = look({ERRORS: RAISED}, {ERRORS: Seen(0.0)}, now=12.0, counts_errors=False, errors=10)
    later = look(soon.standings, {ERRORS: Seen(0.0)}, now=72.0, errors=10)

    assert soon.notices == ()
    assert soon.standings == {ERRORS: RAISED}
    assert [notice.change for notice in later.notices] == ["cleared"]


def test_many_errors_are_told_of_however_short_they_have_been_counted():
    judged = look({}, {ERRORS: Seen(50.0)}, now=12.0, counts_errors=False, errors=10)

    assert [notice.change for notice in judged.notices] == ["raised"]


def test_an_alert_that_is_cleared_says_how_long_it_lasted():
    raised = Standing(Phase.CLEARING, since=100.0, raised_at=10.0)

    judged = look({CPU: raised}, {CPU: Seen(1.0)}, now=130.0, cpu=90, cpu_for=30)

    assert judged.notices[0].text.endswith("again, after 2 min")


def test_memory_close_to_where_it_is_restarted_is_an_alert_when_nothing_else_is_said():
    limit = 1_000_000
    spec = ApplicationSpec(name="shop", command=["true"], cwd="/", max_memory_restart=limit)
    seen = {key("shop:0", Kind.MEMORY): Seen(0.95 * limit)}

    judged = judge("shop", spec, {}, seen, now=10.0, at=0.0, counts_errors=True)

    assert judged.standings.keys() == seen.keys()


def test_what_somebody_is_told_has_the_reason():
    pending = {DOWN: Standing(Phase.PENDING, since=10.0)}

    judged = look(pending, {DOWN: Seen(1.0, "exited with code 1")}, now=40.0, down=30)

    assert [notice.text for notice in judged.notices] == ["shop:0 has not been online for 30 s: exited with code 1"]
    assert [(notice.value, notice.threshold) for notice in judged.notices] == [(30.0, 30)]
