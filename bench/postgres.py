"""The PostgreSQL of a scenario: empty, durable, on the load's processor; the same one for all contenders."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bench.machine import on_processor, processors
from bench.scenario import ScenarioFailed
from chorus.chaos.errors import ChaosFailed
from chorus.chaos.postgres import ScratchPostgres, find_programs


@contextmanager
def postgres(folder: Path) -> Generator[str]:
    """Start it; its URL.

    Raises:
        ScenarioFailed: there is none on this machine, or it did not start.
    """
    programs = find_programs()
    if programs is None:
        raise ScenarioFailed("found no PostgreSQL (pg_ctl), which this needs: install one, say Debian's postgresql")
    folder.chmod(0o711)  # it may run as another account
    server = ScratchPostgres(programs, folder / "postgres")
    try:
        with on_processor(processors()[1]):
            server.start()
    except ChaosFailed as error:
        raise ScenarioFailed(str(error)) from error
    try:
        yield server.url
    finally:
        server.stop()
