"""What `chorus start` is asked to start is told apart by how it looks."""

import os
from pathlib import Path

import pytest

from chorus.cluster.cli.arguments import read
from chorus.cluster.cli.commands import COMMANDS
from chorus.cluster.cli.failure import USAGE, CommandFailed
from chorus.cluster.cli.startable import Kind, kind, specification
from chorus.cluster.spec import ApplicationSpec

START = next(command for command in COMMANDS if command.name == "start")


def started(words: str, folder: Path, **environment: str) -> ApplicationSpec:
    """The specification of `chorus start` with these words."""
    arguments = read(words.split(), START.options, most=1)
    return specification(arguments.operands[0], arguments, environment, str(folder))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ecosystem.toml", Kind.FILE),
        ("shop.web:application", Kind.MODULE),
        ("sleep 60", Kind.LINE),
        ("here.py", Kind.SCRIPT),
        ("sh", Kind.PROGRAM),
        ("chat", Kind.NAME),
    ],
)
def test_a_word_is_what_it_looks_like(tmp_path: Path, word: str, expected: Kind):
    (tmp_path / "here.py").touch()

    assert kind(word, str(tmp_path)) is expected


def test_a_module_is_an_asgi_application_named_after_it(tmp_path: Path):
    """It listens on PORT where nothing else is said."""
    spec = started("shop.web:application -i 3", tmp_path, PORT="8000")

    assert (spec.name, spec.app, spec.instances, spec.port) == ("web", "shop.web:application", 3, 8000)
    assert spec.cwd == str(tmp_path)


def test_a_port_on_the_command_line_wins_over_the_environment(tmp_path: Path):
    assert started("shop.web:application --port 9000", tmp_path, PORT="8000").port == 9000


def test_a_script_gets_the_arguments_after_the_dashes(tmp_path: Path):
    (tmp_path / "mail-er.py").touch()

    spec = started("mail-er.py -n post -- --queue urgent", tmp_path)

    assert (spec.name, spec.script, spec.args) == ("post", "mail-er.py", ("--queue", "urgent"))


def test_options_of_one_application_are_those_of_a_file(tmp_path: Path):
    """What PM2's users know: a script of this folder that runs in another one, with bounds and times."""
    (tmp_path / "job.py").touch()
    (tmp_path / "there").mkdir()

    spec = started("job.py --cwd there --watch --max-memory-restart 200M --no-autorestart --namespace jobs", tmp_path)

    assert (spec.cwd, spec.script) == (f"{tmp_path}/there", f"{tmp_path}/job.py")
    assert (spec.watch, spec.max_memory_restart, spec.autorestart, spec.namespace) == (True, 200 << 20, False, "jobs")
    assert started("job.py -i max", tmp_path).instances == len(os.sched_getaffinity(0))


def test_what_this_machine_does_not_have_is_an_error_of_the_option(tmp_path: Path):
    (tmp_path / "job.py").touch()

    with pytest.raises(CommandFailed) as caught:
        started("job.py --interpreter nosuch --cwd /tmp", tmp_path)

    assert (caught.value.code, caught.value.message) == (
        1, '--interpreter: found "nosuch", expected a program that can be run; it is not on PATH',
    )  # fmt: skip


def test_a_file_whose_name_has_a_space_is_a_script_and_no_command_line(tmp_path: Path):
    (tmp_path / "my script.py").touch()
    arguments = read(["my script.py"], START.options, most=1)

    spec = specification(arguments.operands[0], arguments, {}, str(tmp_path))

    assert (spec.name, spec.script, spec.command) == ("my-script", "my script.py", ())


def test_a_command_line_is_split_as_a_shell_does(tmp_path: Path):
    arguments = read(["node 'my server.js' --fast"], START.options, most=1)

    spec = specification(arguments.operands[0], arguments, {}, str(tmp_path))

    assert (spec.name, spec.command) == ("node", ("node", "my server.js", "--fast"))


def test_a_line_that_only_a_shell_understands_is_run_by_one(tmp_path: Path):
    """And is called after its program."""
    line = "COUNT=1 cat log | wc -l"

    spec = specification(line, read([line], START.options, most=1), {}, str(tmp_path))

    assert (spec.name, spec.command) == ("cat", ("sh", "-c", line))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("shop:app -i 129", "--instances: found 129"),
        ("shop:app --port many", '--port: found "many"'),
        ("shop:app -n 9lives", '--name: found "9lives"'),
        ("shop:app --max-memory-restart much", '--max-memory-restart: found "much"'),
        ("shop:app --cron-restart never", '--cron-restart: found "never"'),
    ],
)
def test_an_option_that_cannot_be_is_a_usage_error_in_its_own_name(tmp_path: Path, words: str, message: str):
    with pytest.raises(CommandFailed) as caught:
        started(words, tmp_path)

    assert caught.value.message.startswith(message)
    assert caught.value.code == USAGE
