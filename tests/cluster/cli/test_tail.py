"""The end of a log file, and what is added to it."""

from pathlib import Path

import pytest

from chorus.cluster.cli.tail import BLOCK, Follower, last_lines


def anything(_line: str) -> bool:
    return True


def followed(follower: Follower) -> list[str]:
    return list(follower.read())


@pytest.mark.parametrize("length", [1, 100, BLOCK // 3, BLOCK + 1])
def test_the_last_lines_are_whole_whatever_their_length(tmp_path: Path, length: int):
    path = tmp_path / "log"
    lines = [f"{n}{'x' * length}" for n in range(10)]
    path.write_text("".join(f"{line}\n" for line in lines))

    found, position = last_lines(str(path), 3, anything)

    assert found == lines[-3:]
    assert position == path.stat().st_size


def test_a_file_with_fewer_lines_gives_them_all(tmp_path: Path):
    path = tmp_path / "log"
    path.write_text("one\ntwo\n")

    assert last_lines(str(path), 50, anything)[0] == ["one", "two"]


def test_only_wanted_lines_count(tmp_path: Path):
    path = tmp_path / "log"
    path.write_text("".join(f"{'chat' if n % 10 == 0 else 'valkey'} {n}\n" for n in range(5000)))

    assert last_lines(str(path), 2, lambda line: line.startswith("chat"))[0] == ["chat 4980", "chat 4990"]


def test_a_file_that_is_not_there_has_no_lines_and_is_followed_once_it_comes(tmp_path: Path):
    path = tmp_path / "log"
    found, position = last_lines(str(path), 50, anything)
    follower = Follower(str(path), position)
    before = followed(follower)
    path.write_text("first\n")

    assert (found, before, followed(follower)) == ([], [], ["first"])


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
