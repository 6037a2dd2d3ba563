"""Real workers that cannot start, or are told to end before they did."""

import signal
import sys

import pytest

from chorus.cluster.keeper.wire import (
    ChildExited,
    Inspect,
    SignalChild,
)
from waiting import until

pytestmark = pytest.mark.processes


def test_sigterm_ends_a_worker_whose_application_hangs_while_it_starts(workers):
    workers.start(target="site_under_test:hanging", CHORUS_KILL_TIMEOUT="60")
    until(lambda: "startup hangs" in workers.tail())

    workers.client.do(SignalChild("web:0:1", signal.SIGTERM))

    assert workers.client.fact(ChildExited).code == 0
    assert workers.tail() == ["startup hangs", "startup was cancelled"]


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("site_under_test", "worker: expected package.module:attribute, found 'site_under_test'"),
        ("no_such_site:app", "worker: there is no module 'no_such_site' (working directory {home})"),
        ("site_under_test:nothing", "worker: module site_under_test has no 'nothing'"),
        (
            "site_under_test:failing",
            "worker: the application did not start: ConnectionError: the database is away",
        ),
    ],
)
def test_why_a_worker_cannot_start_is_one_clear_line(workers, target, line):
    workers.start(target=target)

    assert workers.client.fact(ChildExited).code == 1
    assert workers.tail() == [line.format(home=workers.home)]
    assert workers.client.do(Inspect()).children[0].state == {"STATUS": line.format(home=workers.home)[8:]}


def test_an_error_in_the_applications_code_shows_the_place_and_one_clear_line(workers):
    (workers.home / "broken.py").write_text("import os\n\nnumber = 1 / 0\n")
    workers.start(target="broken:app")

    assert workers.client.fact(ChildExited).code == 1
    lines = workers.tail()
    assert lines[-1] == "worker: importing broken failed: ZeroDivisionError: division by zero"
    assert '/broken.py", line 3, in <module>' in "\n".join(lines)
    assert len(lines) <= 7


def test_a_traceback_is_shown_when_debugging(workers):
    workers.start(target="site_under_test:failing", CHORUS_DEBUG="1")

    assert workers.client.fact(ChildExited).code == 1
    assert workers.tail()[0] == "Traceback (most recent call last):"
    assert workers.tail()[-1] == "worker: the application did not start: ConnectionError: the database is away"


def test_a_worker_without_any_socket_says_so(workers):
    workers.keeper.spawn(
        workers.client, "web:0:1", sys.executable, "-m", "chorus.cluster.worker", "site_under_test:app"
    )

    assert workers.client.fact(ChildExited).code == 1
    assert workers.tail()[-1].startswith("worker: no sockets: LISTEN_FDS passes none")


def test_a_private_socket_with_too_long_a_path_is_named(workers):
    workers.start(CHORUS_KEY="k" * 100)

    assert workers.client.fact(ChildExited).code == 1
    assert "the private socket's path is longer than 107 bytes" in workers.tail()[-1]
