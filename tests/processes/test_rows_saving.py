"""Rows 32, 41 and 42 of the table of behaviours: what is saved, restored and started at boot."""

import os
import shutil
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from parts.shell import Shell, alive
from waiting import until

pytestmark = pytest.mark.processes


def applications(shell: Shell) -> str:
    """Two applications, one of three instances; the first has a secret."""
    shell.program("job.py", "import os, time\nprint(os.environ.get('API_TOKEN'), flush=True)\ntime.sleep(1000)\n")
    env = {"API_TOKEN": "hunter2"}
    entries = [{"name": "a", "script": "job.py", "instances": 3, "env": env}, {"name": "b", "script": "job.py"}]
    return shell.file("ecosystem.json", entries)


def shape(shell: Shell) -> dict[str, list[tuple[int, str]]]:
    """Names, numbers and states of all that is there."""
    found = shell.status()["applications"]
    return {each["name"]: [(i["number"], i["state"]) for i in each["instances"]] for each in found}


def test_saved_secrets_are_not_in_clear_and_the_owners_alone(shell: Shell):
    """Row 32: environment secrets are not in saved files in clear; files 0600."""
    shell.ok("start", applications(shell), SHELL_SECRET="hunter3")
    shell.ok("save")
    shell.ok("save")

    files = sorted((shell.home / "state").iterdir())
    assert [path.name for path in files] == ["save.key", "saved.json", "saved.json.1"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600] * 3
    assert not any(word in path.read_text() for path in files for word in ("hunter2", "hunter3", "API_TOKEN"))


def test_after_the_end_of_everything_restore_brings_the_same_back(shell: Shell):
    """Row 41: `save`, then everything killed, then restore: the same applications, numbers and states."""
    shell.ok("start", applications(shell))
    shell.ok("delete", "a:1")
    shell.ok("stop", "b")
    before = shape(shell)
    shell.ok("save")
    shell.ok("kill")

    restored = shell.ok("restore")

    assert restored == "restored a, b\n"
    assert before == {"a": [(0, "online"), (2, "online")], "b": [(0, "stopped")]}
    assert shape(shell) == before
    until(lambda: "hunter2" in shell.ok("logs", "a"), what="the variable to be there again")
    assert shell.ok("restore") == "all of it is there already\n"


def test_a_saved_file_without_its_key_is_refused(shell: Shell):
    """Row 41: half of what was saved is worse than a clear error; nothing is started."""
    shell.ok("start", applications(shell))
    shell.ok("save")
    shell.ok("kill")
    (shell.home / "state" / "save.key").unlink()

    refused = shell.chorus("restore")

    assert refused.returncode == 1
    assert f"its variables cannot be read: there is no {shell.home}/state/save.key" in refused.stderr
    assert shell.leftovers == []


def test_nothing_saved_is_said(shell: Shell):
    """Row 41: with the command that saves."""
    refused = shell.chorus("restore")

    assert refused.returncode == 1
    assert "nothing is saved" in refused.stderr
    assert "chorus save" in refused.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_the_unit_passes_systemds_own_check(shell: Shell, tmp_path: Path):
    """Row 42: `startup` writes a systemd unit that passes `systemd-analyze verify`."""
    unit = tmp_path / "chorus.service"
    unit.write_text(shell.ok("startup", "--print"))

    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert "Type=notify" in unit.read_text()


@pytest.mark.skipif(os.path.isdir("/run/systemd/system") or os.geteuid() == 0, reason="writes where systemd looks")
def test_startup_explains_itself_without_systemd(shell: Shell, tmp_path: Path):
    """Row 42: the unit is written all the same, and what to do instead is said."""
    ended = shell.chorus("startup", XDG_CONFIG_HOME=str(tmp_path / "config"))

    assert ended.returncode == 1
    assert "systemd does not run here" in ended.stderr
    assert "chorus daemon" in ended.stderr
    assert (tmp_path / "config" / "systemd" / "user" / "chorus.service").exists()


def test_the_unit_runs_a_keeper_that_restores_and_says_ready(shell: Shell, tmp_path: Path):
    """Row 42: `chorus daemon`, as the unit has it: READY=1 comes when all is back; a stop ends all of it."""
    shell.ok("start", applications(shell))
    shell.ok("save")
    before = shape(shell)
    shell.ok("kill")
    path = str(shell.home / "systemd")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        listening.settimeout(30)
        environment = {**shell.environment, "NOTIFY_SOCKET": path}
        with subprocess.Popen(shell.command("daemon"), env=environment, stdout=subprocess.DEVNULL) as service:
            said = listening.recv(200).decode()
            after, main, pids = (
                shape(shell),
                shell.status()["keeper_pid"],
                [pid for each in shell.pids().values() for pid in each],
            )
            service.terminate()
            code = service.wait(30)

    assert said.startswith("READY=1\n")
    assert main == service.pid
    assert after == before
    assert code == 0
    assert not any(alive(pid) for pid in pids)
