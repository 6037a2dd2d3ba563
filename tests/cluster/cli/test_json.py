"""What programs get of every command with --json: its result, or why there is none."""

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from chorus.cluster.cli import commands
from chorus.cluster.cli.commands import COMMANDS
from chorus.cluster.cli.failure import Ended
from chorus.cluster.cli.main import main
from chorus.cluster.cli.product import Command
from chorus.entry.command import PRODUCT

EVERY = (*COMMANDS, *PRODUCT.commands)

FOR_PEOPLE_OR_SHELLS = {"monitor", "daemon", "schema", "completion"}
"""A screen, a process that stays, and two that print a document of their own."""

PROGRAMMED = [each for each in EVERY if each.name not in FOR_PEOPLE_OR_SHELLS]

CANNOT_BE = {
    "start": ["nosuch"],
    "scale": ["many"],
    "signal": ["USR1", "nosuch"],
    "env": ["nosuch"],
    "info": ["nosuch"],
    "backup": ["nosuch/folder/archive"],
    "startup": ["--for", "beos"],
    "unstartup": ["--for", "beos"],
    "redis": [],
    "demo": ["--people", "none"],
    "chaos": ["--seconds", "none"],
    "admin": ["nosuch"],
    "kill": ["nosuch"],
}
"""What to give a command so that it fails where nothing runs; most need nothing for that."""


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path) -> None:
    """A folder and a home in which there is nothing, and a Redis that nobody serves."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("CHORUS", "REDIS", "DATABASE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CHORUS_HOME", str(home))
    monkeypatch.setenv("REDIS_PORT", "1")


def run(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> tuple[int, str, str]:
    code = main(words, PRODUCT)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_every_command_has_json_but_those_that_print_no_result():
    assert {each.name for each in EVERY if "json" not in {option.name for option in each.options}} == (
        FOR_PEOPLE_OR_SHELLS
    )


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("command", PROGRAMMED, ids=lambda command: command.name)
def test_a_command_that_fails_says_why_as_json_with_the_same_code(capsys: pytest.CaptureFixture[str], command: Command):
    """One object on standard output, what people read on standard error as ever."""
    words = [command.name, *CANNOT_BE.get(command.name, [])]

    plain, _, told = run(capsys, words)
    code, out, err = run(capsys, [*words, "--json"])

    error = json.loads(out)["error"]
    assert (code, error["code"]) == (plain, plain), out
    assert code != 0
    assert error["kind"] in {"failed", "usage", "not_running", "unknown_target"}
    assert f"chorus: {error['message']}" in err
    assert told.splitlines()[0] == f"chorus: {error['message']}"
    assert error["detail"] == [line.removeprefix("  ") for line in err.splitlines()[1:]]


@pytest.mark.parametrize(
    ("words", "kind"), [(["statsu", "--json"], "usage"), (["status", "--jsno", "--json"], "usage")]
)
def test_a_line_that_cannot_be_understood_is_told_as_json_too(
    capsys: pytest.CaptureFixture[str], words: list[str], kind: str
):
    code, out, _ = run(capsys, words)

    assert (code, json.loads(out)["error"]["kind"]) == (2, kind)


def test_what_stands_behind_the_dashes_is_the_programs(capsys: pytest.CaptureFixture[str]):
    code, out, _ = run(capsys, ["status", "--", "--json"])

    assert (code, out) == (2, "")


@pytest.mark.parametrize(
    ("interruption", "code"), [(KeyboardInterrupt(), 130), (Ended(signal.SIGTERM), 143), (Ended(signal.SIGHUP), 129)]
)
def test_an_interrupted_command_says_so_as_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, interruption: KeyboardInterrupt, code: int
):
    def interrupted(_context: object) -> int:
        raise interruption

    monkeypatch.setattr(commands, "interrupted", interrupted, raising=False)
    product = PRODUCT._replace(
        commands=(Command("wait", "chorus.cluster.cli.commands:interrupted", "wait", options=COMMANDS[1].options),)
    )

    assert main(["wait", "--json"], product) == code
    assert json.loads(capsys.readouterr().out)["error"] == {
        "code": code, "kind": "interrupted", "message": "interrupted", "detail": [],
    }  # fmt: skip
