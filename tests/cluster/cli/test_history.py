"""The last lines of a log, over the file that is written to and those that rotation put aside."""

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.cluster.cli.earlier import BLOCK
from chorus.cluster.cli.history import History

NAMES = ["out-20261123T160000.000.log.gz", "out-20261123T170000.000.log", "out.log"]
"""Of a log that was put aside twice, oldest first."""


def anything(_line: str) -> bool:
    return True


def last(path: Path, count: int | None, oldest: str = "") -> list[str]:
    return list(History(str(path)).last(count, anything, oldest))


def written(folder: Path, parts: list[list[str]]) -> Path:
    """A log of these files, oldest first; the path of the one that is written to."""
    for name, lines in zip(NAMES[-len(parts) :], parts, strict=True):
        text = "".join(f"{line}\n" for line in lines).encode()
        (folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return folder / "out.log"


@pytest.mark.parametrize("length", [1, 100, BLOCK // 3, BLOCK + 1])
def test_the_last_lines_are_whole_whatever_their_length(tmp_path: Path, length: int):
    lines = [f"{n}{'x' * length}" for n in range(10)]

    assert last(written(tmp_path, [lines]), 3) == lines[-3:]


@given(
    sizes=st.lists(st.integers(0, 40), min_size=3, max_size=3),
    length=st.integers(0, 3 * BLOCK // 20),
    count=st.integers(0, 150),
)
@settings(max_examples=60, deadline=None)
def test_any_number_of_lines_goes_back_over_all_files(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], length: int, count: int
):
    """Seamless: as though it were one file, whatever is compressed and wherever a block ends."""
    parts = [[f"{part}-{n} {'x' * length}" for n in range(size)] for part, size in enumerate(sizes)]
    path = written(tmp_path_factory.mktemp("log"), parts)
    every = [line for lines in parts for line in lines]

    assert last(path, count) == every[max(0, len(every) - count) :]


def test_only_wanted_lines_count(tmp_path: Path):
    parts = [[f"{'chat' if n % 10 == 0 else 'valkey'} {part}.{n}" for n in range(5000)] for part in range(3)]
    path = written(tmp_path, parts)

    found = list(History(str(path)).last(502, lambda line: line.startswith("chat")))

    assert (len(found), found[0], found[1], found[2]) == (502, "chat 1.4980", "chat 1.4990", "chat 2.0")


def test_an_age_goes_back_as_far_as_there_are_lines_of_it_and_reads_no_older_file(tmp_path: Path):
    """What was put aside before that moment has no line of it: it is not even opened."""
    hours = [["2026-11-23T15:59:00.000Z a:0 | old"], ["2026-11-23T16:30:00.000Z a:0 | new"]]
    path = written(tmp_path, [[], *hours])
    (tmp_path / NAMES[0]).write_bytes(b"not compressed at all")
    said: list[str] = []

    found = list(History(str(path), said.append).last(None, anything, "2026-11-23T16:15:00.000Z"))

    assert (found, said) == ([hours[0][0], hours[1][0]], [])


@pytest.mark.parametrize("count", [None, 5])
def test_an_age_looks_at_no_more_of_a_large_file_than_it_must(tmp_path: Path, count: int | None):
    lines = [f"2026-11-23T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000Z a:0 | x" for n in range(80000)]
    path = written(tmp_path, [lines])
    asked: list[str] = []

    found = list(History(str(path)).last(count, lambda line: asked.append(line) or line >= lines[-3], lines[-3]))

    assert found == lines[-3:]
    assert len(asked) < 2 * BLOCK // len(lines[0]) + 10


def test_a_file_put_aside_that_cannot_be_read_is_named_and_the_others_are_shown(tmp_path: Path):
    path = written(tmp_path, [["zero"], ["one"], ["two"]])
    (tmp_path / NAMES[0]).write_bytes(gzip.compress(b"zero\n" * 1000)[:-20])
    said: list[str] = []

    found = list(History(str(path), said.append).last(3000, anything))

    assert found[-2:] == ["one", "two"]
    [told] = said
    assert told.startswith(f"{tmp_path}/{NAMES[0].removesuffix('.gz')}: cannot be read: ")


def test_a_file_that_is_just_compressed_is_read_once(tmp_path: Path):
    path = written(tmp_path, [["one"], ["two"]])
    (tmp_path / f"{NAMES[1]}.gz").write_bytes(gzip.compress(b"one\n"))

    assert last(path, 10) == ["one", "two"]


def test_a_file_that_is_put_aside_while_it_is_read_is_read_once_and_followed(tmp_path: Path):
    path = written(tmp_path, [["one"]])
    history = History(str(path))
    path.rename(tmp_path / NAMES[1])
    path.write_text("two\n")

    assert list(history.last(10, anything)) == ["one"]
    assert list(history.follower().read()) == ["two"]


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path):
    assert last(tmp_path / "nosuch" / "out.log", 50) == []


def test_it_needs_no_more_memory_for_more_lines(tmp_path: Path):
    """Five megabytes of them, half compressed, and a line of two megabytes without an end."""
    lines = [f"{n} {'x' * 90}" for n in range(25_000)]
    path = written(tmp_path, [lines, lines])
    (tmp_path / "out-20261123T150000.000.log.gz").write_bytes(gzip.compress(b"y" * (2 << 20)))

    tracemalloc.start()
    shown = sum(1 for _ in History(str(path)).last(1_000_000, anything))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert shown >= 50_002
    assert most < 6 << 20


def test_what_is_looked_at_has_a_bound_that_is_said(tmp_path: Path):
    path = written(tmp_path, [["old"], [f"{n}" for n in range(1000)], ["new"]])
    said: list[str] = []

    found = list(History(str(path), said.append, most=1000).last(5, lambda line: line in ("old", "new")))

    assert found == ["new"]
    older = f"{tmp_path}/{NAMES[0].removesuffix('.gz')}"
    assert said == [f"looked at 0 MB of {path}; what is older stands in {older} and before"]


def test_a_log_that_is_a_fifo_or_a_device_keeps_nothing_and_nobody_waits_for_it(tmp_path: Path):
    os.mkfifo(tmp_path / "out.log")

    assert last(tmp_path / "out.log", 50) == []
    assert list(History("/dev/null").last(50, anything)) == []
    assert list(History("/dev/zero").follower().read()) == []
