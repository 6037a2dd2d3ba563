"""Row 17: everything that a server or a person has, in one archive of a documented format."""

import json
import zipfile
from functools import partial

import pytest

from chorus.chat.domain.audit import AuditFilter
from chorus.chat.domain.channels import CONVERSATIONS
from parts.databases import in_store, on_both


@pytest.fixture
def export(command):
    """Run `chorus admin export` with further words."""
    return partial(command, "admin", "export")


@pytest.fixture
def filled(command, export):
    """The same, with a team in the database."""
    size = ["--people", "6", "--channels", "8", "--messages", "300", "--seed", "5"]
    assert command("demo", *size, "--password", "a long password").code == 0
    return export


def lines(archive, name):
    return [json.loads(line) for line in archive.read(name).splitlines()]


def logs(archive):
    return {name: lines(archive, name) for name in archive.namelist() if name.startswith("log/")}


@on_both
def test_the_servers_archive_has_every_entry_and_file_of_its_channels(filled, database_url, tmp_path, home):
    """Row 17: what is in it equals what the database and the files have."""
    path = tmp_path / "chat.zip"
    assert filled(str(path))[0] == 0

    async def look(store):
        channels = [each for each in await store.every_channel() if each.kind not in CONVERSATIONS]
        entries = {each.id: await store.read(each.id, after=0, limit=5000) for each in channels}
        audit = await store.audit(AuditFilter(), before=None, limit=5)
        return channels, entries, await store.accounts(), audit

    channels, entries, accounts, audit = in_store(database_url, look)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.namelist()[-1] == "manifest.json"
        assert (manifest["format"], manifest["format_version"], manifest["scope"]) == ("chorus-export", 1, "server")
        assert manifest["missing"] == []
        assert [each["handle"] for each in lines(archive, "accounts.jsonl")] == [each.handle for each in accounts]
        assert [each["channel"]["id"] for each in lines(archive, "channels.jsonl")] == [each.id for each in channels]
        written = {name: [(e["seq"], e["text"]) for e in found] for name, found in logs(archive).items()}
        assert written == {f"log/{key}.jsonl": [(e.seq, e.text) for e in each] for key, each in entries.items() if each}
        files = lines(archive, "files.jsonl")
        assert files
        for each in files:
            kept = home / "data" / "files" / each["file"]["file"]["id"][:2] / each["file"]["file"]["id"]
            assert archive.read(each["path"]) == kept.read_bytes()
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert [(line.act, line.details) for line in audit] == [("export.made", {"scope": "server"})]


@on_both
def test_direct_messages_are_in_it_only_when_asked_for_and_the_audit_log_says_so(filled, database_url, tmp_path):
    """Row 17."""
    filled(str(tmp_path / "without.zip"))
    filled(str(tmp_path / "with.zip"), "--direct")
    kinds = []
    for name in ("without.zip", "with.zip"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            kinds.append({each["channel"]["kind"] for each in lines(archive, "channels.jsonl")})
    audit = in_store(database_url, lambda store: store.audit(AuditFilter(), before=None, limit=1))

    assert "direct" not in kinds[0]
    assert "direct" in kinds[1]
    assert audit[0].details == {"scope": "server with direct messages"}


@on_both
def test_a_persons_archive_has_their_own_words_and_their_conversations_and_nobody_elses(filled, database_url, tmp_path):
    """Row 17: a user may have their own."""
    assert filled(str(tmp_path / "jonas.zip"), "--account", "jonas")[0] == 0

    async def look(store):
        jonas = (await store.credentials("jonas")).account
        return jonas, {each.id: each for each in await store.every_channel()}

    jonas, channels = in_store(database_url, look)
    with zipfile.ZipFile(tmp_path / "jonas.zip") as archive:
        assert [each["handle"] for each in lines(archive, "accounts.jsonl")] == ["jonas"]
        assert {"saved.jsonl", "drafts.jsonl", "devices.jsonl"} <= set(archive.namelist())
        assert not {"audit.jsonl", "invites.jsonl"} & set(archive.namelist())
        found = logs(archive)
    assert found
    for name, entries in found.items():
        channel = channels[int(name.removeprefix("log/").removesuffix(".jsonl"))]
        if channel.kind in CONVERSATIONS:
            assert jonas.id in channel.people
        else:
            assert {entry["sender"] for entry in entries} == {jonas.id}


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (ConnectionResetError("the server closed it"), "the export was cut off: the server closed it"),
        (PermissionError(13, "Permission denied", "/srv/file"), "/srv/file: Permission denied"),
    ],
)
def test_what_fails_elsewhere_is_not_blamed_on_the_archive(export, tmp_path, monkeypatch, error, complaint):
    async def failing(*args, **options):
        raise error

    monkeypatch.setattr("chorus.entry.commands.admin.export.export_server", failing)

    code, _, err = export(str(tmp_path / "chat.zip"))

    assert (code, complaint in err, "chat.zip" in err) == (1, True, False)
    assert not list(tmp_path.glob("chat.zip*"))


def test_a_file_that_is_there_is_left_alone_and_what_failed_leaves_nothing(export, tmp_path):
    (tmp_path / "chat.zip").write_text("mine")
    code, _, err = export(str(tmp_path / "chat.zip"))
    assert (code, "is there already" in err) == (1, True)
    code, _, err = export(str(tmp_path / "nowhere" / "chat.zip"))
    assert (code, "No such file or directory" in err) == (1, True)
    code, _, err = export(str(tmp_path / "x.zip"), "--account", "nobody")
    assert (code, 'there is no account "nobody"' in err) == (1, True)

    assert [path.name for path in tmp_path.iterdir() if ".zip" in path.name] == ["chat.zip"]
    assert (tmp_path / "chat.zip").read_text() == "mine"
