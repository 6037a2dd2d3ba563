"""The working folder by the name that the shell has for it."""

import pytest

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.folder import absolute, here


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A release with a link to it; the working folder is the release."""
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "ecosystem.toml").touch()
    (tmp_path / "current").symlink_to("release")
    monkeypatch.chdir(tmp_path / "current")
    return tmp_path


def test_a_link_that_the_shell_is_in_keeps_its_name(folders, monkeypatch):
    monkeypatch.setenv("PWD", str(folders / "current"))

    assert here() == str(folders / "current")
    assert absolute("ecosystem.toml") == str(folders / "current" / "ecosystem.toml")


def test_a_path_that_leaves_the_link_is_the_file_that_is_opened(folders, monkeypatch):
    (folders / "releases").mkdir()
    (folders / "releases" / "ecosystem.toml").touch()
    (folders / "releases" / "7").mkdir()
    (folders / "seven").symlink_to("releases/7")
    monkeypatch.chdir(folders / "seven")
    monkeypatch.setenv("PWD", str(folders / "seven"))

    assert absolute("../ecosystem.toml") == str(folders / "releases" / "ecosystem.toml")


@pytest.mark.parametrize("named", ["", "current", "/nonesuch", "/"])
def test_what_names_another_folder_or_none_is_not_believed(folders, named):
    assert here({"PWD": named}) == str(folders / "release")


def test_a_path_in_a_folder_that_is_not_utf_8_is_refused(tmp_path, monkeypatch):
    """A path from the root in another folder is not."""
    odd = tmp_path / "\udcff"
    odd.mkdir()
    monkeypatch.chdir(odd)

    assert absolute("/srv/ecosystem.toml") == "/srv/ecosystem.toml"
    with pytest.raises(CommandFailed, match=r'/\\xff/ecosystem\.toml", expected text in UTF-8$'):
        absolute("ecosystem.toml")


def test_a_working_folder_that_was_deleted_is_said(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(CommandFailed, match="was deleted"):
        here({"PWD": str(gone)})
