"""The operators' row "Upkeep … backup of configuration and logs": one archive, and the way back."""

import io
import json
import os
import shutil
import stat
import tarfile
from pathlib import Path

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes

SECRETS = ("hunter2", "hunter3", "hunter4")


def shop(shell: Shell) -> None:
    """An application of a file with secrets, which says one word; a file of the state folder with another."""
    shell.program(
        "job.py", "import os, time\nprint('token', len(os.environ['API_TOKEN']), flush=True)\ntime.sleep(1000)\n"
    )
    shell.write('[[apps]]\nname = "job"\nscript = "job.py"\ninstances = 2\nenv = { API_TOKEN = "hunter2" }\n')
    shell.ok("start", SHELL_SECRET="hunter3")
    (shell.home / "state" / "jwt.secret").write_text("hunter4")
    until(lambda: "token 7" in shell.ok("logs", "job"), what="its word")


def contents(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened}


def test_a_backup_is_one_private_archive_without_a_secret_in_clear(shell: Shell):
    """Configuration and logs; `--json` says what is in it; an archive that is there is not replaced."""
    shop(shell)
    archive = shell.folder / "backup.tar.gz"
    earlier = "out-20261123T160000.123.log.gz"
    (shell.folder / "logs" / earlier).write_bytes(b"as rotation put it aside")

    said = json.loads(shell.ok("backup", str(archive), "--json"))
    found = contents(archive)

    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert said["path"] == str(archive)
    assert said["applications"] == ["job"]
    assert set(said["configuration"]) == {"state/jwt.secret", str(shell.folder / "ecosystem.toml")}
    log = f"logs{shell.folder}/logs/out.log"
    assert b"token 7" in found[log]
    assert found[f"logs{shell.folder}/logs/{earlier}"] == b"as rotation put it aside"
    assert f"logs{shell.home}/daemon.log" in found
    assert not [name for name, content in found.items() for secret in SECRETS if secret.encode() in content]
    assert (shell.home / "state" / "save.key").read_bytes().strip() not in b"".join(found.values())
    again = shell.chorus("backup", str(archive))
    assert (again.returncode, "there already" in again.stderr) == (1, True)
    assert "logs" not in str(list(contents(Path(json.loads(shell.ok("backup", "--no-logs", "--json"))["path"]))))


def test_a_backup_brings_everything_back_in_another_home(shell: Shell, tmp_path: Path):
    """The way back: `chorus restore ARCHIVE --key`, in a home of its own, with the ecosystem file lost meanwhile."""
    shop(shell)
    archive, key = shell.folder / "backup.tar.gz", shell.folder / "kept.key"
    shell.ok("backup", str(archive))
    shutil.copy(shell.home / "state" / "save.key", key)
    shell.ok("kill")
    shutil.rmtree(shell.home)
    (shell.folder / "ecosystem.toml").unlink()

    without = shell.chorus("restore", str(archive))
    assert (without.returncode, "--key FILE" in without.stderr) == (1, True)
    assert not (shell.home / "state" / "saved.json").exists()
    assert shell.ok("restore", str(archive), "--key", str(key)) == "restored job\n"

    assert shell.states("job") == ["online", "online"]
    assert (shell.home / "state" / "jwt.secret").read_text() == "hunter4"
    assert stat.S_IMODE((shell.home / "state" / "jwt.secret").stat().st_mode) == 0o600
    assert "hunter2" in (shell.folder / "ecosystem.toml").read_text()
    assert shell.chorus("plan").returncode == 0, "what runs is what the file says"


def test_what_is_there_is_left_and_a_foreign_archive_is_refused(shell: Shell):
    """A file that differs stays, and that is said; another home's archive changes nothing."""
    shop(shell)
    archive = shell.folder / "backup.tar.gz"
    shell.ok("backup", str(archive))
    (shell.home / "state" / "jwt.secret").write_text("newer")

    restored = shell.chorus("restore", str(archive))
    assert restored.stdout == "all of it is there already\n"
    assert "jwt.secret: there already, and different; left as it is" in restored.stderr
    assert (shell.home / "state" / "jwt.secret").read_text() == "newer"

    before = (shell.home / "state" / "saved.json").read_bytes()
    os.rename(shell.home / "state" / "save.key", shell.folder / "old.key")
    shell.ok("save")
    foreign = shell.chorus("restore", str(archive))
    assert (foreign.returncode, "cannot be opened with this save.key" in foreign.stderr) == (1, True)
    nothing = shell.chorus("restore", shell.program("no.tar.gz", "not an archive"))
    assert (nothing.returncode, "not an archive of chorus backup" in nothing.stderr) == (1, True)
    assert (shell.home / "state" / "saved.json.1").read_bytes() == before


def test_an_archive_of_another_home_that_has_nothing_but_its_applications_changes_nothing(shell: Shell):
    shell.program("job.py", "import time\ntime.sleep(1000)\n")
    shell.ok("start", "job.py")
    archive = shell.folder / "backup.tar.gz"
    shell.ok("backup", str(archive))
    (shell.home / "state" / "save.key").unlink()
    shell.ok("save")
    before = (shell.home / "state" / "saved.json").read_bytes()

    foreign = shell.chorus("restore", str(archive))

    assert (foreign.returncode, "cannot be opened with this save.key" in foreign.stderr) == (1, True)
    assert (shell.home / "state" / "saved.json").read_bytes() == before


def test_an_archive_that_somebody_changed_or_a_disk_damaged_is_refused_or_tells_the_truth(shell: Shell):
    """What is in clear is for people; what runs afterwards is what the key vouches for."""
    shop(shell)
    archive, changed, damaged = (shell.folder / f"{name}.tar.gz" for name in ("backup", "changed", "damaged"))
    shell.ok("backup", str(archive))
    with tarfile.open(changed, "w:gz") as forged:
        for name, content in contents(archive).items():
            member, forgery = tarfile.TarInfo(name), content.replace(b"job.py", b"evil.py")
            member.size = len(forgery)
            forged.addfile(member, io.BytesIO(forgery))
    content = bytearray(archive.read_bytes())
    content[-8] ^= 1  # of the checksum: the same as any other bit
    damaged.write_bytes(content)
    shell.ok("delete", "all")

    refused = shell.chorus("restore", str(damaged))
    restored = shell.ok("restore", str(changed))

    assert (refused.returncode, "or damaged: CRC check failed" in refused.stderr) == (1, True)
    assert restored == "restored job\n"
    assert "job.py" in (shell.home / "state" / "saved.json").read_text()
