"""The file of saved applications: whole, private, and without a secret in clear. Rows 32 and 41."""

import os
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet

from chorus.cluster.cli import saved
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.messages import Description, Descriptions, Role
from chorus.cluster.spec import Alerts, ApplicationSpec

SPEC = ApplicationSpec(
    name="shop",
    script="shop.py",
    env={"API_TOKEN": "hunter2"},
    inherited={"SHELL_SECRET": "hunter3"},
    environments={"production": {"DATABASE_URL": "postgresql://me:hunter4@db"}},
)
DESCRIPTION = Description(SPEC, [Role(0, runs=True), Role(2, runs=False)])


@pytest.fixture
def kept(home: Path) -> Home:
    prepared = Home(str(home))
    prepared.prepare()
    return prepared


def test_what_is_read_is_what_was_written(kept: Home):
    saved.write(kept, Descriptions([DESCRIPTION]))

    assert saved.read(kept).applications == [DESCRIPTION]


def test_no_variable_is_in_clear(kept: Home):
    """Row 32: neither names nor values, of the file, the shell or an environment."""
    text = Path(saved.write(kept, Descriptions([DESCRIPTION]))).read_text()

    assert not [word for word in ("hunter", "API_TOKEN", "SHELL_SECRET", "DATABASE_URL") if word in text]
    assert "shop.py" in text


def test_the_address_of_a_webhook_is_not_in_clear_and_comes_back(kept: Home):
    """Row 32: whoever has such an address can write there. A reference to a variable is no secret."""
    hook = "https://hooks.example.com/T000/hunter5"
    told = [
        msgspec.structs.replace(DESCRIPTION, spec=msgspec.structs.replace(SPEC, alerts=Alerts(webhook=webhook)))
        for webhook in (hook, "$ALERT_WEBHOOK")
    ]

    text = Path(saved.write(kept, Descriptions(told))).read_text()

    assert ("hunter5" in text, "$ALERT_WEBHOOK" in text) == (False, True)
    assert saved.read(kept).applications == told


def test_the_files_are_their_owners_alone(kept: Home):
    saved.write(kept, Descriptions([DESCRIPTION]))

    assert {stat.S_IMODE(os.stat(entry).st_mode) for entry in os.scandir(kept.state)} == {0o600}


def test_the_one_before_is_kept(kept: Home):
    path = saved.write(kept, Descriptions([DESCRIPTION]))
    first = Path(path).read_text()

    saved.write(kept, Descriptions([]))

    assert Path(f"{path}.1").read_text() == first
    assert saved.read(kept).applications == []


def test_a_write_that_fails_leaves_the_old_file(kept: Home, monkeypatch: pytest.MonkeyPatch):
    """Row 41: atomic: the new file takes the old one's place when it is whole and on the disk."""
    path = saved.write(kept, Descriptions([DESCRIPTION]))
    sync = os.fsync

    def full(descriptor: int) -> None:
        if not os.readlink(f"/proc/self/fd/{descriptor}").startswith(f"{path}.1"):  # for the backup there was room
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CommandFailed, match="No space left on device"):
        saved.write(kept, Descriptions([]))

    assert saved.read(kept).applications == [DESCRIPTION]
    assert path == os.path.join(kept.state, "saved.json")


def test_what_takes_the_old_files_place_is_on_the_disk_and_so_is_its_name(kept: Home, monkeypatch: pytest.MonkeyPatch):
    """Row 41: a machine that loses its power in between has one of the two, whole."""
    steps: list[str] = []
    sync, replace = os.fsync, os.replace

    def syncing(descriptor: int) -> None:
        steps.append(f"sync {os.path.basename(os.readlink(f'/proc/self/fd/{descriptor}'))}")
        sync(descriptor)

    def replacing(new: str, old: str) -> None:
        steps.append(f"replace {os.path.basename(old)}")
        replace(new, old)

    saved.sealing(kept)
    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)

    saved.write(kept, Descriptions([DESCRIPTION]))

    assert steps == [f"sync saved.json.{os.getpid()}.new", "replace saved.json", "sync state"]


def test_a_save_in_the_middle_of_another_one_costs_neither_of_them(kept: Home, monkeypatch: pytest.MonkeyPatch):
    """As a timer's and an operator's: each writes a whole file, and the one that ends last has the place."""
    sync, others = os.fsync, list[int]()
    saved.sealing(kept)

    def another_one_meanwhile(descriptor: int) -> None:
        if not others:
            others.append(os.fork())
            if not others[0]:
                saved.write(kept, Descriptions([]))
                os._exit(0)
            others.append(os.waitpid(others[0], 0)[1])
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", another_one_meanwhile)
    saved.write(kept, Descriptions([DESCRIPTION]))

    assert others[1] == 0
    assert saved.read(kept).applications == [DESCRIPTION]


def test_a_link_that_somebody_laid_where_a_file_is_written_leads_nowhere(tmp_path: Path):
    """As `restore` of root's writes an ecosystem file into a folder that is another's."""
    theirs, target = tmp_path / "theirs", tmp_path / "ecosystem.toml"
    theirs.write_text("kept")
    (tmp_path / f"ecosystem.toml.{os.getpid()}.new").symlink_to(theirs)

    saved.write_whole(str(target), b"new")

    assert (theirs.read_text(), target.read_text(), target.is_symlink()) == ("kept", "new", False)


def test_two_that_make_the_key_at_once_use_the_same(kept: Home, monkeypatch: pytest.MonkeyPatch):
    generate, made = Fernet.generate_key, list[bytes]()

    def make() -> bytes:
        made.append(key := generate())
        if len(made) == 1:
            saved.write(kept, Descriptions([DESCRIPTION]))  # another one is faster
        return key

    monkeypatch.setattr(Fernet, "generate_key", make)
    saved.sealing(kept)

    assert saved.read(kept).applications == [DESCRIPTION]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 9, "version": "9", "applications": []}'])
def test_what_is_no_saved_file_is_refused(kept: Home, content: bytes):
    Path(saved.write(kept, Descriptions([]))).write_bytes(content)

    with pytest.raises(CommandFailed, match=r"saved\.json: (not what was saved|found format 9)"):
        saved.read(kept)


def test_the_one_before_is_named_where_there_is_one(kept: Home):
    hints: list[list[str]] = []
    for _ in range(2):
        path = saved.write(kept, Descriptions([DESCRIPTION]))
        Path(path).write_bytes(b"{")
        with pytest.raises(CommandFailed, match="not what was saved") as caught:
            saved.read(kept)
        hints.append(caught.value.detail)

    assert hints == [[], [f"The one before it is {path}.1"]]


@pytest.mark.parametrize("key", [b"", b"x", b"A" * 43 + b"="])
def test_another_key_is_refused(kept: Home, key: bytes):
    saved.write(kept, Descriptions([DESCRIPTION]))
    Path(kept.state, "save.key").write_bytes(key)

    with pytest.raises(CommandFailed, match="key"):
        saved.read(kept)


def test_a_changed_file_is_refused(kept: Home):
    path = Path(saved.write(kept, Descriptions([DESCRIPTION])))
    document = msgspec.json.decode(path.read_bytes())
    document["applications"][0]["variables"] = document["applications"][0]["variables"][:-8] + "AAAAAAA="
    path.write_bytes(msgspec.json.encode(document))

    with pytest.raises(CommandFailed, match="the variables of shop cannot be read"):
        saved.read(kept)


def test_a_key_that_is_gone_is_named_and_no_other_one_is_made(kept: Home):
    """The right one can then still be put in its place."""
    path = Path(saved.write(kept, Descriptions([DESCRIPTION])))
    (path.parent / saved.KEY).unlink()

    with pytest.raises(CommandFailed, match=r"there is no .*save\.key"):
        saved.read(kept)

    assert not (path.parent / saved.KEY).exists()


def test_a_file_without_an_end_is_refused(kept: Home):
    path = Path(saved.write(kept, Descriptions([DESCRIPTION])))
    path.unlink()
    path.symlink_to("/dev/zero")

    with pytest.raises(CommandFailed, match="found more than 16777216 bytes"):
        saved.read(kept)
