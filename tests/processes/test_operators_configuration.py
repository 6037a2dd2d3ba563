"""The operators' table, row by row, as it concerns processes: each test has the name of a row and its default.

What runs is the chat that `chorus start` starts where there is nothing, so that every figure is one nobody wrote down
in a file. Where a figure is an hour or a gigabyte, the specification of that chat is asked; the behaviour behind it has
its numbered test (rows 24 to 27, 39, 41 and 42).
"""

import json
import os
import re
import socket
import tempfile
import time
import urllib.request
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
from parts.cluster import Cluster
from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def chat() -> Iterator[Cluster]:
    """The chat as `chorus start` starts it, with nothing set but its port."""
    with tempfile.TemporaryDirectory(prefix="chorus-") as home, Cluster(Path(home)) as cluster:
        yield cluster


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


def answering(chat: Cluster) -> str:
    """The number of the instance that answers a new connection."""
    with urllib.request.urlopen(f"{chat.address}/health/live", timeout=10) as answer:
        return json.load(answer)["instance"]


def test_instances_two_by_default_in_cluster_mode_load_balanced_any_number_by_scale(chat: Cluster):
    """Instances: 2 by default; both answer on one port; `scale` makes it any number."""
    by_default = sorted(chat.instances())
    until(lambda: {answering(chat) for _ in range(20)} == {"0", "1"}, what="an answer of each")

    assert chat.chorus("scale", "3").returncode == 0
    scaled = sorted(chat.instances())
    assert chat.chorus("scale", "2").returncode == 0

    assert (by_default, scaled) == ([0, 1], [0, 1, 2])


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


def test_graceful_shutdown_10_s(chat: Cluster):
    """Graceful shutdown: 10 s, of which the worker is told."""
    told = {environment(each["pid"])["CHORUS_KILL_TIMEOUT"] for each in chat.instances().values()}

    assert told == {"10"}


def test_health_grace_period_3_s_after_start(specified: ApplicationSpec):
    """Health grace period: 3 s in which a failed check counts for nothing."""
    assert specified.health is not None
    assert specified.health.grace == 3.0


def test_logs_err_out_and_combined_timestamped_and_merged(chat: Cluster):
    """Logs: ./logs/err.log, ./logs/out.log, ./logs/combined.log; a time on each line; both instances in each file."""
    logs = {name: (chat.home / "logs" / f"{name}.log").read_text().splitlines() for name in ("err", "out", "combined")}

    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+:\d \| ", line) for line in logs["combined"])
    for name in ("out", "combined"):
        assert {line.split()[1] for line in logs[name]} >= {"chat:0", "chat:1"}


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


def test_commands_redis_checks_the_connection(chat: Cluster):
    """Commands: `redis`."""
    checked = chat.chorus("redis")

    assert checked.returncode == 0, checked.stderr


def test_environments_development_and_production_port_3000(specified: ApplicationSpec):
    """Environments: development unless said; PORT 3000, on loopback only."""
    assert (specified.port, specified.host) == (3000, "127.0.0.1")


def test_environments_node_env_is_another_name_of_chorus_env(shell: Shell):
    """NODE_ENV: the operators' commands work as written; production wants its secrets."""
    refused = shell.chorus("start", NODE_ENV="production")

    assert refused.returncode == 1
    assert "REDIS_PASSWORD" in refused.stderr
    assert "JWT_SECRET" in refused.stderr


def test_pm2_instance_id_and_its_other_names_are_set_in_each_worker(chat: Cluster):
    """PM2_INSTANCE_ID: the instance's number; NODE_APP_INSTANCE and CHORUS_INSTANCE_ID too."""
    names = ("PM2_INSTANCE_ID", "NODE_APP_INSTANCE", "CHORUS_INSTANCE_ID")
    told = {number: [environment(each["pid"])[name] for name in names] for number, each in chat.instances().items()}

    assert told == {0: ["0"] * 3, 1: ["1"] * 3}


def test_upkeep_saved_configuration_with_a_backup(chat: Cluster):
    """Upkeep: saved configuration; the one before stays as a backup."""
    saves = [chat.chorus("save").returncode for _ in range(2)]

    kept = {path.name for path in (chat.home / "state").glob("saved.json*")}
    assert (saves, kept) == ([0, 0], {"saved.json", "saved.json.1"})


def test_upkeep_start_at_boot(chat: Cluster):
    """Upkeep: start at boot, here as it would be written."""
    unit = chat.chorus("startup", "--print")

    assert unit.returncode == 0
    assert "Type=notify" in unit.stdout


def test_troubleshooting_port_taken_is_named_in_one_clear_line(shell: Shell):
    """Troubleshooting: port taken."""
    with socket.create_server(("127.0.0.1", shell.port)):
        refused = shell.chorus("start", "echo:application")

    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert f"port {shell.port} on 127.0.0.1 is held by" in line
    assert f"pid {os.getpid()}" in line


def test_troubleshooting_a_crash_is_named_and_recovers_by_itself(chat: Cluster):
    """Troubleshooting: what can recover does, here an instance that was killed."""
    killed = chat.instances()[1]["pid"]
    began = time.monotonic()

    os.kill(killed, 9)

    chat.wait_replaced(1, killed)
    assert time.monotonic() - began >= 4.0
    assert chat.instances()[1]["last_failure"] == "was killed by SIGKILL"
