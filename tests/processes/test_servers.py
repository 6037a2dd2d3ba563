"""Each recipe of docs/servers.md, run as it stands there: a cluster of two, reloaded while many clients ask."""

import os
import re
import sysconfig
from pathlib import Path

import pytest

from parts.node import NODE
from parts.shell import Shell
from parts.visitors import Visitors
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

PAGE = (Path(__file__).parents[2] / "docs" / "servers.md").read_text()
HEADINGS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
DROPS_WHAT_IT_ACCEPTED = {"Granian"}
"""Servers whose section says that a reload is not free."""

RELOADS = int(os.environ.get("CHORUS_TEST_RELOADS", "1"))
"""Reloads of both instances under load; `make endurance` does 20."""


def files(text: str) -> dict[str, str]:
    """The blocks that are named after a file."""
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@pytest.fixture
def written(shell: Shell, heading: str) -> Shell:
    """A shell in a folder with the files of the recipe, and with the programs of this environment on its path."""
    for name, text in {**files(PAGE.split("\n## ")[0]), **files(section(heading))}.items():
        shell.program(name, text.replace("8000", str(shell.port)))
    programs = [sysconfig.get_path("scripts"), str(NODE.parent), shell.environment["PATH"]]
    shell.environment["PATH"] = os.pathsep.join(programs)
    return shell


@pytest.mark.parametrize("heading", HEADINGS)
def test_two_instances_share_the_port_and_a_reload_under_load_fails_no_request(written: Shell, heading: str):
    """Row 15 for programs of others: new connections for each request, 32 clients."""
    written.ok("start")
    before = set(written.pids()["shop"])

    with Visitors(written.port) as visitors:
        until(lambda: len({who(body) for body in visitors.bodies}) == 2, what="an answer of each instance")
        for _ in range(RELOADS):
            written.ok("reload", "shop")
        visitors.after(100)

    assert len(before & set(written.pids()["shop"])) == 0
    assert written.states("shop") == ["online", "online"]
    if heading not in DROPS_WHAT_IT_ACCEPTED:
        assert visitors.failures == []


def who(body: bytes) -> bytes:
    """The instance that gave this answer."""
    return body.rpartition(b" ")[2]


def test_every_server_that_drops_requests_is_named_as_such():
    assert {heading for heading in HEADINGS if "a reload is not free" in section(heading)} == DROPS_WHAT_IT_ACCEPTED
