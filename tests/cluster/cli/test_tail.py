"""What is added to a log file."""

from pathlib import Path

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
