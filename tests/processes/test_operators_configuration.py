"""The operators' table, row by row, as it concerns processes: each test has the name of a row and its default.

What runs is an application of which nothing is said but that there are two, so that every figure is one nobody wrote
down. Where a figure is the chat's, or an hour or a gigabyte, the specification is asked that `chorus start` starts
where there is nothing; the behaviour behind it has its numbered test (rows 24 to 27, 39, 41 and 42).
"""

import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus.cluster import restarts
from chorus.cluster.cli.commands import ALIASES, COMMANDS
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Wish
from chorus.cluster.restarts import GiveUp, RestartAfter, RestartHistory
from chorus.cluster.spec import ApplicationSpec
from chorus.entry.builtin import applications
from chorus.entry.command import PRODUCT
from parts.shell import Shell
from parts.valkey import Valkey
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Two instances of an application of which nothing else is said."""
    with tempfile.TemporaryDirectory(prefix="chorus-") as home:
        shell = Shell(tmp_path_factory.mktemp("folder"), Path(home))
        shell.ok("start", "echo:application", "-i", "2")
        yield shell
        shell.chorus("kill")


@pytest.fixture
def specified(home: Path) -> ApplicationSpec:
    """The chat's specification where nothing is set at all."""
    place = Home(str(home))
    place.prepare()
    return applications(Wish(place, {}, str(home), None))[-1]


def environment(pid: int) -> dict[str, str]:
    """The variables a process was started with."""
    pairs = (pair.partition("=") for pair in Path(f"/proc/{pid}/environ").read_text().split("\0"))
    return {name: value for name, _, value in pairs}


def test_instances_two_by_default(specified: ApplicationSpec):
    """Instances: 2 of the chat where nobody says otherwise."""
    assert specified.instances == 2


def test_instances_in_cluster_mode_load_balanced_any_number_by_scale(running: Shell):
    """Instances: all answer on one port; `scale` makes it any number."""
    until(lambda: {running.answer()["number"] for _ in range(20)} == {"0", "1"}, what="an answer of each")

    running.ok("scale", "3")
    scaled = running.states()
    running.ok("scale", "2")

    assert (scaled, running.states()) == (["online"] * 3, ["online"] * 2)


def test_automatic_restart_on_failure_after_4_s(shell: Shell):
    """Automatic restart: on failure; 4 s between restarts."""
    shell.program(
        "crash.py", "import time\nprint(time.monotonic(), flush=True)\ntime.sleep(1.2)\nraise SystemExit(1)\n"
    )
    shell.ok("start", "crash.py")

    until(lambda: shell.instances("crash")[0]["restarts"] == 1, what="the restart")
    until(lambda: len(shell.ok("logs", "crash").splitlines()) == 2, what="its second start")

    first, second = (float(line.partition(" | ")[2]) for line in shell.ok("logs", "crash").splitlines())
    assert second - first >= 1.2 + 4.0


def test_automatic_restart_at_most_5_an_hour(specified: ApplicationSpec):
    """Automatic restart: at most 5 an hour, and again when the hour has passed."""
    policy, history, verdicts = specified.restart_policy, RestartHistory(), []
    for now in (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 3601.0):
        history, verdict = restarts.decide(policy, history, now=now, uptime=1.0)
        verdicts.append(verdict)

    assert verdicts[:5] == [RestartAfter(4.0)] * 5
    assert isinstance(verdicts[5], GiveUp)
    assert verdicts[6] == RestartAfter(4.0)


def test_automatic_restart_minimum_uptime_10_s(specified: ApplicationSpec):
    """Automatic restart: who ran for 10 s was stable."""
    assert specified.min_uptime == 10.0


def test_memory_1_gb_an_instance(specified: ApplicationSpec):
    """Memory: 1 GB an instance, restarted gracefully when it is exceeded (row 27)."""
    assert specified.max_memory_restart == 1024**3


def test_graceful_shutdown_10_s(running: Shell):
    """Graceful shutdown: 10 s, of which the worker is told."""
    told = {environment(each["pid"])["CHORUS_KILL_TIMEOUT"] for each in running.instances("echo")}

    assert told == {"10"}


def test_health_grace_period_3_s_after_start(specified: ApplicationSpec):
    """Health grace period: 3 s in which a failed check counts for nothing."""
    assert specified.health is not None
    assert specified.health.grace == 3.0


def test_logs_err_out_and_combined_timestamped_and_merged(running: Shell):
    """Logs: ./logs/err.log, ./logs/out.log, ./logs/combined.log; a time on each line; both instances in each file."""
    logs = {
        name: (running.folder / "logs" / f"{name}.log").read_text().splitlines() for name in ("err", "out", "combined")
    }

    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+:\d \| ", line) for line in logs["combined"])
    for name in ("out", "combined"):
        assert {line.split()[1] for line in logs[name]} >= {"echo:0", "echo:1"}


def test_logs_rotated_and_cleaned_up(specified: ApplicationSpec):
    """Logs: rotated by size and by day, compressed, the oldest removed (row 39)."""
    assert (specified.log_max_size, specified.log_rotate_every) == (10 * 1024**2, 86_400.0)
    assert (specified.log_compress, specified.log_retain) == (True, 30)


def test_commands_of_the_operators_are_all_there():
    """Commands: all fifteen of the operators' scripts."""
    there = {command.name for command in (*COMMANDS, *PRODUCT.commands)} | set(ALIASES) | {"help"}
    scripts = "start stop restart reload delete status logs monitor info scale redis save startup reset help"

    assert [name for name in scripts.split() if name not in there] == []


def test_commands_logs_the_last_50_or_n(shell: Shell):
    """Commands: `logs` shows the last 50 lines, `logs -n N` the last N."""
    shell.program("count.py", "import time\nfor n in range(70):\n    print('line', n, flush=True)\ntime.sleep(1000)\n")
    shell.ok("start", "count.py")
    until(lambda: "line 69" in shell.ok("logs", "count"), what="all lines")

    shown = [len(shell.ok("logs", "count", *words).splitlines()) for words in ((), ("-n", "7"))]

    assert shown == [50, 7]


def test_commands_redis_checks_the_connection(shell: Shell, valkey: Valkey):
    """Commands: `redis`."""
    assert shell.chorus("redis", REDIS_URL=valkey.url).returncode == 0


def test_environments_development_and_production_port_3000(specified: ApplicationSpec):
    """Environments: development unless said; PORT 3000, on loopback only."""
    assert (specified.port, specified.host) == (3000, "127.0.0.1")


def test_environments_node_env_is_another_name_of_chorus_env(shell: Shell):
    """NODE_ENV: the operators' commands work as written; production wants its secrets."""
    refused = shell.chorus("start", NODE_ENV="production")

    assert refused.returncode == 1
    assert "REDIS_PASSWORD" in refused.stderr
    assert "JWT_SECRET" in refused.stderr


def test_pm2_instance_id_and_its_other_names_are_set_in_each_worker(running: Shell):
    """PM2_INSTANCE_ID: the instance's number; NODE_APP_INSTANCE and CHORUS_INSTANCE_ID too."""
    names = ("PM2_INSTANCE_ID", "NODE_APP_INSTANCE", "CHORUS_INSTANCE_ID")
    told = {each["number"]: [environment(each["pid"])[name] for name in names] for each in running.instances("echo")}

    assert told == {0: ["0"] * 3, 1: ["1"] * 3}


def test_upkeep_saved_configuration_with_a_backup(running: Shell):
    """Upkeep: saved configuration; the one before stays as a backup."""
    running.ok("save")
    running.ok("save")

    assert {path.name for path in (running.home / "state").glob("saved.json*")} == {"saved.json", "saved.json.1"}


def test_upkeep_start_at_boot(running: Shell):
    """Upkeep: start at boot, here as it would be written."""
    assert "Type=notify" in running.ok("startup", "--print")


def test_troubleshooting_port_taken_is_named_in_one_clear_line(shell: Shell):
    """Troubleshooting: port taken."""
    with socket.create_server(("127.0.0.1", shell.port)):
        refused = shell.chorus("start", "echo:application")

    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert f"port {shell.port} on 127.0.0.1 is held by" in line
    assert f"pid {os.getpid()}" in line


def test_troubleshooting_a_killed_instance_is_named_and_recovers_by_itself(running: Shell):
    """Troubleshooting: what can recover by itself does, after the 4 s, while the other serves."""
    killed = running.instances("echo")[1]
    began = time.monotonic()
    os.kill(killed["pid"], 9)

    def replaced() -> bool:
        running.answer()
        one = running.instances("echo")[1]
        return one["state"] == "online" and one["pid"] != killed["pid"]

    until(replaced, within=30, what="its successor")
    assert time.monotonic() - began >= 4.0
    assert running.instances("echo")[1]["last_failure"] == "was killed by SIGKILL"
