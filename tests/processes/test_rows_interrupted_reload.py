"""A manager that is killed in the middle of a reload: its successor ends the reload, and everybody can learn how."""

import os
import signal
import subprocess
from typing import Any

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture
def held(shell: Shell):
    """Two instances, of which the ones that are started while a file is there wait until it is gone."""
    file = shell.folder / "fail"
    entry = f'env = {{ FAIL_FILE = "{file}" }}\nlisten_timeout = 60'
    shell.write(f'[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\ninstances = 2\n{entry}\n')
    shell.ok("start")
    return file


def reload_until(shell: Shell, key: str) -> subprocess.Popen[str]:
    """A reload that has got as far as starting this process."""
    reloading = shell.popen("reload", "echo")
    until(lambda: key in (shell.home / "daemon.log").read_text(), within=30, what=f"{key} to be started")
    return reloading


def kill_manager(shell: Shell) -> None:
    before = shell.status()["manager_pid"]
    os.kill(before, signal.SIGKILL)
    until(lambda: shell.status()["manager_pid"] != before, within=30, what="the manager's successor")


def echo(shell: Shell) -> dict[str, Any]:
    [found] = shell.status()["applications"]
    return found


def test_the_command_waits_for_the_successor_and_tells_its_outcome(shell: Shell, held):
    """The reload goes on where it was, and whoever asked for it hears how it ended."""
    held.write_text("hang")
    with reload_until(shell, "echo:0:2") as reloading:
        kill_manager(shell)
        assert reloading.poll() is None
        held.unlink()
        said, complaint = reloading.communicate(timeout=60)

    assert (reloading.returncode, said) == (0, "reloaded echo\n"), complaint
    assert "the manager went away during the reload; waiting for the next one" in complaint
    assert [each["generation"] for each in echo(shell)["instances"]] == [3, 2]
    assert echo(shell)["resumed"] == "the reload that was interrupted is finished: 2 instances replaced"


def test_what_is_asked_for_meanwhile_is_told_of_it_or_waits(shell: Shell, held):
    held.write_text("hang")
    with reload_until(shell, "echo:0:2") as reloading:
        kill_manager(shell)
        assert echo(shell)["resumed"] == (
            "echo is being reloaded (0 of 2 instances replaced; a manager was killed in the middle of it)"
        )
        refused = shell.chorus("restart", "echo")
        with shell.popen("reload", "echo") as again:
            until(lambda: "asked to Reload" in _log_of_successor(shell), within=30, what="the second reload")
            held.unlink()
            said, complaint = again.communicate(timeout=60)
        reloading.communicate(timeout=60)

    assert (again.returncode, reloading.returncode) == (0, 0), complaint
    assert "echo is being reloaded (0 of 2" in refused.stderr
    assert "a manager was killed in the middle of it); try again when that has ended" in refused.stderr
    assert "waiting for its end" in said + complaint
    assert "the reload that was interrupted is finished: 2 instances replaced" in said + complaint
    assert "echo: the reload that was interrupted is finished: 2 instances replaced" in _log_of_successor(shell)
    assert echo(shell)["instances"][0]["generation"] > 3  # by the first, its end, and the second


def _log_of_successor(shell: Shell) -> str:
    return (shell.home / "daemon.log").read_text().partition("a manager was killed in the middle of a reload")[2]


def test_its_outcome_stays_until_another_operation_begins(shell: Shell, held):
    held.write_text("hang")
    with reload_until(shell, "echo:0:2") as reloading:
        kill_manager(shell)
        held.unlink()
        reloading.communicate(timeout=60)

    outcome = "the reload that was interrupted is finished: 2 instances replaced"
    assert echo(shell)["resumed"] == outcome
    assert f"{outcome} (" in shell.ok("status")
    assert f"{outcome} (" in shell.ok("info")
    assert f"echo: {outcome} (" in shell.ok("info", "echo")
    shell.ok("restart", "echo:0")
    assert echo(shell)["resumed"] is None


def test_one_that_fails_is_taken_back_whole_and_says_so(shell: Shell, held):
    """What was replaced before the manager was killed is put back as well as what was replaced after it."""
    bad, file = shell.folder / "bad", shell.folder / "ecosystem.toml"
    file.write_text(file.read_text().replace("env = {", f'env = {{ RELEASE = "2", FAIL_FILE = "{bad}" }} #'))
    manager = shell.status()["manager_pid"]
    with shell.popen("apply") as reloading:
        until(lambda: _first_is_replaced(shell), within=30, what="the first to be replaced")
        bad.write_text("import")
        os.kill(manager, signal.SIGKILL)  # at once: the next one must not have failed before
        _, complaint = reloading.communicate(timeout=60)

    found = echo(shell)
    assert reloading.returncode == 1
    assert f"chorus: echo: {found['resumed']}" in complaint
    assert found["resumed"].startswith("the reload that was interrupted failed: echo:")
    assert "already replaced put back" in found["resumed"]
    assert {shell.answer()["release"] for _ in range(20)} == {""}
    assert "RELEASE" not in shell.ok("info", "echo", "--json")


def _first_is_replaced(shell: Shell) -> bool:
    return echo(shell)["instances"][0]["generation"] == 2
