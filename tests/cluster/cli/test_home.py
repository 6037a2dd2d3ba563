"""CHORUS_HOME is its owner's alone, or it is refused."""

from pathlib import Path

import pytest

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home, locate


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_home_is_closed_to_others_with_its_folders(home: Path):
    """Whatever the umask says."""
    path = home / "deep" / "new"

    Home(str(path)).prepare()

    assert [mode(path / name) for name in ("", "run", "data", "state")] == [0o700] * 4


def test_an_empty_folder_that_was_open_is_closed(home: Path):
    home.chmod(0o755)

    Home(str(home)).prepare()

    assert mode(home) == 0o700


def test_the_home_of_a_cluster_that_is_open_to_others_is_refused_with_what_closes_it(home: Path):
    (home / "daemon.log").touch()
    home.chmod(0o755)

    with pytest.raises(CommandFailed, match="open to others") as caught:
        Home(str(home)).prepare()

    assert caught.value.detail == [f"found mode 0755, expected 0700; close it with: chmod 700 {home}"]


def test_a_folder_with_other_files_that_is_open_to_others_is_refused_and_left_alone(home: Path):
    """It may be somebody's home folder, or /etc: nobody is advised to close it."""
    (home / "letters").touch()
    home.chmod(0o755)

    with pytest.raises(CommandFailed, match="a folder for something else") as caught:
        Home(str(home)).prepare()

    assert caught.value.detail == [
        "found letters in it and mode 0755, expected a new folder, an empty one or a cluster's"
    ]
    assert sorted(path.name for path in home.iterdir()) == ["letters"]
    assert mode(home) == 0o755


def test_a_folder_of_somebody_else_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.geteuid", lambda: home.stat().st_uid + 1)

    with pytest.raises(CommandFailed, match="belongs to somebody else"):
        Home(str(home)).prepare()


def test_a_path_too_long_for_a_socket_is_refused_with_its_size(home: Path):
    long = str(home / ("x" * 80))

    with pytest.raises(CommandFailed, match="too long") as caught:
        locate({"CHORUS_HOME": long})

    assert "107 are possible" in caught.value.detail[0]


def test_a_home_that_cannot_be_made_says_why(home: Path):
    (home / "file").touch()

    with pytest.raises(CommandFailed, match="cannot be made"):
        Home(str(home / "file" / "below")).prepare()
    with pytest.raises(CommandFailed, match="file: found a file, expected a folder"):
        Home(str(home / "file")).prepare()


def test_the_home_is_the_named_one_or_in_the_users_folder():
    assert locate({"CHORUS_HOME": "/srv/chorus/"}).path == "/srv/chorus"
    assert locate({"HOME": "/home/ada"}).path == "/home/ada/.chorus"


def test_a_relative_home_is_refused():
    with pytest.raises(CommandFailed, match="expected an absolute path"):
        locate({"CHORUS_HOME": "here"})


@pytest.mark.parametrize("environment", [{"CHORUS_HOME": "/srv/\udcff"}, {"HOME": "/srv/\udcff"}])
def test_a_home_that_is_not_utf_8_is_refused(environment: dict[str, str]):
    """No message between the processes of a cluster could name it."""
    with pytest.raises(CommandFailed, match=r'^CHORUS_HOME: found "/srv/\\xff(/\.chorus)?", expected text in UTF-8$'):
        locate(environment)


def test_the_room_for_a_name_depends_on_the_path():
    assert Home("/srv/chorus").room_for("a" * 32)
    assert not Home("/srv/" + "c" * 60).room_for("a" * 32)
