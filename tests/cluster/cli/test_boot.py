"""What is written for the system's own start, and what is said where that cannot be. Row 42."""

import io
import plistlib
from pathlib import Path

import pytest

from chorus.cluster.cli import boot
from chorus.cluster.cli.arguments import Arguments
from chorus.cluster.cli.commands import COMMANDS
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Context, Product
from chorus.cluster.cli.terminal import Terminal

PRODUCT = Product(name="Shop", version="1", primary="shop", builtin=lambda _: [])


def context(home: str = "/home/me/.chorus", **options: str) -> Context:
    command = next(each for each in COMMANDS if each.name == "startup")
    terminal = Terminal(io.StringIO(), io.StringIO(), {})
    return Context(PRODUCT, command, Arguments([], options, []), Home(home), terminal, {})


def said(given: Context) -> str:
    assert isinstance(given.terminal.out, io.StringIO)
    return given.terminal.out.getvalue()


def noted(given: Context) -> str:
    assert isinstance(given.terminal.err, io.StringIO)
    return given.terminal.err.getvalue()


def test_the_unit_says_ready_when_all_is_back():
    lines = boot.unit(context()).splitlines()

    assert "Type=notify" in lines
    assert "NotifyAccess=all" in lines
    assert "Environment=CHORUS_HOME=/home/me/.chorus" in lines
    assert any(line.startswith("ExecStart=") and line.endswith(" -m chorus daemon") for line in lines)


def test_what_systemd_reads_specially_is_written_so_that_it_stays():
    unit = boot.unit(context('/home/a b/50%/"x"'))

    assert 'Environment="CHORUS_HOME=/home/a b/50%%/\\"x\\""' in unit
    assert 'Environment="CHORUS_HOME=/home/o\'neill"' in boot.unit(context("/home/o'neill"))
    assert 'Environment="CHORUS_HOME=/home/a\\nb"' in boot.unit(context("/home/a\nb"))
    assert 'Environment="CHORUS_HOME=/home/a\\rExecStart=/x"' in boot.unit(context("/home/a\rExecStart=/x"))
    assert "Environment=CHORUS_HOME=/home/$me" in boot.unit(context("/home/$me"))  # no variable is put in here


@pytest.mark.parametrize(
    ("executable", "written"),
    [
        ("/opt/$me/python", "/opt/$me/python"),
        ("/opt/a b/python", '"/opt/a b/python"'),
        ("/opt/50%/python", '"/opt/50%%/python"'),
    ],
)
def test_the_program_of_the_unit_is_written_so_that_it_stays(
    monkeypatch: pytest.MonkeyPatch, executable: str, written: str
):
    """No variable is put into a program's path: a dollar sign is one."""
    monkeypatch.setattr(boot.sys, "executable", executable)

    assert f"ExecStart={written} -P -m chorus daemon" in boot.unit(context()).splitlines()


@pytest.mark.parametrize(
    "executable", ["/home/o'neill/python", '/opt/"x"/python', "/opt/a\\b/python", "/opt/a\tb/python"]
)
def test_a_program_that_systemd_does_not_run_is_refused_and_no_unit_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str
):
    path = tmp_path / "units" / "chorus.service"
    monkeypatch.setattr(boot, "_unit_path", lambda: str(path))
    monkeypatch.setattr(boot.sys, "executable", executable)

    with pytest.raises(CommandFailed, match=r"systemd runs no program with .* in its path") as caught:
        boot.startup(context(**{"for": "systemd"}))

    assert caught.value.message.endswith(executable)
    assert not path.parent.exists()


def test_launchd_gets_the_same_program():
    agent = plistlib.loads(boot.plist(context("/home/a&b")).encode())

    assert agent["ProgramArguments"][-3:] == ["-m", "chorus", "daemon"]
    assert agent["EnvironmentVariables"]["CHORUS_HOME"] == "/home/a&b"
    assert agent["RunAtLoad"] is True


def test_without_systemd_it_explains_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Row 42: the unit is written all the same, and what to do instead is said."""
    path = tmp_path / "units" / "chorus.service"
    monkeypatch.setattr(boot, "_unit_path", lambda: str(path))
    monkeypatch.setattr(boot, "_systemd_runs", lambda: False)

    with pytest.raises(CommandFailed) as caught:
        boot.startup(context(**{"for": "systemd"}))

    assert "systemd does not run here" in caught.value.message
    assert "chorus daemon" in caught.value.detail[0]
    assert caught.value.detail[1].endswith(" -m chorus daemon")
    assert path.read_text().startswith("[Unit]")


def test_with_systemd_the_unit_is_enabled_and_disabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "chorus.service"
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(boot, "_unit_path", lambda: str(path))
    monkeypatch.setattr(boot, "_systemd_runs", lambda: True)
    monkeypatch.setattr(boot, "_systemctl", lambda *words: asked.append(words))

    boot.startup(first := context(**{"for": "systemd"}))
    written = path.exists()
    state = tmp_path / "home" / "state"
    state.mkdir(parents=True)
    (state / "saved.json").touch()
    boot.startup(later := context(str(state.parent), **{"for": "systemd"}))
    boot.unstartup(context(**{"for": "systemd"}))

    assert written
    assert not path.exists()
    enabled = [("daemon-reload",), ("enable", "chorus.service")]
    assert asked == [*enabled, *enabled, ("disable", "chorus.service"), ("daemon-reload",)]
    assert ["nothing is saved yet" in noted(each) for each in (first, later)] == [True, False]


def test_there_is_nothing_to_remove_where_nothing_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(boot, "_unit_path", lambda: str(tmp_path / "chorus.service"))
    given = context(**{"for": "systemd"})

    assert boot.unstartup(given) == 0
    assert said(given).startswith("nothing to remove")


def test_a_system_that_is_not_known_is_a_usage_error():
    with pytest.raises(CommandFailed, match="expected systemd or launchd"):
        boot.startup(context(**{"for": "openrc"}))
