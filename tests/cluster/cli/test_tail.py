"""What is added to a log file."""

import gzip
from pathlib import Path

import pytest

from chorus.cluster.cli.tail import Follower


def followed(follower: Follower) -> list[str]:
    return list(follower.read())


def test_a_file_that_is_not_there_is_followed_once_it_comes(tmp_path: Path):
    path = tmp_path / "log"
    follower = Follower(str(path), None)
    before = followed(follower)
    path.write_text("first\n")

    assert (before, followed(follower)) == ([], ["first"])


def test_what_is_added_comes_in_whole_lines(tmp_path: Path):
    path = tmp_path / "log"
    path.write_text("old\n")
    follower = Follower(str(path), path.stat().st_size)
    with path.open("a") as file:
        file.write("half")
        file.flush()
        first = followed(follower)
        file.write(" and half\nnext\n")

    assert (first, followed(follower)) == ([], ["half and half", "next"])


def test_a_rotated_file_is_read_to_its_end_and_then_its_successor(tmp_path: Path):
    path = tmp_path / "log"
    path.write_text("old\n")
    follower = Follower(str(path), 4)
    assert followed(follower) == []
    with path.open("a") as file:
        path.rename(tmp_path / "log.1")
        path.write_text("new\n")
        file.write("late\n")

    assert followed(follower) == ["late", "new"]


def test_a_file_cut_off_is_read_from_its_beginning(tmp_path: Path):
    path = tmp_path / "log"
    path.write_text("a long first line\n")
    follower = Follower(str(path), path.stat().st_size)
    assert followed(follower) == []
    path.write_text("short\n")

    assert followed(follower) == ["short"]


def put_aside(path: Path, second: int, *, compressed: bool = False) -> None:
    """Rotate: the file gets its time, and a new one takes its place."""
    aside = path.with_name(f"out-20261123T1600{second:02}.000.log")
    path.rename(aside)
    path.write_text("")
    if compressed:
        aside.with_name(f"{aside.name}.gz").write_bytes(gzip.compress(aside.read_bytes()))
        aside.unlink()


def test_files_that_were_put_aside_while_nobody_read_are_read_in_their_order(tmp_path: Path):
    """A terminal that was held up for long, or in which somebody looks at what is there, loses nothing."""
    path = tmp_path / "out.log"
    path.write_text("old\n")
    put_aside(path, 1)
    path.write_text("shown\n")
    follower = Follower(str(path), None)
    for second, line in enumerate(("first", "second", "third", "fourth"), 2):
        with path.open("a") as file:
            file.write(f"{line}\n")
        put_aside(path, second, compressed=second % 2 == 0)
    path.write_text("fifth\n")

    assert followed(follower) == ["first", "second", "third", "fourth", "fifth"]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("taken", ["by retention", "by somebody"])
def test_of_those_none_is_missed_when_the_one_that_was_read_is_not_among_them(
    tmp_path: Path, taken: str, *, compressed: bool
):
    path = tmp_path / "out.log"
    path.write_text("shown\n")
    follower = Follower(str(path), None)
    put_aside(path, 1, compressed=compressed)
    name = "out-20261123T160001.000.log" + ".gz" * compressed
    (tmp_path / name).rename(tmp_path / "out.log.1") if taken == "by somebody" else (tmp_path / name).unlink()
    for second, line in enumerate(("the first", "second"), 2):
        path.write_text(f"{line}\n")
        put_aside(path, second, compressed=compressed)

    assert followed(follower) == ["the first", "second"]


def test_files_that_came_and_were_put_aside_before_one_was_opened_are_read(tmp_path: Path):
    path = tmp_path / "out.log"
    path.write_text("of another time\n")
    put_aside(path, 1)
    path.unlink()
    follower = Follower(str(path), None)
    path.write_text("first\n")
    put_aside(path, 2)
    path.write_text("second\n")

    assert followed(follower) == ["first", "second"]


def test_one_of_them_that_cannot_be_read_is_named(tmp_path: Path):
    path = tmp_path / "out.log"
    path.write_text("shown\n")
    follower = Follower(str(path), None)
    for second in (1, 2):
        put_aside(path, second)
    (tmp_path / "out-20261123T160002.000.log").rename(tmp_path / "out-20261123T160002.000.log.gz")
    (tmp_path / "out-20261123T160002.000.log.gz").write_text("nothing that was compressed")
    path.write_text("last\n")

    named, last = followed(follower)

    assert (named.split(" ")[1:4], last) == ([f"{tmp_path}/out-20261123T160002.000.log:", "cannot", "be"], "last")


def test_a_folder_that_became_a_file_has_nothing_more_to_show(tmp_path: Path):
    path = tmp_path / "logs" / "out.log"
    path.parent.mkdir()
    path.write_text("shown\n")
    follower = Follower(str(path), None)
    path.parent.rename(tmp_path / "moved")
    path.parent.write_text("")

    assert (followed(follower), followed(Follower(str(path), None))) == ([], [])
