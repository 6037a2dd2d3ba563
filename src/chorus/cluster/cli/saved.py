"""`chorus save`: the applications with their numbers and states, kept in a file; `restoring` brings them back.

The file is written beside the old one and put in its place at once, and the old one stays as saved.json.1, so that
there is a whole one at every moment. Variables may be secrets, and so may the address of a webhook: they are encrypted
(Fernet, AES-128-CBC with HMAC-SHA256) with a key that is made once and stays in another file, so that a copy of the
saved file alone tells none.

    $CHORUS_HOME/state/saved.json, saved.json.1      0600
    $CHORUS_HOME/state/save.key                      0600
"""

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from chorus import __version__
from chorus.cluster.cli import answer, asking
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import Description, Descriptions, Role
from chorus.cluster.spec import ApplicationSpec, ClusterSpec

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_FORMAT: Final = 1
KEY: Final = "save.key"
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a file that is read: several times what a manager takes at once."""


class SavedApplication(msgspec.Struct, frozen=True):
    """One application in the file."""

    spec: ApplicationSpec
    """Without its variables, and without the address of a webhook that stands in it as it is."""

    variables: str
    """`_Variables` as JSON, encrypted."""

    instances: list[Role]


class SavedFile(msgspec.Struct, frozen=True):
    """All of it."""

    format: int
    version: str
    applications: list[SavedApplication]
    cluster: ClusterSpec = ClusterSpec()
    """Settings of the cluster."""


class _Variables(msgspec.Struct, frozen=True):
    env: dict[str, str]
    inherited: dict[str, str]
    environments: dict[str, dict[str, str]]
    webhook: str | None = None
    """The address that is told of alerts, where it is no reference to a variable: whoever has it can write there."""


def save(context: Context) -> int:
    """Keep the applications as they are now."""
    found = asking.everything(context)
    path = write(context.home, found)
    names = [each.spec.name for each in found.applications]
    text = f"saved {', '.join(names) or 'that there is no application'} in {path}"
    answer.tell(context, text, changed=True, path=path, applications=names)
    return OK


def write(home: Home, found: Descriptions) -> str:
    """Write the file, atomically, the one before it kept; returns its path."""
    return put(home, document(home, found))


def document(home: Home, found: Descriptions) -> bytes:
    """The content of the file, its variables encrypted."""
    seal = sealing(home)
    applications: list[SavedApplication] = []
    for each in found.applications:
        spec = each.spec
        webhook, alerts = spec.alerts.webhook, spec.alerts
        if webhook is not None and webhook.startswith("$"):
            webhook = None
        elif webhook is not None:
            alerts = msgspec.structs.replace(alerts, webhook=None)
        variables = msgspec.json.encode(_Variables(spec.env, spec.inherited, spec.environments, webhook))
        bare = msgspec.structs.replace(spec, env={}, inherited={}, environments={}, alerts=alerts)
        applications.append(SavedApplication(bare, seal.encrypt(variables).decode(), each.instances))
    saved = SavedFile(_FORMAT, __version__, applications, found.cluster)
    return msgspec.json.format(msgspec.json.encode(saved), indent=2) + b"\n"


def put(home: Home, content: bytes) -> str:
    """Put a document in the place of the one there is, which is kept beside it; returns its path."""
    path = _path(home)
    if os.path.exists(path):
        write_whole(f"{path}.1", read_whole(path))
    write_whole(path, content)
    return path


def sealing(home: Home) -> "Fernet":
    """What encrypts and decrypts with the key of this home, which is made the first time."""
    return _fernet(_key(home))


def key_of(path: str) -> "Fernet":
    """What encrypts and decrypts with the key in a file. Raises CommandFailed."""
    return _fernet(read_whole(path))


def read(home: Home) -> Descriptions:
    """What was saved.

    Raises:
        CommandFailed: nothing was, or the file or its key is not what `write` wrote.
    """
    path = _path(home)
    if not os.path.exists(path):
        raise CommandFailed(f"nothing is saved in {home.path}", ["Save with: chorus save"])
    try:
        saved = msgspec.json.decode(read_whole(path), type=SavedFile)
    except msgspec.DecodeError as error:
        hints = [f"The one before it is {path}.1"] if os.path.exists(f"{path}.1") else []
        raise CommandFailed(f"{path}: not what was saved: {error}", hints) from error
    if saved.format != _FORMAT:
        raise CommandFailed(f"{path}: found format {saved.format}, expected {_FORMAT}; it is of {saved.version}")
    key = os.path.join(home.state, KEY)
    if not os.path.exists(key):  # a new one would open nothing
        raise CommandFailed(
            f"{path}: its variables cannot be read: there is no {key}", ["Put the key back that it had"]
        )
    seal = key_of(key)
    opened = [Description(_opened(seal, each, path), each.instances) for each in saved.applications]
    return Descriptions(opened, saved.cluster)


def _opened(seal: "Fernet", saved: SavedApplication, path: str) -> ApplicationSpec:
    from cryptography.fernet import InvalidToken

    try:
        found = msgspec.json.decode(seal.decrypt(saved.variables.encode()), type=_Variables)
    except (InvalidToken, msgspec.DecodeError) as error:
        raise CommandFailed(
            f"{path}: the variables of {saved.spec.name} cannot be read with {KEY}", ["Its key was lost or replaced"]
        ) from error
    alerts = saved.spec.alerts
    if found.webhook is not None:
        alerts = msgspec.structs.replace(alerts, webhook=found.webhook)
    return msgspec.structs.replace(
        saved.spec, env=found.env, inherited=found.inherited, environments=found.environments, alerts=alerts
    )


def _key(home: Home) -> bytes:
    """The key, made the first time."""
    path = os.path.join(home.state, KEY)
    if not os.path.exists(path):
        from cryptography.fernet import Fernet

        write_whole(path, Fernet.generate_key(), anew=True)
    return read_whole(path)


def _fernet(key: bytes) -> "Fernet":
    from cryptography.fernet import Fernet

    try:
        return Fernet(key)
    except ValueError as error:
        raise CommandFailed(f"{KEY} in the state folder is no key: {error}") from error


def _path(home: Home) -> str:
    return os.path.join(home.state, "saved.json")


def read_whole(path: str) -> bytes:
    """What stands in a file. Raises CommandFailed, also where it is no file of ours by its size."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    if len(content) > LARGEST:
        raise CommandFailed(f"{path}: found more than {LARGEST} bytes, expected a file of chorus")
    return content


def write_whole(path: str, content: bytes, *, mode: int = 0o600, anew: bool = False) -> None:
    """Whole or not at all, on the disk when this returns; for its owner alone unless `mode` says otherwise.

    Commands that write the same file at once write whole ones, too: the last one's stays. With `anew` the first one's
    does: a file that is there already is left.

    Raises:
        CommandFailed: it cannot be written; what was there before is there still.
    """
    new = f"{path}.{os.getpid()}.new"
    try:
        with suppress(FileNotFoundError):  # of a killed command that had our number; or another's, or a link
            os.unlink(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if anew:
            with suppress(FileExistsError):
                os.link(new, path)
            os.unlink(new)
        else:
            os.replace(new, path)
        folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with suppress(OSError):  # half a file is of no use, and what is wrong is said below
            os.unlink(new)
        raise CommandFailed(f"{path}: {error.strerror}") from error
