"""Row 39: log files that cannot be written are told of where operators look, and harm nobody."""

import resource
import subprocess
import sys

import pytest

from chorus.cluster.keeper.wire import ChildExited, Inspect, LogFailed, LogWritable, Tail
from chorus.cluster.messages import Start
from parts.shell import Shell
from processes.keeper_parts import logs_in
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

SAYING = "import time\nwhile True: print('a word', flush=True); time.sleep(0.05)\n"


def test_status_tells_that_a_log_cannot_be_written_and_an_alert_is_raised_until_it_can(shell: Shell):
    """Row 39: /dev/full is a file on a full disk; so that it ends, the link to it leads to another file later."""
    shell.program("saying.py", SAYING)
    link = shell.folder / "out.log"
    link.symlink_to("/dev/full")
    logs = 'out_file = "out.log"\nerror_file = "err.log"\ncombined_file = "all.log"\nlog_max_size = "1G"\n'
    shell.write(f'[[apps]]\nname = "saying"\nscript = "saying.py"\nalerts = {{ logs = "200ms" }}\n{logs}')
    shell.ok("start")

    trouble = f"cannot write {link}: No space left on device"
    until(lambda: shell.status()["applications"][0]["log_trouble"] == trouble, within=30, what="the note")
    assert f"{trouble}; its output is lost" in shell.ok("status")
    [alert] = until(lambda: shell.status()["alerts"], within=30, what="the alert")
    assert alert["text"] == f"saying: what it says is lost: {trouble}"
    assert shell.states("saying") == ["online"]

    link.unlink()
    link.symlink_to(shell.folder / "good.log")
    shell.ok("restart", "saying")  # the last one who writes there closes the file
    until(lambda: shell.status()["applications"][0]["log_trouble"] is None, within=30, what="the end of it")
    until(lambda: shell.status()["alerts"] == [], within=30, what="the end of the alert")


def test_the_next_manager_knows_of_it(cluster, tmp_path):
    """Row 39."""
    saying = cluster.spec(
        name="saying",
        app=None,
        command=(sys.executable, "-S", "-c", SAYING),
        port=None,
        instances=1,
        out_file="/dev/full",
    )
    cluster.done(Start(applications=[saying]))
    until(lambda: cluster.application("saying").log_trouble, what="the trouble")

    cluster.kill_manager()

    again = until(cluster.seen, what="another manager")
    assert again.applications[0].log_trouble == "cannot write /dev/full: No space left on device"


def test_a_keeper_that_can_write_nothing_at_all_goes_on_and_says_so_when_it_can(keeper, client, tmp_path):
    """Row 39: not even daemon.log; what ends meanwhile is told of, and the lines lost are counted."""
    whole = resource.prlimit(keeper.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(keeper.process.pid, resource.RLIMIT_FSIZE, (0, whole[1]))
    keeper.spawn(client, "y:0:1", "sleep", "600", logs=logs_in(tmp_path))  # so that the files stay in use
    keeper.spawn(client, "x:0:1", "echo", "lost", logs=logs_in(tmp_path))

    failed = client.fact(LogFailed)
    client.fact(ChildExited, key="x:0:1")

    assert (failed.path, failed.reason) == (str(tmp_path / "out.log"), "File too large")
    assert client.do(Tail("x:0:1")).lines == ["lost"]
    assert set(client.do(Inspect()).failing_logs) == {str(tmp_path / "out.log"), str(tmp_path / "combined.log")}
    resource.prlimit(keeper.process.pid, resource.RLIMIT_FSIZE, whole)
    keeper.spawn(client, "z:0:1", "echo", "kept", logs=logs_in(tmp_path))
    client.fact(LogWritable)
    client.fact(LogWritable)
    said = (tmp_path / "out.log").read_text()
    assert "--- up to 1 lines could not be written here ---" in said
    assert said.endswith(" kept\n")
    assert client.do(Inspect()).failing_logs == {}


@pytest.mark.cluster("own")
def test_a_start_in_a_home_that_cannot_be_written_says_what_is_the_matter(shell: Shell):
    """As on a full disk: no file may become larger than nothing."""
    limited = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)); "
    limited += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    words = shell.command("start", "sleep 600", "-n", "one")[1:]

    ended = subprocess.run(
        [sys.executable, "-c", limited, *words],
        cwd=shell.folder,
        env={**shell.environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"chorus: CHORUS_HOME cannot be written: {shell.home}: File too large\n"
