"""The loads in C, each against our server and against the ceiling: small, so that what they count can be checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.contenders import CHORUS, SERVERS, Running, ceiling, running
from bench.load.generator import LOADS, LoadFailed, build, measure

SECONDS = 0.3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module", params=["chorus", "ceiling"])
def server(request: pytest.FixtureRequest, folder: Path) -> Iterator[Running]:
    contender = CHORUS if request.param == "chorus" else ceiling(build(SERVERS / "ceiling.c", folder))
    with running(contender) as started:
        yield started


@pytest.mark.parametrize(
    ("load", "arguments"),
    [
        ("rooms", (20, 2, 3, SECONDS, 100)),
        ("echo", (5, SECONDS, 512)),
        ("arrivals", (3, SECONDS)),
        ("serial", (20, SECONDS, 100)),
    ],
)
def test_a_load_counts_what_came_back_and_the_servers_processor_time(
    server: Running, folder: Path, load: str, arguments: tuple[object, ...]
):
    program = build(LOADS / f"{load}.c", folder)

    measured = measure(program, [server], *arguments)

    assert measured.outcome.count > 10
    assert 0 < measured.outcome.p50_ms <= measured.outcome.p99_ms <= measured.outcome.worst_ms * 1.1
    assert SECONDS <= measured.outcome.seconds < 30
    assert measured.cpu_seconds >= 0


def test_a_load_that_nobody_serves_says_so(folder: Path, capfd: pytest.CaptureFixture[str]):
    program = build(LOADS / "echo.c", folder)

    with pytest.raises(LoadFailed, match="echo did not start"):
        measure(program, [Running(port=1, pid=1)], 1, SECONDS, 10)
    assert "connect: Connection refused" in capfd.readouterr().err
