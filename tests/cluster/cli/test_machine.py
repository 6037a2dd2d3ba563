"""What a file asks for and this machine does not have is named with its line, before anything is started."""

from pathlib import Path

import pytest

from chorus.cluster.cli.ecosystem import read
from chorus.cluster.cli.failure import CommandFailed

SHELL = {"PATH": "/usr/bin:/bin", "HEALTH_PORT": "80", "SECRET_PORT": "81"}


def told(folder: Path, line: str, *, program: str = 'command = ["sleep", "5"]') -> list[str]:
    """What is said of a file with this line, the fourth one: an error's lines, or warnings."""
    path = folder / "ecosystem.toml"
    path.write_text(f'[[apps]]\nname = "web"\n{program}\n{line}\n')
    said: list[str] = []
    try:
        read(str(path), SHELL, warn=said.append)
    except CommandFailed as error:
        said = [error.message, *error.detail]
    return [each.replace(f"{folder}/", "") for each in said]


PROGRAM = "expected a program that can be run"
VARIABLE = "expected a variable that the instances have, of env or of this shell"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('interpreter = "nosuch"', f'interpreter: found "nosuch", {PROGRAM}; it is not on PATH'),
        ('interpreter = "./here"', f'interpreter: found "./here", {PROGRAM}; there is no here'),
        ('cwd = "nosuch"', 'cwd: found "nosuch", expected a folder that is there'),
        ('alerts = { command = ["nosuch"] }', f'alerts.command: found "nosuch", {PROGRAM}; it is not on PATH'),
        ('health = { command = ["nosuch"] }', f'health.command: found "nosuch", {PROGRAM}; it is not on PATH'),
        ('health = { url = "http://127.0.0.1:$NOSUCH/" }', f"health.url: found $NOSUCH, {VARIABLE}"),
        ('health = { connect = "${NOSUCH}" }', f"health.connect: found $NOSUCH, {VARIABLE}"),
    ],
)
def test_what_is_not_there_is_refused(tmp_path: Path, line: str, message: str):
    assert told(tmp_path, line) == [f"ecosystem.toml:4: apps[0].{message}"]


@pytest.mark.parametrize(
    "line",
    [
        'interpreter = "sh"',
        'interpreter = "/bin/sh"',
        'cwd = "/tmp"',
        'health = { url = "http://127.0.0.1:$HEALTH_PORT/" }',
        'health = { url = "http://127.0.0.1:$PORT/" }\nport = 8000',
        'health = { connect = "$CHORUS_HOME/run/$OWN.sock" }\nenv = { OWN = 1 }',
        'health = { connect = "$NUMBER" }\ninstance_var = "NUMBER"',
    ],
)
def test_what_is_there_is_taken(tmp_path: Path, line: str):
    assert told(tmp_path, line) == []


def test_a_program_that_nobody_has_is_refused(tmp_path: Path):
    assert told(tmp_path, "", program='command = ["nosuch", "-x"]') == [
        'ecosystem.toml:3: apps[0].command: found "nosuch", expected a program that can be run; it is not on PATH'
    ]


def test_a_script_that_nobody_can_run_is_refused(tmp_path: Path):
    (tmp_path / "job").write_text("#!/bin/sh\n")
    refused = told(tmp_path, "", program='script = "job"')
    (tmp_path / "job").chmod(0o755)

    expected = "expected a file that may be run (chmod +x), or an interpreter for it"
    assert refused == [f'ecosystem.toml:3: apps[0].script: found "job", {expected}']
    assert told(tmp_path, "", program='script = "job"') == []


def test_a_program_that_is_there_and_may_not_be_run_is_not_said_to_be_missing(tmp_path: Path):
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "bin").mkdir()
    found = [told(tmp_path, "", program=f'command = ["./{name}"]')[0] for name in ("tool", "bin", "nosuch")]

    assert [each.partition(f"{PROGRAM}; ")[2] for each in found] == [
        "tool may not be run (chmod +x)",
        "bin is a folder",
        "there is no nosuch",
    ]


def test_a_program_is_looked_for_where_the_application_would_find_it(tmp_path: Path):
    """On the PATH of its own variables."""
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o755)

    assert told(tmp_path, f'env = {{ PATH = "{tmp_path}" }}', program='command = ["tool"]') == []


def test_a_variable_of_the_shell_that_is_kept_out_is_none(tmp_path: Path):
    line = 'filter_env = ["SECRET_"]\nhealth = { connect = "$SECRET_PORT" }'

    assert told(tmp_path, line)[0].startswith("ecosystem.toml:5: apps[0].health.connect: found $SECRET_PORT")


def test_a_webhook_that_is_in_no_variable_is_said_and_can_be_done_without(tmp_path: Path):
    """A developer's shell has none."""
    assert told(tmp_path, 'alerts = { webhook = "$ALERT_WEBHOOK" }') == [
        "ecosystem.toml: apps[0].alerts.webhook: there is no variable ALERT_WEBHOOK, so nobody is told that way"
    ]
    assert told(tmp_path, 'alerts = { webhook = "$PATH" }') == []
