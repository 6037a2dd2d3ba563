"""The operators' row "Alerts: on memory, CPU, error rate and uptime, with thresholds", with real processes."""

import json
import os
import signal

import pytest

from parts.receiver import Receiver
from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

BUSY = "import os, time\nwhile True:\n    while os.path.exists('busy'): pass\n    time.sleep(0.05)\n"

FAILING = "import sys, time\nfor n in range(30): print('no such table', file=sys.stderr)\ntime.sleep(1)\nsys.exit(3)\n"


def alerts(shell: Shell) -> dict[str, dict]:
    """What `status` shows as raised, by subject and kind."""
    return {f"{each['subject']}/{each['kind']}": each for each in shell.status()["alerts"]}


@pytest.mark.cluster("own")
@pytest.mark.alone
def test_an_alert_is_raised_once_and_cleared_once_whatever_happens_to_the_manager(shell: Shell):
    """CPU: posted to a webhook in Slack's shape; a manager that follows a killed one raises nothing twice."""
    shell.program("busy.py", BUSY)
    with Receiver() as receiver:
        table = f'{{ cpu = 5, cpu_for = "1s", webhook = "{receiver.url}/hook" }}'
        shell.write(f'[[apps]]\nname = "busy"\nscript = "busy.py"\nalerts = {table}\n')
        shell.ok("start")
        (shell.folder / "busy").touch()
        until(lambda: receiver.posts, within=30, what="the alert")
        [raised] = receiver.texts()
        age = alerts(shell)["busy:0/cpu"]["age"]
        until(lambda: alerts(shell)["busy:0/cpu"]["age"] > age + 1, what="it to be written down as told")

        before = shell.status()["manager_pid"]
        os.kill(before, signal.SIGKILL)
        until(lambda: shell.status()["manager_pid"] != before, what="another manager")
        age = alerts(shell)["busy:0/cpu"]["age"]
        until(lambda: alerts(shell)["busy:0/cpu"]["age"] > age + 3, within=30, what="some looks of it")
        assert receiver.texts() == [raised]

        (shell.folder / "busy").unlink()
        until(lambda: len(receiver.posts) > 1, within=30, what="its end")

    assert raised.startswith("raised: busy:0 uses ")
    assert "of a processor, at or above 5% for 1 s" in raised
    assert receiver.posts[0][0] == "/hook"
    assert list(receiver.posts[0][1]) == ["text"]
    assert receiver.texts()[1:] == [text for text in receiver.texts() if text.startswith("cleared: busy:0: processor")]
    assert alerts(shell) == {}
    log = (shell.home / "daemon.log").read_text()
    assert (log.count("alert raised"), log.count("alert cleared")) == (1, 1)


def test_memory_errors_restarts_and_down_are_told_to_a_command(shell: Shell):
    """Each kind with its threshold; what the command reads is JSON, what `status` shows says the same."""
    shell.program("failing.py", FAILING)
    told = shell.folder / "told"
    command = "command = ['sh', '-c', 'cat >> told; echo >> told']"
    table = f"{{ memory = '1M', memory_for = 0, errors = 20, restarts = 2, down = '1s', cpu = 0, {command} }}"
    options = 'settle = 0\nrestart_delay = "100ms"\nmax_restarts = 2'
    shell.write(f'[[apps]]\nname = "job"\nscript = "failing.py"\n{options}\nalerts = {table}\n')
    shell.ok("start")

    def kinds() -> set[str]:
        lines = told.read_text().splitlines() if told.exists() else []
        return {json.loads(line)["kind"] for line in lines if line.endswith("}")}

    until(lambda: {"memory", "errors", "restarts", "down"} <= kinds(), within=40, what="every kind of alert")
    notices = [json.loads(line) for line in told.read_text().splitlines()]
    down = next(each for each in notices if each["kind"] == "down")

    assert down["subject"] == "job:0"
    assert "has not been online for 1 s: restarted 2 times" in down["text"]
    assert len({each["id"] for each in notices}) == len(notices)
    shown = shell.chorus("status").stdout
    assert "alert  job:0 has not been online" in shown
    assert next(each for each in notices if each["kind"] == "errors")["subject"] == "job"


@pytest.mark.cluster("own")
def test_a_webhook_that_is_away_is_tried_again_and_its_address_stays_secret(shell: Shell):
    """The address stands in a variable; neither the log nor the list of processes ever has it."""
    shell.program("busy.py", BUSY)
    with Receiver(500, 503) as receiver:
        table = '{ memory = 1, memory_for = 0, webhook = "$ALERT_WEBHOOK" }'
        shell.write(f'[[apps]]\nname = "busy"\nscript = "busy.py"\nalerts = {table}\n')
        shell.ok("start", ALERT_WEBHOOK=f"{receiver.url}/T0/hunter2")
        until(lambda: receiver.posts, within=40, what="the alert")
        shown = shell.ok("info", "busy") + shell.ok("env", "busy")

    assert "hunter2" not in shown
    log = (shell.home / "daemon.log").read_text()
    assert receiver.posts[0][0] == "/T0/hunter2"
    assert log.count("alert's webhook failed, tried again in ") == 2
    assert "hunter2" not in log
