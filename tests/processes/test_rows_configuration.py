"""Rows 34 to 37 of the table of behaviours: files, environments, numbers and plans."""

import json
import re
import signal
import socket
from pathlib import Path

import pytest

from parts.ports import free_port
from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

TELLING = """
import json, os, time
names = ("COLOUR", "PORT", "CHORUS_ENV", "NODE_APP_INSTANCE", "MY_NUMBER", "HOME", "CHORUS_INSTANCE_ID", "SECRET_X")
with open(f"told-{os.environ['CHORUS_INSTANCE_ID']}", "w") as file:
    json.dump({"pid": os.getpid(), **{name: os.environ.get(name) for name in names}}, file)
time.sleep(1000)
"""


def told(shell: Shell, number: int = 0) -> dict[str, str | None]:
    """What the process that runs now under this number said of its variables."""
    pid = {i["number"]: i["pid"] for i in shell.instances("tell")}[number]

    def current() -> dict[str, str | None] | None:
        path = shell.folder / f"told-{number}"
        text = path.read_text() if path.exists() else ""
        return json.loads(text) if text.endswith("}") and json.loads(text)["pid"] == pid else None

    said = until(current, what="the program to tell")
    assert said is not None
    return said


def telling(shell: Shell, **options: object) -> str:
    shell.program("tell.py", TELLING)
    return shell.file("ecosystem.json", {"apps": [{"script": "tell.py", **options}]})


def test_the_selected_environment_is_kept_by_later_restarts(shell: Shell):
    """Row 34: `--env production` selects `env_production`; a later restart without it keeps it and says so."""
    path = telling(shell, env={"COLOUR": "green"}, env_production={"COLOUR": "red"}, env_staging={"COLOUR": "grey"})
    shell.ok("start", path, "--env", "production")
    seen = [told(shell)["COLOUR"]]
    outputs: list[str] = []

    for words in (["restart", "tell"], ["reload", "tell"], ["start", path], ["restart", "tell", "--env", "staging"]):
        ended = shell.chorus(*words)
        outputs.append(ended.stdout + ended.stderr)
        seen.append(told(shell)["COLOUR"])

    assert seen == ["red", "red", "red", "red", "grey"]
    assert ["environment production kept" in output for output in outputs] == [True, True, True, False]
    assert told(shell)["CHORUS_ENV"] == "staging"


def test_an_environment_that_the_file_does_not_have_is_refused(shell: Shell):
    """Row 34: the names that there are stand in the error."""
    path = telling(shell, env_production={"COLOUR": "red"})
    shell.ok("start", path)

    for words in (["start", path], ["plan", path]):
        unknown = shell.chorus(*words, "--env", "prodution")
        assert unknown.returncode == 1
        assert 'found no environment "prodution", expected production' in unknown.stderr
    again = shell.chorus("start", path, "--env", "production", "--if-absent")
    assert "not applied to what runs: environment production: tell; to apply: chorus restart tell" in again.stderr
    refused = shell.chorus("restart", "tell", "--env", "prodution")

    assert refused.returncode == 1
    assert 'found environment "prodution", expected production' in refused.stderr


def test_a_variable_removed_from_the_file_is_gone_and_was_announced(shell: Shell):
    """Row 35: gone after an apply (a reload); `plan` shows what it would change before it does, values left out."""
    path = telling(shell, env={"COLOUR": "green", "SECRET_X": "hunter2"})
    shell.ok("start", path)
    telling(shell, env={"COLOUR": "green"}, kill_timeout=3000)

    planned = shell.chorus("plan", path)
    before = told(shell)["SECRET_X"]
    shell.ok("apply", path)

    assert planned.returncode == 5
    lines = ["~ tell: reload", "    kill_timeout: 10.0 -> 3.0", "    env.SECRET_X: removed"]
    assert planned.stdout.splitlines() == lines
    assert (before, told(shell)["SECRET_X"]) == ("hunter2", None)
    assert shell.chorus("plan", path).returncode == 0


def test_a_program_that_runs_once_is_as_the_file_says_when_it_has_ended_well(shell: Shell):
    """Row 35: `apply` does not run it again, and nothing about its end is wrong."""
    shell.program("once.py", "open('runs', 'a').write('x')")
    path = shell.file("ecosystem.json", {"apps": [{"script": "once.py", "autorestart": False}]})
    shell.ok("apply", path)
    until(lambda: shell.instances("once")[0]["state"] == "stopped", what="it to have run")

    planned = shell.chorus("plan", path)
    shell.ok("apply", path)

    assert planned.returncode == 0, planned.stdout
    assert (shell.folder / "runs").read_text() == "x"
    assert shell.instances("once")[0]["reason"] == "exited with code 0"
    assert shell.chorus("status").returncode == 0


def test_what_the_manager_alone_goes_by_is_told_to_it_and_no_process_is_touched(shell: Shell):
    """Row 35: thresholds of alerts and the settings of the cluster; `plan` shows both and names no secret."""
    metrics = free_port()
    table = 'apps = [{ name = "job", command = ["sleep", "600"] ALERTS }]'
    shell.write(table.replace("ALERTS", ""))
    shell.ok("apply")
    before = shell.pids()
    shell.write(
        f"cluster = {{ metrics = {metrics} }}\n"
        + table.replace("ALERTS", ', alerts = { cpu = 50, webhook = "http://127.0.0.1:9/hunter2" }')
    )

    planned = shell.chorus("plan")
    shell.ok("apply")

    assert planned.returncode == 5
    assert planned.stdout.splitlines() == [
        "~ [cluster]: told to the manager",
        f"    metrics: null -> {metrics}",
        "~ job: told to the manager; no process is touched",
        "    alerts.cpu: 90.0 -> 50.0",
        "    alerts.webhook: added",
    ]
    assert shell.pids() == before
    assert shell.chorus("plan").returncode == 0


def test_apply_starts_scales_and_prunes_and_leaves_the_rest_alone(shell: Shell):
    """Row 35: what is as the file says keeps its process; another shell's variables are no change."""
    shell.program("job.py", "import time\ntime.sleep(1000)\n")
    apps = [{"name": name, "script": "job.py"} for name in ("a", "b", "c")]
    path = shell.file("ecosystem.json", apps)
    shell.ok("apply", path)
    before = shell.pids()
    shell.file("ecosystem.json", [apps[0], {**apps[1], "instances": 2}, {"name": "d", "script": "job.py"}])

    steps = json.loads(shell.chorus("plan", path, "--json", SOME_TERMINAL="new").stdout)
    shell.ok("apply", path, SOME_TERMINAL="new")
    kept = shell.pids()
    shell.ok("apply", path, "--prune")

    actions = {"a": "none", "b": "scale", "d": "start", "c": "orphaned"}
    assert {step["application"]: step["action"] for step in steps} == actions
    assert (kept["a"], kept["b"][0], kept["c"]) == (before["a"], before["b"][0], before["c"])
    assert sorted(shell.pids()) == ["a", "b", "d"]
    assert shell.states("b") == ["online", "online"]


def test_applications_exchange_their_ports_and_names_by_an_apply(shell: Shell):
    """Row 35: who leaves a port, by moving or by going, makes way for who comes to it."""
    shell.program("job.py", "import time\ntime.sleep(1000)\n")
    one, other = free_port(), free_port()

    def apply(**ports: int) -> dict[str, str]:
        shell.write("\n".join(f'[[apps]]\nname = "{n}"\nscript = "job.py"\nport = {p}' for n, p in ports.items()))
        shell.ok("apply", "--prune")
        return {each["name"]: each["address"] for each in shell.status()["applications"]}

    apply(a=one, b=other)
    exchanged = apply(a=other, b=one)
    renamed = apply(a=other, c=one)

    assert exchanged == {"a": f"127.0.0.1:{other}", "b": f"127.0.0.1:{one}"}
    assert renamed == {"a": f"127.0.0.1:{other}", "c": f"127.0.0.1:{one}"}


class Ports:
    """Applications of one program each, by name, and where they are to listen."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        shell.program("job.py", "import time\ntime.sleep(1000)\n")
        shell.program("bad.py", "raise SystemExit(3)\n")

    def apply(self, *words: str, bad: str = "", **ports: int) -> str:
        """What an apply of them says that fails, if one of them does; the program of `bad` ends at once."""
        scripts = {name: "bad.py" if name == bad else "job.py" for name in ports}
        apps = [f'[[apps]]\nname = "{n}"\nscript = "{scripts[n]}"\nport = {p}\n' for n, p in ports.items()]
        self.shell.write("\n".join(['[defaults]\nsettle = "200ms"\n', *apps]))
        ended = self.shell.chorus("apply", *words)
        return ended.stderr if ended.returncode else ""

    @property
    def served(self) -> dict[str, int]:
        """Those that are online, and where they listen."""
        found = self.shell.status()["applications"]
        up = [each for each in found if all(instance["state"] == "online" for instance in each["instances"])]
        return {each["name"]: int(each["address"].rpartition(":")[2]) for each in up}


def test_one_that_moves_is_where_it_moves_to_when_who_comes_to_its_port_fails(shell: Shell):
    """Row 35: it goes first, wherever it stands in the file; no process of it ends for another one."""
    ports, one, other = Ports(shell), free_port(), free_port()
    ports.apply(b=one)

    said = ports.apply(new=one, b=other, bad="new")

    assert "new:0:1 was not started" in said
    assert ports.served == {"b": other}


def test_one_that_cannot_move_stays_and_so_does_who_would_come_to_its_port(shell: Shell):
    """Row 35: a step that fails leaves the rest as it is."""
    ports, one, other = Ports(shell), free_port(), free_port()
    ports.apply(a=one, b=other)
    before = shell.pids()

    with socket.create_server(("127.0.0.1", 0)) as stranger:
        said = ports.apply(a=other, b=stranger.getsockname()[1])

    assert "b: port" in said
    assert (ports.served, shell.pids()) == ({"a": one, "b": other}, before)


def test_an_exchange_that_fails_starts_again_who_was_stopped_for_it(shell: Shell):
    """Row 35: one of two that exchange their ports has to stop first; it has its port back, and that is said."""
    ports, one, other = Ports(shell), free_port(), free_port()
    ports.apply(a=one, b=other)

    said = ports.apply(a=other, b=one, bad="b")

    assert "a was stopped to make way and runs again where it did" in said
    assert ports.served == {"a": one}


def test_an_apply_that_is_interrupted_says_who_stays_stopped(shell: Shell):
    """Row 35: nobody is left down without a word."""
    ports, one, other = Ports(shell), free_port(), free_port()
    ports.apply(a=one, b=other)
    app = '[[apps]]\nname = "{}"\nscript = "job.py"\nport = {}\nsettle = "60s"\n'
    shell.write(app.format("a", other) + app.format("b", one))

    applying = shell.popen("apply")
    until(lambda: shell.states("b") == ["starting"], what="b to start on the port of a")
    applying.send_signal(signal.SIGINT)
    _, said = applying.communicate(timeout=30)

    assert applying.returncode == 130
    assert "a was stopped to make way, and stays so until the next apply or start" in said
    assert shell.states("a") == ["stopped"]


def test_one_that_gets_another_name_keeps_its_old_one_when_it_does_not_start(shell: Shell):
    """Row 35: what --prune deletes is gone for good only when who takes its port runs."""
    ports, one, other = Ports(shell), free_port(), free_port()
    ports.apply(old=one, rest=other)

    said = ports.apply("--prune", new=one, rest=other, bad="new")
    kept = ports.served
    ports.apply("--prune", new=one, rest=other)

    assert "old was stopped to make way and runs again where it did" in said
    assert kept == {"old": one, "rest": other}
    assert ports.served == {"new": one, "rest": other}


def test_a_file_given_to_reload_is_what_holds_afterwards(shell: Shell):
    """Row 35: `chorus reload ecosystem.json`, as operators of PM2 write it; `stop` and `delete` take it, too."""
    path = telling(shell, env={"COLOUR": "green", "SECRET_X": "x"})
    shell.ok("start", path)
    telling(shell, env={"COLOUR": "red"})

    shell.ok("reload", path)
    said = told(shell)
    shell.ok("stop", path)
    states = shell.states("tell")
    shell.ok("delete", path, "--only", "tell")

    assert (said["COLOUR"], said["SECRET_X"]) == ("red", None)
    assert states == ["stopped"]
    assert shell.pids() == {}


def test_numbers_are_the_lowest_free_and_count_a_variable_up(shell: Shell):
    """Row 36: instance numbers: the lowest free integers; `increment_var` gives PORT 3000, 3001."""
    options = {"instances": 3, "increment_var": "PORT", "env": {"PORT": 3000}, "instance_var": "MY_NUMBER"}
    shell.ok("start", telling(shell, **options))
    ports = [told(shell, number)["PORT"] for number in range(3)]
    shell.ok("delete", "tell:1")

    shell.ok("scale", "tell", "+1")

    assert ports == ["3000", "3001", "3002"]
    assert [instance["number"] for instance in shell.instances("tell")] == [0, 1, 2]
    said = told(shell, 1)
    assert (said["PORT"], said["MY_NUMBER"], said["CHORUS_INSTANCE_ID"]) == ("3001", "1", "1")
    assert said["NODE_APP_INSTANCE"] is None


@pytest.mark.cluster("own")
def test_env_shows_what_the_instance_gets(shell: Shell):
    """By its number and by its ID, of all its variables; of an application what stands in the file."""
    options = {"instances": 2, "increment_var": "PORT", "env": {"PORT": 3000}, "instance_var": "MY_NUMBER"}
    shell.ok("start", telling(shell, **options))
    shell.ok("start", "sleep 600", "-n", "other")

    shown = json.loads(shell.ok("env", "tell:1", "--json", "--reveal"))
    [pid] = [each["pid"] for each in shell.instances("tell") if each["number"] == 1]
    given = dict(each.split("=", 1) for each in Path(f"/proc/{pid}/environ").read_text().split("\0") if each)

    assert (shown["PORT"], shown["MY_NUMBER"], shown["PM2_INSTANCE_ID"]) == ("3001", "1", "1")
    assert shown.items() <= given.items()
    assert json.loads(shell.ok("env", "1", "--json", "--reveal")) == shown
    assert "PORT=3000\n" in shell.ok("env", "tell")
    assert "names 2 applications, expected one of tell, other" in shell.chorus("env", "all").stderr


def test_variables_of_the_shell_can_be_kept_out(shell: Shell):
    """`filter_env`: those that begin so do not reach the program, the file's own do."""
    shell.ok("start", telling(shell, filter_env=["SECRET_"], env={"PORT": 1}), SECRET_X="hunter2", COLOUR="red")

    said = told(shell)

    assert (said["SECRET_X"], said["COLOUR"], said["PORT"]) == (None, "red", "1")


def test_logs_of_instances_can_be_kept_apart(shell: Shell):
    """`merge_logs` off: each instance has files of its own; `logs` finds them all."""
    shell.program(
        "who.py", "import os, time\nprint('I am', os.environ['CHORUS_INSTANCE_ID'], flush=True)\ntime.sleep(99)\n"
    )
    options = {"script": "who.py", "instances": 2, "merge_logs": False, "out_file": "out.log", "time": False}
    shell.ok("start", shell.file("a.json", [options]))

    until(lambda: "I am 1" in shell.ok("logs", "who") and "I am 0" in shell.ok("logs", "who"), what="both lines")

    assert [(shell.folder / f"out-{n}.log").read_text() for n in (0, 1)] == ["I am 0\n", "I am 1\n"]


def test_logs_can_be_lines_of_json(shell: Shell):
    """Row 39: JSON lines parse; `logs` shows them as text, of the target alone."""
    shell.program(
        "talk.py", 'import sys, time\nprint(\'say "hi"\', flush=True)\nsys.stderr.write("oh\\n")\ntime.sleep(99)\n'
    )
    shell.ok("start", shell.file("a.json", [{"script": "talk.py", "log_type": "json", "log": "all.log"}]))
    until(lambda: {"hi", "oh"} <= set(re.findall(r"hi|oh", shell.ok("logs", "talk"))), what="both lines")

    entries = [json.loads(line) for line in (shell.folder / "all.log").read_text().splitlines()]

    said = {entry["stream"]: entry["line"] for entry in entries}
    assert said == {"out": 'say "hi"', "err": "oh"}
    assert {entry["instance"] for entry in entries} == {"talk:0"}
    assert 'talk:0 | say "hi"' in shell.ok("logs", "talk")
    assert shell.ok("logs", "talk", "--grep", "^oh$").count("\n") == 1


@pytest.mark.cluster("own")
@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"apps": [\n{"script": "a.py",\n "maxRestarts": "x"}]}', "a.json:3: apps[0].max_restarts: found"),
        ("a.yaml", "apps:\n  - script: job.py\n    instances: 900\n", "a.yaml:3: apps[0].instances: found 900"),
        ("a.yaml", "apps: [\n", "a.yaml:2:1: not YAML"),
        ("a.json", '{"apps": [{"script": "x.py"}', "a.json:1:29: not JSON: the file ends here, in the middle of it"),
        ("a.config.js", "module.exports = {\n", "a.config.js: node cannot read it"),
        ("ecosystem.toml", '[[apps]]\nname = "a"\nscript = "job.py"\nport = "x"\n', "ecosystem.toml:4: apps[0].port"),
    ],
)  # fmt: skip
def test_a_file_with_an_error_changes_nothing(shell: Shell, name: str, text: str, message: str):
    """Row 37: one message with file, line, key, what was found, what is expected; nothing is changed."""
    refused = shell.chorus("start", shell.program(name, text))

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"chorus: {message}"), refused.stderr
    assert not (shell.home / "keeper.pid").exists()


def test_plan_refuses_what_cannot_work_all_of_it_at_once(shell: Shell):
    """Row 37: also what is no program, address, port or variable here."""
    shell.write(
        '[[apps]]\nname = "a"\ncommand = ["nosuch"]\nhealth = { connect = "$NOSUCH" }\nport = PORT\n\n'
        '[[apps]]\nname = "b"\nscript = "gone.py"\ninterpreter = "nosuch"\n'
    )
    missing = shell.chorus("plan")
    shell.write('[[apps]]\nname = "a"\ncommand = ["sleep", "9"]\nhost = "x y"\nhealth = { connect = "99999" }\n')
    wrong = shell.chorus("plan")
    shell.write('[[apps]]\nname = "a"\ncommand = ["sleep", "9"]\nname = "b"\n')
    twice = shell.chorus("plan")

    keys = [line.strip().removeprefix("chorus: ").partition(": found")[0] for line in missing.stderr.splitlines()]
    assert keys == [
        "ecosystem.toml:3: apps[0].command", "ecosystem.toml:4: apps[0].health.connect",
        "ecosystem.toml:9: apps[1].script", "ecosystem.toml:10: apps[1].interpreter",
    ]  # fmt: skip
    assert [line.partition(": found")[0] for line in wrong.stderr.splitlines()] == [
        "chorus: ecosystem.toml:4: apps[0].host", "  ecosystem.toml:5: apps[0].health.connect",
    ]  # fmt: skip
    assert twice.stderr.startswith("chorus: ecosystem.toml:4: apps[0].name: found a second time, expected once")
    assert {each.returncode for each in (missing, wrong, twice)} == {1}
