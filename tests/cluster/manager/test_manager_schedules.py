"""When `cron_restart` reloads on machines whose clocks are set to summer and winter. Row 43."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from chorus.cluster.manager.local_zone import LOCAL
from chorus.cluster.manager.upkeep import _Kept, wall_clock
from chorus.cluster.spec import ApplicationSpec


@pytest.fixture
def machine(monkeypatch):
    """Sets the zone of the machine; what that gives says when a schedule reloads between two moments."""

    def moved_to(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        return times

    def times(schedule, first, last):
        now, until = (datetime.fromisoformat(each).astimezone(UTC) for each in (first, last))
        kept = _Kept(ApplicationSpec(name="a", script="a.py", cron_restart=schedule), now.astimezone(LOCAL), None)
        found = []
        while now < until:
            now += timedelta(minutes=5)
            if kept.is_time(now.astimezone(LOCAL)):
                found.append(f"{now.astimezone(LOCAL):%d %H:%M %Z}")
        return found

    yield moved_to
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def berlin(machine):
    """Sets its clock at 02:00 in spring, and at 03:00 in autumn."""
    return machine("CET-1CEST,M3.5.0,M10.5.0/3")


@pytest.fixture
def santiago(machine):
    """Sets its clock at midnight, in September to summer."""
    return machine("<-04>4<-03>,M9.1.6/24,M4.1.6/24")


@pytest.mark.usefixtures("berlin")
def test_the_clock_knows_of_summer_and_winter():
    winter, summer = (wall_clock().replace(month=month) for month in (1, 7))

    assert (winter.utcoffset(), summer.utcoffset()) == (timedelta(hours=1), timedelta(hours=2))
    assert (winter.tzname(), summer.tzname()) == ("CET", "CEST")


def test_a_daily_time_stays_where_it_is_when_the_clocks_change(berlin):
    spring = berlin("0 4 * * *", "2026-03-27 12:00", "2026-03-30 12:00")
    autumn = berlin("0 4 * * *", "2026-10-23 12:00", "2026-10-26 12:00")

    assert spring == ["28 04:00 CET", "29 04:00 CEST", "30 04:00 CEST"]
    assert autumn == ["24 04:00 CEST", "25 04:00 CET", "26 04:00 CET"]


def test_a_monthly_time_that_was_reckoned_in_winter_is_right_in_summer(berlin):
    assert berlin("0 4 1 * *", "2026-03-01 12:00", "2026-04-02 00:00") == ["01 04:00 CEST"]


def test_a_time_in_the_hour_that_is_left_out_comes_right_after_it(berlin):
    assert berlin("30 2 * * *", "2026-03-28 12:00", "2026-03-30 00:00") == ["29 03:00 CEST"]


def test_a_time_in_the_hour_that_comes_twice_comes_once(berlin):
    assert berlin("30 2 * * *", "2026-10-24 12:00", "2026-10-26 00:00") == ["25 02:30 CEST"]


def test_every_half_hour_is_every_half_hour_also_when_an_hour_comes_twice(berlin):
    night = berlin("*/30 * * * *", "2026-10-25 01:45", "2026-10-25 03:15")

    assert night == ["25 02:00 CEST", "25 02:30 CEST", "25 02:00 CET", "25 02:30 CET", "25 03:00 CET"]


def test_in_the_second_of_two_same_hours_a_time_of_the_first_is_over(berlin):
    """An application that is started there, or a clock that is set back into it."""
    assert berlin("30 2 * * *", "2026-10-25T02:10+01:00", "2026-10-26T12:00+01:00") == ["26 02:30 CET"]


def test_a_time_that_is_left_out_has_the_offset_before_it(santiago):
    """PEP 495. `astimezone` has another one since Python 3.12; with that, cronsim stays at 23:00 before it."""
    assert datetime(2026, 9, 6, 0, 30, tzinfo=LOCAL).utcoffset() == timedelta(hours=-4)
    assert santiago("0 * * * SUN", "2026-09-05T22:30-04:00", "2026-09-06T03:30-03:00") == [
        "06 01:00 -03", "06 02:00 -03", "06 03:00 -03",
    ]  # fmt: skip
