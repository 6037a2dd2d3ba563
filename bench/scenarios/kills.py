"""Kills under load: one of two servers gets SIGKILL while clients come; the other is there.

What the killed one was answering is lost with every manager. What is more than that is the manager's.
"""

import os
import signal
import time

from bench.churn import churn
from bench.contenders import ServerFailed
from bench.managers.contract import PATIENCE, ProcessManager
from bench.scenario import Comparison, Request, Scenario

AFTERWARDS = 0.5
"""Seconds that the clients come to the new one before the next is killed."""


def run(request: Request) -> Comparison:
    """Measure every manager in turn.

    Raises:
        ScenarioFailed: a manager or the load did not start.
    """
    title = "times one of 2 servers is killed; 32 clients, a new connection for each request"
    return churn(request, _kill, title=title, each="s until replaced")


SCENARIO = Scenario("kills", "20 kills under new connections, beside PM2, uvicorn, gunicorn: what fails", run)


def _kill(manager: ProcessManager) -> None:
    before = manager.workers()
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while before[0] in (now := manager.workers()) or len(now) < manager.instances:
        if time.monotonic() > deadline:
            raise ServerFailed(f"{manager.name} did not replace the worker that was killed within {PATIENCE:g} s")
        time.sleep(0.05)
    time.sleep(AFTERWARDS)
