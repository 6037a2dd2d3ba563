"""What was seen over a time, as a person reads it."""

import pytest

from chorus.cluster.cli.samples_view import delay, lines
from chorus.cluster.cli.terminal import Paint
from chorus.cluster.messages import InstanceSamples, SampleSeries
from chorus.cluster.series import Summary

SEEN = InstanceSamples(
    application="chat",
    number=0,
    summaries={
        "cpu": Summary(0.0, 1.24, 40.0),
        "memory": Summary(1.0, 88 * 1024**2, 90 * 1024**2),
        "descriptors": Summary(20, 21, 31),
        "connections": None,
        "lag": Summary(0.0, 0.001, 0.1254),
        "restarts": Summary(2, 2, 3),
    },
)


def test_every_instance_has_a_line_of_means_and_extremes():
    assert lines(SampleSeries(1.0, [SEEN]), "the last hour", Paint(on=False)) == [
        "IN THE LAST HOUR   CPU  MOST CPU  MEMORY  MOST MEMORY  DESCRIPTORS  CONNECTIONS  MOST LAG  RESTARTS",
        "chat:0            1.2%     40.0%   88 MB        90 MB           31            -    125 ms         1",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0.0004, "0 ms"), (1.5, "1500 ms"), (12.3, "12 s")])
def test_a_delay_is_told_in_milliseconds_while_it_is_short(seconds, text):
    assert delay(seconds) == text
