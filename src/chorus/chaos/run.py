"""One run: makes a scratch cluster, loads it, hits it, and judges. Ends everything that it started, and only that.

certificate = await Run(options, valkey_program="/…/valkey-server", versions={…}, say=print).run()
"""

import asyncio
import random
import secrets
import shutil
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from chorus.chaos import messages
from chorus.chaos.certificate import Certificate
from chorus.chaos.cluster import ScratchCluster
from chorus.chaos.errors import ChaosFailed
from chorus.chaos.faults import Faults
from chorus.chaos.journal import Journal
from chorus.chaos.messages import Begin, Counted, Finish, Finished, Settle, Settled
from chorus.chaos.people import settle_people
from chorus.chaos.postgres import ScratchPostgres, find_programs
from chorus.chaos.records import read_records
from chorus.chaos.schedule import Options, What, blows
from chorus.chaos.threads import to_completion
from chorus.chaos.valkey import ScratchValkey
from chorus.chaos.verdict import Record, judge

M = TypeVar("M", Finished, Settled)

FINISH_WITHIN: Final = 60.0
"""Seconds, after the last blow, until everything that was sent must be acknowledged."""

SETTLE_WITHIN: Final = 60.0
"""Seconds from then on until everybody must have seen everything."""

_LARGEST_LINE: Final = 16 * 1024 * 1024
_journals: msgspec.msgpack.Decoder[list[Journal]] = msgspec.msgpack.Decoder(list[Journal])


class Run:
    """One run, to be run once."""

    def __init__(
        self,
        options: Options,
        *,
        valkey_program: str,
        versions: Mapping[str, str],
        say: Callable[[str, float], None],
        sqlite: bool = False,
        keep: bool = False,
    ) -> None:
        """Take what it needs.

        Args:
            options: what it is like.
            valkey_program: the Valkey to start.
            versions: what to name in the certificate; the database's is added.
            say: told what goes on, and how many of the run's seconds have passed.
            sqlite: use it also where there is a PostgreSQL.
            keep: leave the folder with the logs and the data.
        """
        self._options = options
        self._valkey_program = valkey_program
        self._versions = dict(versions)
        self._say = say
        self._sqlite = sqlite
        self._keep = keep
        self._counted = Counted()
        self._secret = secrets.token_hex(32)

    async def run(self) -> Certificate:
        """Do it.

        Raises:
            ChaosFailed: something that the run itself needs did not work.
        """
        began = datetime.now(UTC).isoformat(timespec="seconds")
        async with AsyncExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="chorus-chaos-"))
            if self._keep:
                self._say(f"the logs are kept in {folder}", 0)
            else:
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.chmod(0o711)  # PostgreSQL may run as another account, and has a folder in it
            postgres = await self._start_postgres(folder, stack)
            url = postgres.url if postgres is not None else f"sqlite:///{folder / 'chat.db'}"
            valkey = ScratchValkey(self._valkey_program, folder)
            stack.callback(valkey.kill)
            await to_completion(valkey.start)
            people = await settle_people(url, self._secret, self._options)
            cluster = ScratchCluster(
                folder, instances=self._options.instances, settings=self._settings(url, valkey.port)
            )
            stack.push_async_callback(to_completion, cluster.stop)
            self._say("starting the cluster", 0)
            await to_completion(cluster.start)
            faults = Faults(cluster, valkey, postgres)
            journals_path = folder / "journals"
            begin = Begin(cluster.address, people, self._options.seed, str(journals_path))
            record = await self._load_and_hit(begin, faults, url, stack)
            journals = _journals.decode(await to_completion(journals_path.read_bytes))
        verdict = judge(record, journals)
        return Certificate(
            at=began,
            versions=self._versions,
            options=self._options,
            database="SQLite" if postgres is None else "PostgreSQL",
            killed=dict(faults.done),
            reload_attempts=len(faults.reloads),
            skipped=tuple(self._skipped(faults, postgres)),
            counted=self._counted,
            verdict=verdict,
            good=verdict.good,
        )

    async def _start_postgres(self, folder: Path, stack: AsyncExitStack) -> ScratchPostgres | None:
        programs = None if self._sqlite else find_programs()
        if programs is None:
            return None
        self._say("making a PostgreSQL", 0)
        postgres = ScratchPostgres(programs, folder / "postgres")
        stack.callback(postgres.stop)
        await to_completion(postgres.start)
        self._versions["PostgreSQL"] = postgres.version
        return postgres

    def _settings(self, url: str, redis_port: int) -> dict[str, str]:
        return {
            "DATABASE_URL": url,
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(redis_port),
            "JWT_SECRET": self._secret,
            "CHORUS_RATE_LIMIT": "0",  # nobody sends without pause otherwise
        }

    async def _load_and_hit(self, begin: Begin, faults: Faults, url: str, stack: AsyncExitStack) -> dict[int, Record]:
        """Have the crowd send while the cluster is hit; the database's logs when everybody has seen them."""
        crowd = await self._start_crowd(begin, stack)
        hitting = asyncio.create_task(self._hit(faults))
        reading = asyncio.create_task(self._hear(crowd, Finished))
        await asyncio.wait({hitting, reading}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            hitting.cancel()
            await reading  # the crowd ended: it raises
        await hitting
        self._say("waiting for the last acknowledgements", self._options.seconds)
        _tell(crowd, Finish(FINISH_WITHIN))
        await reading
        self._say("waiting until everybody has seen everything", self._options.seconds)
        record = await self._records(url, begin)
        positions = {channel: log.view.cursor for channel, log in record.items()}
        _tell(crowd, Settle(positions, SETTLE_WITHIN))
        await self._hear(crowd, Settled)
        self._say("comparing", self._options.seconds)
        return record

    async def _records(self, url: str, begin: Begin) -> dict[int, Record]:
        channels = {channel for person in begin.people for channel in person.channels}
        return await read_records(url, sorted(channels))

    async def _hit(self, faults: Faults) -> None:
        seed = random.Random(self._options.seed)  # noqa: S311 - the same run again, no secret
        await faults.run(blows(self._options, seed.random), seconds=self._options.seconds)

    async def _start_crowd(self, begin: Begin, stack: AsyncExitStack) -> Process:
        crowd = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "chorus.chaos.crowd",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LARGEST_LINE, start_new_session=True,
        )  # fmt: skip
        stack.push_async_callback(_end, crowd)
        _tell(crowd, begin)
        return crowd

    async def _hear(self, crowd: Process, wanted: type[M]) -> M:
        """Read what the crowd says until it is what is wanted."""
        assert crowd.stdout is not None
        began = asyncio.get_running_loop().time()
        while text := await crowd.stdout.readline():
            said = messages.heard(text)
            if isinstance(said, wanted):
                return said
            if isinstance(said, Counted):
                self._counted = said
                if wanted is Finished:
                    passed = min(asyncio.get_running_loop().time() - began, self._options.seconds)
                    self._say(_in_short(said), passed)
        raise ChaosFailed("the process of the clients ended before its time; what it said stands above")

    def _skipped(self, faults: Faults, postgres: ScratchPostgres | None) -> list[str]:
        skipped: list[str] = []
        if postgres is None:
            why = "SQLite was asked for" if self._sqlite else "found no pg_ctl on PATH or where systems put it"
            skipped.append(f"PostgreSQL was not restarted: {why}")
        if faults.nobody:
            skipped.append(f"{faults.nobody} kills of a worker: none had been serving for long enough")
        if not faults.done[What.RELOAD]:
            last = faults.reloads[-1] if faults.reloads else "there was no time for one"
            skipped.append(f"no reload of {len(faults.reloads)} tries was done: {last}")
        return skipped


def _in_short(counted: Counted) -> str:
    return (
        f"{counted.connected} connected, {counted.acknowledged:,} of {counted.sent:,} acknowledged, "
        f"{counted.delivered:,} delivered, {counted.reconnects:,} reconnects"
    )


def _tell(crowd: Process, message: messages.Told) -> None:
    assert crowd.stdin is not None
    crowd.stdin.write(messages.line(message))


async def _end(crowd: Process) -> None:
    if crowd.returncode is None:
        crowd.kill()
    await crowd.wait()
