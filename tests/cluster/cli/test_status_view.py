"""What runs, as a person reads it."""

import pytest

from chorus.cluster.cli.status_view import as_wanted, duration, lines, size, url
from chorus.cluster.cli.terminal import Paint
from chorus.cluster.messages import ApplicationStatus, ClusterStatus, InstanceStatus


def status(*instances: InstanceStatus, wanted: int = 1, reason: str | None = None) -> ClusterStatus:
    """A cluster that runs the chat."""
    chat = ApplicationStatus(
        name="chat", namespace="default", kind="asgi", address="0.0.0.0:3000", wanted=wanted, instances=list(instances),
        reason=reason,
    )  # fmt: skip
    return ClusterStatus(keeper_pid=1, manager_pid=2, home="/home", version="1", applications=[chat])


ONLINE = InstanceStatus(
    id=0, number=0, key="chat:0:1", state="online", pid=77, uptime=3725.4, memory=88 * 1024**2, cpu=1.24, connections=12
)
WAITING = InstanceStatus(id=1, number=1, key="chat:1:4", state="backing-off", restarts=3, reason="exit code 1")


def test_every_instance_has_a_line_and_the_address_stands_below():
    assert lines(status(WAITING, ONLINE), Paint(on=False)) == [
        "ID  INSTANCE  STATE            PID  UPTIME  RESTARTS   CPU  MEMORY  CONNECTIONS  NOTE",
        " 0  chat:0    online            77   1h 2m         0  1.2%   88 MB           12",
        " 1  chat:1    waiting restart    -       -         3     -       -            -  exit code 1",
        "",
        "chat  http://localhost:3000",
    ]


def test_without_an_application_the_next_step_is_said():
    empty = ClusterStatus(keeper_pid=1, manager_pid=2, home="/home", version="1")

    assert lines(empty, Paint(on=False)) == ["The manager runs; there is no application. Start one with: chorus start"]


def test_why_an_application_is_not_as_wanted_stands_behind_its_address():
    shown = lines(status(WAITING, reason="reload failed"), Paint(on=False))

    assert shown[-1] == "chat  http://localhost:3000  reload failed"


@pytest.mark.parametrize(
    ("instances", "wanted", "expected"),
    [([ONLINE], 1, True), ([ONLINE, WAITING], 2, False), ([], 0, True), ([ONLINE], 2, False)],
)
def test_all_is_as_wanted_when_enough_instances_are_online(
    instances: list[InstanceStatus], wanted: int, expected: bool
):
    assert as_wanted(status(*instances, wanted=wanted)) is expected


def test_an_errored_instance_is_never_as_wanted():
    errored = InstanceStatus(id=1, number=1, key="chat:1:4", state="errored")

    assert not as_wanted(status(ONLINE, errored, wanted=1))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0s"), (59.9, "59s"), (60, "1m 0s"), (3599, "59m 59s"), (86399, "23h 59m"), (90000, "1d 1h")],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 B"), (1536, "1.5 kB"), (99 * 1024**2, "99 MB"), (2 * 1024**3, "2.0 GB")]
)
def test_a_size_has_its_largest_unit(count: int, text: str):
    assert size(count) == text


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1:3000", "http://127.0.0.1:3000"), ("0.0.0.0:80", "http://localhost:80"), ("[::1]:3000", "http://[::1]:3000")],
)  # fmt: skip
def test_an_address_becomes_what_a_browser_opens(address: str, expected: str):
    assert url(address) == expected


def test_on_a_narrow_terminal_the_trouble_stays():
    """Which instance, its state and why; identifiers and loads go first."""
    shown = lines(status(WAITING, ONLINE), Paint(on=False), 60)

    assert shown[:3] == [
        "INSTANCE  STATE            UPTIME  RESTARTS  NOTE",
        "chat:0    online            1h 2m         0",
        "chat:1    waiting restart       -         3  exit code 1",
    ]
