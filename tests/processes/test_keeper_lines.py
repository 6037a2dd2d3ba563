"""What real children of a real keeper write, down to the last line."""

import os
import signal

import pytest

from chorus.cluster.keeper.wire import (
    ChildExited,
    Failure,
    Logs,
    ReopenLogs,
    SignalChild,
    Tail,
)
from cluster.keeper.running import python
from processes.keeper_parts import SLEEP, logs_in, most_memory

pytestmark = pytest.mark.processes


def test_lines_of_two_children_are_merged_whole_and_stamped(keeper, client, tmp_path):
    program = "import os\nfor n in range(20000): print(f'line {n} of {os.environ[\"WHO\"]} ' + 'x' * (n % 200))"
    for who in ("0", "1"):
        keeper.spawn(
            client, f"chat:{who}:1", *python(program), logs=logs_in(tmp_path), env={"WHO": who, "PYTHONUNBUFFERED": ""}
        )

    client.fact(ChildExited, key="chat:0:1")
    client.fact(ChildExited, key="chat:1:1")

    for file in ("out.log", "combined.log"):
        heads, _, texts = zip(
            *(line.partition(" | ") for line in (tmp_path / file).read_text().splitlines()), strict=True
        )
        names = [head.split(" ")[1] for head in heads]
        for who in ("0", "1"):
            mine = [text for name, text in zip(names, texts, strict=True) if name == f"chat:{who}"]
            assert mine == [f"line {n} of {who} " + "x" * (n % 200) for n in range(20000)]
        assert len(set(names[: len(names) * 3 // 4])) == 2, "one child waited for the other"
    assert (tmp_path / "err.log").read_text() == ""


def test_stdout_and_stderr_have_their_files_and_meet_in_the_combined_one(keeper, client, tmp_path):
    keeper.spawn(client, "x:0:1", "sh", "-c", "echo fine; echo trouble >&2", logs=logs_in(tmp_path, timestamps=False))

    client.fact(ChildExited)

    assert (tmp_path / "out.log").read_text() == "fine\n"
    assert (tmp_path / "err.log").read_text() == "trouble\n"
    assert sorted((tmp_path / "combined.log").read_text().splitlines()) == ["fine", "trouble"]
    assert sorted(client.do(Tail("x:0:1", 5)).lines) == ["fine", "trouble"]


def test_the_line_a_child_died_in_is_kept_and_ended(keeper, client, tmp_path):
    keeper.spawn(
        client, "x:0:1", "sh", "-c", "echo one; printf half; kill -9 $$", logs=logs_in(tmp_path, timestamps=False)
    )

    client.fact(ChildExited)

    assert (tmp_path / "out.log").read_text() == "one\nhalf\n"


def test_an_unfinished_line_is_kept_when_something_the_child_left_behind_holds_its_output(keeper, client, tmp_path):
    program = "sleep 600 & printf half; kill -9 $$"
    keeper.spawn(client, "x:0:1", "sh", "-c", program, logs=logs_in(tmp_path, timestamps=False))

    client.fact(ChildExited)

    assert (tmp_path / "out.log").read_text() == "half\n"
    client.do(SignalChild("x:0:1", signal.SIGKILL, group=True))


def test_an_endless_line_of_a_child_costs_the_keeper_bounded_memory(keeper, client, tmp_path):
    before = most_memory(keeper)
    keeper.spawn(
        client, "x:0:1", "sh", "-c", "head -c 50000000 /dev/zero", logs=Logs(out=str(tmp_path / "o"), timestamps=False)
    )

    client.fact(ChildExited)

    assert (tmp_path / "o").read_bytes().count(b"\0") == 50_000_000
    assert most_memory(keeper) - before < 8_000_000


def test_a_rotation_loses_no_line(keeper, client, tmp_path):
    keeper.spawn(
        client,
        "x:0:1",
        *python("for n in range(200000): print(n)"),
        logs=Logs(out=str(tmp_path / "out.log"), timestamps=False),
        env={"PYTHONUNBUFFERED": ""},
    )
    for number in range(5):
        os.replace(tmp_path / "out.log", tmp_path / f"out.log.{number}")
        client.do(ReopenLogs())

    client.fact(ChildExited)

    files = [*(tmp_path / f"out.log.{number}" for number in range(5)), tmp_path / "out.log"]
    assert "".join(file.read_text() for file in files).split() == [str(n) for n in range(200000)]


def test_a_log_file_that_cannot_be_opened_is_named(keeper, client):
    with pytest.raises(Failure) as failed:
        keeper.spawn(client, "x:0:1", *SLEEP, logs=Logs(out="/proc/nothing/out.log"))

    assert failed.value.code == "logs_failed"
    assert "/proc/nothing/out.log" in failed.value.message
