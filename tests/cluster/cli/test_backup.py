"""How much an archive of `chorus backup` may hold."""

from pathlib import Path

from chorus.cluster.cli import backup, saved
from chorus.cluster.cli.home import Home
from chorus.cluster.messages import LARGEST_MESSAGE, Description, Descriptions
from chorus.cluster.spec import ApplicationSpec


def test_whatever_a_manager_can_tell_is_restored_from_an_archive(home: Path):
    """Encrypted twice, it is more than twice as large."""
    own = Home(str(home))
    own.prepare()
    env = {"LICENCES": "x" * (LARGEST_MESSAGE - 10_000)}
    told = Descriptions([Description(ApplicationSpec(name="job", command=("job",), cwd="/", env=env), [])])
    archive = str(home / "backup.tar.gz")
    backup._write(archive, own, told, [])

    document, _ = backup._read(archive, saved.sealing(own))
    saved.put(own, document)

    assert saved.read(own).applications == told.applications
