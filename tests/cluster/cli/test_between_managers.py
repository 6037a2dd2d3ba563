"""What a command learns of the cluster while the keeper starts the next manager: what runs, not that nothing does."""

import fcntl
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus.cluster.cli import asking, backup, daemon, start_plan, wanted
from chorus.cluster.cli.arguments import Arguments
from chorus.cluster.cli.commands import COMMANDS
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Context, Product
from chorus.cluster.cli.terminal import Terminal
from chorus.cluster.messages import (
    ApplicationStatus,
    ClusterStatus,
    Description,
    Descriptions,
    LogFile,
    LogFiles,
    Logs,
    Request,
    Status,
)
from chorus.cluster.spec import ApplicationSpec
from chorus.entry.commands.meant import find_meant

SHOP = ApplicationSpec(name="shop", command=("sleep", "600"), env={"DATABASE_URL": "sqlite:///shop"})
PRODUCT = Product(name="Shop", version="1", primary="shop", builtin=lambda _: [], builtin_names=("shop",))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A keeper runs in it: its pid, and the lock on it."""
    home = Home(str(tmp_path))
    with open(home.keeper_pid, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(str(os.getpid()))
        file.flush()
        yield home


@pytest.fixture(autouse=True)
def on_its_way(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manager was killed: three looks find none, the fourth finds the next one, which knows what runs."""
    looks = 0

    def answers(home: Home) -> bool:
        nonlocal looks
        looks += 1
        return looks > 3

    def outlived(context: Context, request: Request) -> ClusterStatus | Descriptions | LogFiles:
        if isinstance(request, Status):
            shop = ApplicationStatus(name="shop", namespace="default", kind="command", environment="production")
            return ClusterStatus(keeper_pid=1, manager_pid=2, home=home.path, version="1", applications=[shop])
        if isinstance(request, Logs):
            return LogFiles([LogFile(application="shop", stream="out", path=__file__)])
        return Descriptions([Description(SHOP, [])])

    monkeypatch.setattr(daemon, "answers", answers)
    monkeypatch.setattr(asking, "_outlived", outlived)


def context_of(home: Home, name: str, *words: str) -> Context:
    command = next(each for each in COMMANDS if each.name == name)
    return Context(
        PRODUCT, command, Arguments(list(words), {}, []), home, Terminal(io.StringIO(), io.StringIO(), {}), {}
    )


def test_an_application_keeps_its_environment(home: Home, tmp_path: Path):
    """Row 30: or an `apply` of that moment would take what runs in production out of it."""
    file = tmp_path / "ecosystem.toml"
    file.write_text(
        '[[apps]]\nname = "shop"\ncommand = ["sleep", "600"]\nenv_production = { A = "1" }\n', encoding="utf-8"
    )

    [spec] = wanted.of_file(context_of(home, "apply"), str(file))

    assert spec.environment == "production"


def test_a_start_finds_what_is_known_by_its_name(home: Home):
    assert start_plan.plan(context_of(home, "start", "shop")).targets == ["shop"]


def test_a_backup_has_what_runs_and_not_what_was_saved_once(home: Home):
    assert backup._found(context_of(home, "backup")).applications == [Description(SHOP, [])]


def test_a_backup_has_the_logs(home: Home):
    assert backup._logs(context_of(home, "backup")) == [__file__]


def test_a_command_of_the_chat_means_the_one_that_runs(home: Home):
    """And not a database that the shell's variables name, or none."""
    meant = find_meant(context_of(home, "status"), named_by=("DATABASE_URL",))

    assert meant.running
    assert meant.variables["DATABASE_URL"] == "sqlite:///shop"
