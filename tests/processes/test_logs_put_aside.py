"""`chorus logs` goes back into the files that rotation put aside."""

import json

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes

LINES = 3000
WRITER = f"""
import time
for n in range({LINES}):
    print("line", n, flush=True)
    if n % 1000 == 999:
        time.sleep(0.3)
time.sleep(600)
"""


def test_the_last_lines_go_back_over_rotations(shell: Shell):
    """Row 39: as one file, over compressed ones and one that is not yet, in both forms; by number and by age."""
    shell.program("writer.py", WRITER)
    shell.write('[[apps]]\nname = "writer"\nscript = "writer.py"\nlog_max_size = "40k"\nsettle = 0')
    shell.ok("start")
    logs = shell.folder / "logs"
    until(lambda: len(list(logs.glob("out-*.gz"))) > 0, within=30, what="a file put aside and compressed")
    written = f"line {LINES - 1}"
    until(lambda: written in shell.ok("logs", "-n", "1", "--out"), within=30, what="the last line to be there")

    shown = shell.ok("logs", "--out", "-n", str(LINES - 5)).splitlines()
    objects = shell.ok("logs", "--out", "-n", "2500", "--json", "--grep", "line [0-9]*7$").splitlines()
    by_age = shell.ok("logs", "--out", "--since", "1h").splitlines()
    until(lambda: shell.ok("logs", "--out", "--since", "1") == "", within=30, what="no line of the last second")

    assert [line.partition(" | ")[2] for line in shown] == [f"line {n}" for n in range(5, LINES)]
    assert [json.loads(each)["line"] for each in objects] == [f"line {n}" for n in range(7, LINES, 10)]
    assert len(by_age) == LINES
