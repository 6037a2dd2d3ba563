"""From the words of the command line to an exit code, before any manager is asked."""

import json
from pathlib import Path

import pytest

from chorus.cluster.cli import commands
from chorus.cluster.cli.commands import COMMANDS
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.main import main
from chorus.cluster.cli.product import Command, Product, Wish
from chorus.cluster.spec import ApplicationSpec


def builtin(_wish: Wish) -> list[ApplicationSpec]:
    return []


OWN = Command("weigh", "nowhere:run", "weigh the goods")
SHOP = Product("Shop", "1.2", primary="till", builtin=builtin, commands=(OWN,))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit code of these words, and what was written to the two streams."""
    code = main(words, SHOP)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("words", [[], ["help"], ["--help"], ["-h"]])
def test_help_lists_every_command_and_those_of_the_product(capsys: pytest.CaptureFixture[str], words: list[str]):
    code, out, err = said(capsys, *words)

    assert (code, err) == (0, "")
    assert out.startswith("Shop 1.2\n")
    assert [line.split()[0] for line in out.splitlines() if line.startswith("  ")] == [
        *(command.name for command in COMMANDS),
        "weigh",
    ]


@pytest.mark.parametrize("words", [["help", "scale"], ["scale", "--help"], ["scale", "till", "-h"]])
def test_help_of_a_command_names_the_products_own_application(capsys: pytest.CaptureFixture[str], words: list[str]):
    code, out, _ = said(capsys, *words)

    assert code == 0
    assert out.startswith("Usage: chorus scale [APPLICATION] N|+N|-N [OPTIONS]\n")
    assert "the till" in out


@pytest.mark.parametrize("command", [*COMMANDS, OWN], ids=lambda command: command.name)
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: Command):
    """The placeholders of its text are filled, its options are there."""
    code, out, _ = said(capsys, "help", command.name)

    assert code == 0
    assert "{" not in out
    assert all(option.long in out for option in command.options)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_names_a_function_that_exists(command: Command):
    """They are found by name, so nobody else would notice."""
    from importlib import import_module

    module, _, function = command.run.partition(":")

    assert callable(getattr(import_module(module), function))


def test_an_unknown_command_is_a_usage_error_with_the_nearest_one(capsys: pytest.CaptureFixture[str]):
    code, out, err = said(capsys, "statsu")

    assert (code, out) == (2, "")
    assert err.splitlines() == [
        'chorus: unknown command "statsu"',
        "  Did you mean chorus status?",
        "  All commands: chorus help",
    ]


def test_a_wrong_option_is_a_usage_error_with_the_usage(capsys: pytest.CaptureFixture[str]):
    code, _, err = said(capsys, "logs", "--follwo")

    assert code == 2
    assert err.splitlines() == [
        'chorus: logs: unknown option "--follwo"',
        "  Did you mean --follow?",
        "  Usage: chorus logs [TARGET ...] [OPTIONS]",
    ]


@pytest.mark.parametrize("words", [["scale", "many"], ["scale", "4x"], ["scale", "++4"], ["scale", "99999"]])
def test_a_number_of_instances_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], words: list[str]):
    code, _, err = said(capsys, *words)

    assert code == 2
    assert f'found "{words[1]}"' in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["status", "--", "x"], "takes no argument"),
        (["start", "--", "x"], "need a program before it"),
        (["logs", "--err", "--out"], "leave both out"),
        (["logs", "-n", "-1"], "expected a whole number"),
        (["start", "-i", "0"], "expected a whole number from 1 to 128"),
        (["start", "-n", "x"], "--name does not go with Shop"),
    ],
)
def test_what_makes_no_sense_together_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path,
    home,
    words: list[str],
    message: str,
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHORUS_HOME", str(home))

    code, _, err = said(capsys, *words)

    assert code == 2
    assert message in err


@pytest.mark.parametrize("words", [["stop", "\udcff"], ["start", "job.sh", "--", "\udcff"], ["\udcff"]])
def test_a_word_that_is_no_text_is_a_usage_error(capsys: pytest.CaptureFixture[str], words: list[str]):
    """No message could carry it to the manager."""
    code, _, err = said(capsys, *words)

    assert (code, err) == (2, 'chorus: found "\\xff", expected text in UTF-8\n')


def test_a_path_that_is_no_text_is_an_error_of_one_line_also_for_programs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def in_a_folder_with_such_a_name(_: object) -> int:
        return len("/srv/\udcff".encode())

    monkeypatch.setattr("chorus.cluster.cli.act.ping", in_a_folder_with_such_a_name)

    code, out, err = said(capsys, "ping", "--json")

    assert (code, err) == (1, 'chorus: found "/srv/\\xff", expected text in UTF-8\n')
    assert json.loads(out)["error"]["message"] == 'found "/srv/\\xff", expected text in UTF-8'


def test_of_a_long_text_the_word_that_is_none_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def of_a_unit(_: object) -> int:
        return len(f'[Unit]\nEnvironment="PATH={"x" * 5000}/\udcff:{"y" * 5000}"\n[Install]'.encode())

    monkeypatch.setattr("chorus.cluster.cli.act.ping", of_a_unit)

    _, _, err = said(capsys, "ping")

    assert err == f'chorus: found "{"x" * 99}/\\xff:{"y" * 98}", expected text in UTF-8\n'


@pytest.mark.parametrize("words", [["status"], ["start", "sleep 9"], ["startup", "--print"], ["plan"]])
def test_a_home_that_is_not_utf_8_is_refused_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
):
    monkeypatch.setenv("CHORUS_HOME", str(tmp_path / "\udcff"))

    code, out, err = said(capsys, *words, "--json")

    message = f'CHORUS_HOME: found "{tmp_path}/\\xff", expected text in UTF-8'
    assert (code, err) == (1, f"chorus: {message}\n")
    assert json.loads(out)["error"]["message"] == message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["start", "job.py"], ["start", "sleep 9"], ["start"], ["plan"], ["apply"]])
def test_what_is_started_in_a_folder_that_is_not_utf_8_is_refused_before_a_keeper_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path, words: list[str]
):
    odd = tmp_path / "\udcff"
    odd.mkdir()
    (odd / "job.py").touch()
    if len(words) == 1:
        (odd / "ecosystem.toml").write_text('[[apps]]\nname = "a"\nscript = "gone.py"\n')
    monkeypatch.chdir(odd)
    monkeypatch.setenv("CHORUS_HOME", str(home))
    monkeypatch.setattr("chorus.cluster.cli.launching.ensure", lambda *_: pytest.fail("a keeper was started"))
    monkeypatch.setattr("chorus.cluster.cli.launching.handing_over", lambda *_: pytest.fail("a keeper was started"))

    code, out, err = said(capsys, *words, "--json")

    assert (code, err.count("\n")) == (1, 1)
    assert f'found "{tmp_path}/\\xff' in err
    assert "expected text in UTF-8" in json.loads(out)["error"]["message"]


def test_a_failure_that_names_what_is_not_utf_8_is_told_to_programs_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def failing(_: object) -> int:
        raise CommandFailed("there is no /srv/\udcff", ["look into /srv/\udcff"], code=3, reason="gone")

    monkeypatch.setattr("chorus.cluster.cli.act.ping", failing)

    code, out, err = said(capsys, "ping", "--json")

    assert (code, err) == (3, "chorus: there is no /srv/\\xff\n  look into /srv/\\xff\n")
    assert json.loads(out)["error"] == {
        "code": 3, "kind": "gone", "message": "there is no /srv/\\xff", "detail": ["look into /srv/\\xff"],
    }  # fmt: skip


@pytest.mark.parametrize("word", ["--version", "version", "-V"])
def test_the_version_is_told(capsys: pytest.CaptureFixture[str], word: str):
    assert said(capsys, word) == (0, "chorus 1.2\n", "")


def test_an_interrupted_command_ends_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(_context: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "interrupted", interrupted, raising=False)
    product = SHOP._replace(commands=(Command("wait", "chorus.cluster.cli.commands:interrupted", "wait"),))

    assert main(["wait"], product) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("alias", "name"),
    [("ls", "status"), ("show", "info"), ("monit", "monitor"), ("resurrect", "restore"), ("sendSignal", "signal")],
)
def test_a_command_answers_to_its_name_elsewhere(capsys: pytest.CaptureFixture[str], alias: str, name: str):
    code, out, _ = said(capsys, alias, "--help")

    assert (code, out.split()[:3]) == (0, ["Usage:", "chorus", name])
