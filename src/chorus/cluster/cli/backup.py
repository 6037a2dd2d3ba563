"""`chorus backup`: configuration and logs in one archive, and back again by `chorus restore ARCHIVE`.

    chorus-backup-20261126T093800Z.tar.gz        0600
      manifest.json       what is in it, for people
      saved.json          the applications, as `chorus save` writes them: variables encrypted; for people
      sealed/saved        the same, whole and encrypted
      sealed/0, 1, …      files of the state folder and the ecosystem files, whole and encrypted, path and all
      logs/…              log files under their paths, those put aside by rotation among them, and daemon.log

All that may be a secret is encrypted with the home's save.key, which is not in the archive. What is read of an archive
is what the key authenticates; no name of a member is ever a path that is written to. An archive that a disk damaged, be
it in a log, is refused by the checksum of gzip, for what else is missing in it nobody can say.
"""

import gzip
import io
import os
import tarfile
import time
import zlib
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Final

import msgspec

from chorus import __version__
from chorus.cluster import put_aside
from chorus.cluster.cli import answer, asking, daemon, saved
from chorus.cluster.cli.act import ALL
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import Descriptions, LogFiles, Logs

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_FORMAT: Final = 1
_SAVED: Final = "saved.json"
_MANIFEST: Final = "manifest.json"
_SEALED: Final = "sealed/"

LARGEST_FILE: Final = 4 * 1024 * 1024
"""Bytes of a file of the configuration; a larger one is none."""

_LARGEST_MEMBER: Final = 2 * saved.LARGEST
"""Bytes of an encrypted one: what was saved, which is the largest, in base64 twice."""

MOST_FILES: Final = 1000


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in an archive."""

    format: int
    version: str
    home: str
    made_at: str
    applications: list[str]
    configuration: list[str]
    """Paths of the encrypted files."""

    logs: list[str]


class _File(msgspec.Struct, frozen=True):
    """An encrypted file."""

    path: str
    """Absolute; one in the state folder begins with "state/" instead, and saved.json is what was saved."""

    content: bytes


def run(context: Context) -> int:
    """Write the archive."""
    home = context.home
    name = time.strftime("chorus-backup-%Y%m%dT%H%M%SZ.tar.gz", time.gmtime())
    path = os.path.abspath(os.path.expanduser(next(iter(context.arguments.operands), name)))
    if os.path.lexists(path):
        raise CommandFailed(f"{path}: there already, expected a new file")
    found = _found(context)
    logs = [] if context.arguments.given("no-logs") else _logs(context)
    manifest = _write(path, home, found, logs)
    held = f"{_count(manifest.configuration, 'file')} of configuration, {_count(manifest.logs, 'log file')}"
    text = f"wrote {path}: {', '.join(manifest.applications) or 'no application'}, {held}"
    answer.tell(context, text, changed=True, path=path, **msgspec.to_builtins(manifest))
    context.terminal.note(f"It is opened with {os.path.join(home.state, saved.KEY)}: keep a copy of that key elsewhere")
    return OK


def _count(files: list[str], what: str) -> str:
    return f"{len(files)} {what}{'' if len(files) == 1 else 's'}"


def put_back(context: Context, path: str, key: str) -> None:
    """Put the configuration of an archive into the home; a file that is there already stays, and that is said.

    Raises:
        CommandFailed: it is no archive of ours, or the key is another's. Nothing was written.
    """
    home = context.home
    if not os.path.isfile(path):
        raise CommandFailed(f"{path}: there is no such file, expected an archive of chorus backup")
    own = os.path.join(home.state, saved.KEY)
    if key and os.path.exists(own) and saved.read_whole(own) != saved.read_whole(key):
        raise CommandFailed(
            f"{own}: there already, and not the key that --key names", ["Restore into another CHORUS_HOME"]
        )
    if not key and not os.path.exists(own):
        raise CommandFailed(f"there is no {own}", ["Name the key of the home that the backup is of: --key FILE"])
    document, files = _read(path, saved.key_of(key or own))
    if key and not os.path.exists(own):
        saved.write_whole(own, saved.read_whole(key))
    for file in files:
        target = _target(home, file.path)
        if os.path.lexists(target):
            if not os.path.isfile(target) or saved.read_whole(target) != file.content:
                context.terminal.note(f"{target}: there already, and different; left as it is")
            continue
        if os.path.isdir(os.path.dirname(target)):
            saved.write_whole(target, file.content)
        else:
            context.terminal.note(f"{target}: there is no such folder; not put back")
    saved.put(home, document)


def _found(context: Context) -> Descriptions:
    """The applications: as they are where a manager runs, else as they were saved."""
    if daemon.runs(context.home):
        return asking.everything(context)
    return saved.read(context.home)


def _logs(context: Context) -> list[str]:
    """The log files there are, with those that rotation put aside."""
    paths = [context.home.daemon_log, f"{context.home.daemon_log}.1"]
    if daemon.runs(context.home):
        kept = asking.ask(context, Logs([ALL])) if asking.status(context).applications else LogFiles([])
        if not isinstance(kept, LogFiles):
            raise CommandFailed(f"the manager answered {type(kept).__name__}, expected LogFiles")
        for file in kept.files:
            paths += [file.path, *_earlier(file.path)]
    return [path for path in dict.fromkeys(paths) if os.path.isfile(path)]


def _earlier(path: str) -> list[str]:
    """Those that rotation put aside."""
    folder = os.path.dirname(path)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return [os.path.join(folder, each) for each in put_aside.of(path, names)]


def _write(path: str, home: Home, found: Descriptions, logs: list[str]) -> Manifest:
    """Whole or not at all, for its owner alone."""
    files = list(_configuration(home, found))
    manifest = Manifest(
        format=_FORMAT,
        version=__version__,
        home=home.path,
        made_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        applications=[each.spec.name for each in found.applications],
        configuration=[file.path for file in files],
        logs=logs,
    )
    seal, document = saved.sealing(home), saved.document(home, found)
    fresh = f"{path}.new"
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            with tarfile.open(fileobj=target, mode="w:gz", compresslevel=6) as archive:
                _add(archive, _MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
                _add(archive, _SAVED, document)
                _add(archive, f"{_SEALED}saved", seal.encrypt(msgspec.json.encode(_File(_SAVED, document))))
                for number, file in enumerate(files):
                    _add(archive, f"{_SEALED}{number}", seal.encrypt(msgspec.json.encode(file)))
                for log in logs:
                    _add_file(archive, f"logs{log}", log)
            target.flush()
            os.fsync(target.fileno())
        os.rename(fresh, path)
    except OSError as error:
        if os.path.lexists(fresh):
            os.unlink(fresh)
        raise CommandFailed(f"{path}: {error.strerror or error}") from error
    return manifest


def _configuration(home: Home, found: Descriptions) -> Iterator[_File]:
    """The files of the state folder but the key and what was saved, and the ecosystem files."""
    passed_over = {saved.KEY, "saved.json", "saved.json.1"}
    for name in sorted(os.listdir(home.state)) if os.path.isdir(home.state) else []:
        path = os.path.join(home.state, name)
        if name not in passed_over and not name.endswith(".new") and _is_small(path):
            yield _File(f"state/{name}", saved.read_whole(path))
    sources = dict.fromkeys(each.spec.source for each in found.applications if each.spec.source is not None)
    for path in sources:
        if _is_small(path):
            yield _File(path, saved.read_whole(path))


def _is_small(path: str) -> bool:
    return os.path.isfile(path) and os.path.getsize(path) <= LARGEST_FILE


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_member(name, len(content)), io.BytesIO(content))


def _add_file(archive: tarfile.TarFile, name: str, path: str) -> None:
    """A file as long as it is now; one that is cut meanwhile is filled up, so that the archive stays whole."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            archive.addfile(_member(name, size), _Filled(file, size))
    except FileNotFoundError:  # rotation took it away since it was listed
        pass


class _Filled(io.RawIOBase):
    """A file that ends where it was to end."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, line feeds where the file has no more."""
        wanted = self._left if size < 0 else min(size, self._left)
        content = self._file.read(wanted)
        self._left -= wanted
        return content + b"\n" * (wanted - len(content))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member


def _read(path: str, seal: "Fernet") -> tuple[bytes, list[_File]]:
    """What was saved, and the configuration.

    Raises:
        CommandFailed: naming what is wrong with the archive.
    """
    from cryptography.fernet import InvalidToken

    files: list[_File] = []
    try:
        with gzip.open(path) as plain:
            with tarfile.open(fileobj=plain, mode="r|") as archive:
                for member in archive:
                    if member.name.startswith(_SEALED) and len(files) < MOST_FILES:
                        files.append(msgspec.json.decode(seal.decrypt(_content(archive, member)), type=_File))
            while plain.read(1 << 18):  # up to the checksum
                pass
    except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
        raise CommandFailed(f"{path}: not an archive of chorus backup, or damaged: {error}") from error
    except (InvalidToken, msgspec.DecodeError) as error:
        raise CommandFailed(f"{path}: cannot be opened with this {saved.KEY}; it is of another home") from error
    document = next((file.content for file in files if file.path == _SAVED), None)
    if document is None:
        raise CommandFailed(f"{path}: not an archive of chorus backup: found no {_SEALED}saved in it")
    return document, [file for file in files if file.path != _SAVED]


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isfile() and member.size <= _LARGEST_MEMBER else None
    if file is None:
        raise tarfile.TarError(
            f"found {member.name} of {member.size} bytes, expected a file of {_LARGEST_MEMBER} at most"
        )
    return file.read()


def _target(home: Home, path: str) -> str:
    """Where a file of an archive belongs; the key has vouched for the path."""
    if path.startswith("state/"):
        return os.path.join(home.state, os.path.basename(path))
    return os.path.normpath(path)
