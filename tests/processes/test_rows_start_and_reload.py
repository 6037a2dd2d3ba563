"""Rows 1 to 14 and 20 of the table of behaviours: starting, stopping, reloading and scaling real processes."""

import json
import os
import signal
import subprocess
import time
from datetime import datetime

import pytest

from parts.shell import Shell, alive
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

SLEEPER = "import time\ntime.sleep(1000)\n"

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(1000)
"""


def moment(shell: Shell, words: str) -> float:
    """When the manager logged something, in seconds."""
    line = next(line for line in (shell.home / "daemon.log").read_text().splitlines() if words in line)
    return datetime.fromisoformat(line[:23].replace(",", ".")).timestamp()


def restarts(shell: Shell, application: str) -> list[int]:
    return [instance["restarts"] for instance in shell.instances(application)]


def test_four_instances_are_online_with_a_count_of_0(shell: Shell):
    """Row 1: `start` with 4 instances: 4 online, restart count 0."""
    shell.ok("start", "echo:application", "-i", "4")

    assert shell.states() == ["online"] * 4
    assert restarts(shell, "echo") == [0] * 4


def test_a_restart_and_two_reloads_count_three(shell: Shell):
    """Row 2: `restart all` → count 1 on each; `reload all` → 2; again → 3."""
    shell.ok("start", "echo:application", "-i", "2")

    counts = []
    for command in ("restart", "reload", "reload"):
        shell.ok(command, "all")
        counts.append(restarts(shell, "echo"))

    assert counts == [[1, 1], [2, 2], [3, 3]]


def test_a_reload_of_a_program_without_sockets_ends(shell: Shell):
    """Row 3: reload of a program without sockets does not hang."""
    shell.ok("start", shell.program("job.py", SLEEPER))
    [before] = shell.pids()["job"]

    shell.ok("reload", "job")

    [after] = shell.pids()["job"]
    assert after != before
    assert not alive(before)


def test_a_stop_and_start_count_nothing_and_a_restart_one(shell: Shell):
    """Row 4: stop then start leaves the restart count at 0; restart while online makes it 1."""
    shell.ok("start", shell.program("job.py", SLEEPER))
    shell.ok("stop", "job")
    shell.ok("start", "job")
    stopped_and_started = restarts(shell, "job")

    shell.ok("restart", "job")

    assert (stopped_and_started, restarts(shell, "job")) == ([0], [1])


def test_without_autorestart_a_crash_stays_with_its_exit_code(shell: Shell):
    """Row 5: autorestart off and a crash: 0 restarts, errored with the exit code shown, never waiting restart."""
    shell.program("crash.py", "import time\ntime.sleep(0.3)\nraise SystemExit(7)\n")
    shell.ok("start", shell.file("a.json", [{"script": "crash.py", "autorestart": False, "settle": 0}]))

    until(lambda: shell.states("crash") == ["errored"], what="the crash to be seen")

    [instance] = shell.instances("crash")
    assert (instance["restarts"], instance["exit_code"], instance["reason"]) == (0, 7, "exited with code 7")


def test_a_stop_exit_code_is_no_crash(shell: Shell):
    """Row 6: exit 42 with stop_exit_codes [42]: 0 restarts."""
    shell.program("leave.py", "import time\ntime.sleep(0.3)\nraise SystemExit(42)\n")
    shell.ok("start", shell.file("a.json", [{"script": "leave.py", "stop_exit_codes": [42], "settle": 0}]))

    until(lambda: shell.states("leave") == ["stopped"], what="it to have ended")

    [instance] = shell.instances("leave")
    assert (instance["restarts"], instance["exit_code"]) == (0, 42)


def test_another_exit_code_is_one(shell: Shell):
    """Row 6: with [34] it restarts."""
    shell.program("leave.py", "import time\ntime.sleep(0.3)\nraise SystemExit(42)\n")
    document = [{"script": "leave.py", "stop_exit_codes": [34], "restart_delay": 100, "settle": 0}]

    shell.ok("start", shell.file("a.json", document))

    until(lambda: restarts(shell, "leave")[0] >= 2, what="two restarts")


@pytest.mark.cluster("own")
@pytest.mark.alone
def test_a_program_that_ignores_the_signal_is_killed_after_its_time(shell: Shell):
    """Row 7: kill_timeout 4 s and a program that ignores the signal: `stopping` at 3 s, `stopped` by 4.5 s."""
    shell.program("deaf.py", STUBBORN)
    document = [{"script": "deaf.py", "kill_timeout": 4000, "stop_signal": "SIGTERM"}]
    shell.ok("start", shell.file("a.json", document))
    until(lambda: "deaf" in shell.ok("logs", "deaf"), what="it to ignore the signal")
    [pid] = shell.pids()["deaf"]
    begun = time.monotonic()

    with shell.popen("stop", "deaf") as stopping:
        until(lambda: time.monotonic() - begun > 3.0, what="3 s to pass")
        at_three = shell.states("deaf")
        stopping.communicate(timeout=30)

    assert at_three == ["stopping"]
    assert 4.0 <= moment(shell, "stopping -> stopped") - moment(shell, "online -> stopping") <= 4.5
    assert not alive(pid)
    assert shell.states("deaf") == ["stopped"]


def test_the_same_path_twice_is_an_error_and_its_name_a_restart(shell: Shell):
    """Row 8: the same program started twice by path: an error; by name: a restart."""
    path = shell.program("job.py", SLEEPER)
    shell.ok("start", path)
    before = shell.pids()

    by_path = shell.chorus("start", path)
    unchanged = shell.pids()
    shell.ok("start", "job")

    assert by_path.returncode == 1
    assert "job: there already" in by_path.stderr
    assert unchanged == before
    assert shell.pids() != before
    assert restarts(shell, "job") == [1]


@pytest.mark.parametrize("target", ["nobody", "99", "/^x/"])
def test_what_names_nothing_fails_every_command(shell: Shell, target: str):
    """Row 9: unknown name or unknown id: non-zero for restart, stop, reload, delete."""
    shell.ok("start", shell.program("job.py", SLEEPER))
    before = shell.pids()

    codes = {command: shell.chorus(command, target).returncode for command in ("restart", "stop", "reload", "delete")}

    assert set(codes.values()) == {1}, codes
    assert shell.pids() == before


def test_all_with_nothing_there_fails(shell: Shell):
    """Row 9: "all" with nothing there: non-zero for restart, stop, reload, delete."""
    shell.ok("start", shell.program("job.py", SLEEPER))
    shell.ok("delete", "job")

    codes = {command: shell.chorus(command, "all").returncode for command in ("restart", "stop", "reload", "delete")}

    assert set(codes.values()) == {1}, codes


def three(shell: Shell) -> str:
    shell.program("job.py", SLEEPER)
    names = [("a", "front"), ("b", "front"), ("c", "back")]
    return shell.file("three.json", [{"name": n, "script": "job.py", "namespace": space} for n, space in names])


def test_several_targets_are_all_acted_on(shell: Shell):
    """Row 10: several targets in one command act on all."""
    shell.ok("start", three(shell))

    shell.ok("stop", "a", "c")

    assert [shell.states(name) for name in "abc"] == [["stopped"], ["online"], ["stopped"]]


def test_only_restricts_the_applications_of_a_file(shell: Shell):
    """Row 10: `--only a,b` restricts a file's applications."""
    shell.ok("start", three(shell), "--only", "a,c")

    assert sorted(shell.pids()) == ["a", "c"]


def test_an_action_on_a_namespace_leaves_the_others_alone(shell: Shell):
    """Row 11: an action on a namespace touches only its applications."""
    shell.ok("start", three(shell))
    before = shell.pids()

    shell.ok("restart", "front")

    after = shell.pids()
    assert before["c"] == after["c"]
    assert before["a"] != after["a"]
    assert before["b"] != after["b"]


def test_a_program_that_does_not_say_ready_fails_the_start(shell: Shell):
    """Row 12: a program that must say ready and does not within listen_timeout: the start fails, with a reason."""
    shell.program("job.py", SLEEPER)
    shell.write('[[apps]]\nname = "job"\nscript = "job.py"\nwait_ready = true\nlisten_timeout = 1\n')

    failed = shell.chorus("start")

    assert failed.returncode == 1
    assert "not ready within 1 s" in failed.stderr


@pytest.mark.parametrize(
    ("failure", "patience", "reason"), [("import", 30, "exited with code"), ("hang", 6, "not ready within 6 s")]
)
def test_a_bad_build_never_replaces_the_old_one(shell: Shell, failure: str, patience: int, reason: str):
    """Row 13: the old instances go on serving; the command names the instance, the reason and its last lines."""
    fail_file = shell.folder / "fail"
    entry = f'env = {{ FAIL_FILE = "{fail_file}" }}\nlisten_timeout = {patience}'
    shell.write(f'[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\ninstances = 2\n{entry}\n')
    shell.ok("start")
    before = shell.pids()
    fail_file.write_text(failure)

    failed = shell.chorus("reload", "echo")

    assert failed.returncode == 1
    assert f"echo:0:2 did not get ready: {reason}" in failed.stderr
    assert failure == "hang" or "the build is broken: no such table" in failed.stderr
    assert shell.answer()["pid"] in before["echo"]
    assert shell.pids() == before


@pytest.mark.cluster("own")
def test_a_second_reload_during_the_first_is_refused(shell: Shell):
    """Row 14: a clear error, and no orphan afterwards."""
    fail_file = shell.folder / "fail"
    entry = f'env = {{ FAIL_FILE = "{fail_file}" }}\nlisten_timeout = 6'
    shell.write(f'[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\n{entry}\n')
    shell.ok("start")
    fail_file.write_text("hang")

    with shell.popen("reload", "echo") as first:
        started = lambda: "echo:0:2" in (shell.home / "daemon.log").read_text()
        until(started, what="the first reload to start a process")
        second = shell.chorus("reload", "echo")
        first.communicate(timeout=60)

    assert second.returncode == 1
    assert "echo is being reloaded" in second.stderr
    [serving] = shell.pids()["echo"]
    command = ["pgrep", "-P", str(shell.status()["keeper_pid"]), "-f", "chorus.cluster.worker"]

    def workers() -> list[str]:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    until(lambda: workers() == [str(serving)], what="the refused build to be gone")


def test_scaling_up_down_and_to_the_same(shell: Shell):
    """Row 20: `scale 8` from 4 → 8; `scale +2`; `scale -1`; the present number says so and succeeds."""
    shell.ok("start", "echo:application", "-i", "4")

    counts = []
    for change in ("8", "+2", "-1"):
        shell.ok("scale", "echo", change)
        counts.append(len(shell.states()))
    same = json.loads(shell.ok("scale", "echo", "9", "--json"))

    assert counts == [8, 10, 9]
    assert same == {"text": "echo has 9 instances already", "changed": False}


def test_a_signal_reaches_the_processes(shell: Shell):
    """`chorus signal USR1 TARGET` asks the program, and leaves what it does to it; a number is as good as the name."""
    text = "import signal, time\nsignal.signal(signal.SIGUSR1, lambda *_: print('heard', flush=True))\n"
    shell.program("ear.py", text + "print('listening', flush=True)\ntime.sleep(5)\ntime.sleep(1000)\n")
    shell.ok("start", "ear.py")
    until(lambda: "listening" in shell.ok("logs", "ear"), what="it to listen")

    shell.ok("signal", "usr1", "ear")

    until(lambda: "heard" in shell.ok("logs", "ear"), what="the signal")
    shell.ok("signal", str(int(signal.SIGUSR1)), "ear")
    until(lambda: shell.ok("logs", "ear").count("heard") == 2, what="the second one")
    assert shell.states("ear") == ["online"]


def test_reset_counters_leaves_the_process_and_reset_starts_it_fresh(shell: Shell):
    shell.ok("start", shell.program("job.py", SLEEPER))
    shell.ok("restart", "job")
    [before] = shell.pids()["job"]

    shell.ok("reset", "job", "--counters")
    counted, same = restarts(shell, "job"), shell.pids()["job"]
    shell.ok("restart", "job")
    [after] = shell.pids()["job"]
    shell.ok("reset", "job")

    assert (counted, same) == ([0], [before])
    assert restarts(shell, "job") == [0]
    assert shell.pids()["job"] != [after]
    assert not alive(after)


def test_flush_empties_the_logs_and_logging_goes_on(shell: Shell):
    shell.program("talk.py", "import sys\nfor line in open('words'):\n    print(line.strip(), flush=True)\n")
    os.mkfifo(shell.folder / "words")
    shell.ok("start", "talk.py")
    with (shell.folder / "words").open("w", buffering=1) as words:
        words.write("before\n")
        until(lambda: "before" in shell.ok("logs", "talk"), what="the first line")
        shell.ok("flush", "talk")
        words.write("after\n")
        until(lambda: "after" in shell.ok("logs", "talk"), what="the second line")

    assert "before" not in shell.ok("logs", "talk")


def test_logs_can_be_filtered_by_what_they_say_and_by_age(shell: Shell):
    shell.program("count.py", "import time\nfor n in range(20):\n    print('line', n, flush=True)\ntime.sleep(1000)\n")
    shell.ok("start", "count.py")
    until(lambda: "line 19" in shell.ok("logs", "count"), what="all lines")

    lines = shell.ok("logs", "count", "--grep", "^line 1[0-2]$", "--since", "1h").splitlines()

    assert [line.partition(" | ")[2] for line in lines] == ["line 10", "line 11", "line 12"]
    assert shell.chorus("logs", "count", "--grep", "(").returncode == 2
    assert shell.chorus("logs", "count", "--since", "soon").returncode == 2


def test_status_watch_shows_it_again_until_it_is_interrupted(shell: Shell):
    shell.ok("start", shell.program("job.py", SLEEPER))

    with shell.popen("status", "--watch") as watching:
        assert watching.stdout is not None
        lines = [watching.stdout.readline() for _ in range(6)]
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=30)

    assert watching.returncode == 130
    assert sum("job:0" in line for line in lines) == 2


def test_env_covers_what_looks_secret(shell: Shell):
    shell.program("job.py", SLEEPER)
    env = {"COLOUR": "blue", "API_TOKEN": "hunter2", "DATABASE_URL": "postgresql://me:hunter2@db/shop"}
    shell.ok("start", shell.file("a.json", [{"script": "job.py", "env": env, "filter_env": True}]))

    covered, open_ = shell.ok("env", "job"), shell.ok("env", "job", "--reveal")

    assert "hunter2" not in covered
    assert "COLOUR=blue\nDATABASE_URL=postgresql://me:********@db/shop" in covered
    assert "API_TOKEN=hunter2" in open_
