"""The loads in C, each against our server and against the ceiling: small, so that what they count can be checked."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from bench.contenders import CHORUS, SERVERS, Contender, Running, ceiling, running
from bench.durable import Chat, of_chorus, write_script
from bench.load.generator import LOADS, LoadFailed, build, measure
from bench.load.users import SOURCE, steps
from bench.scenarios.storm import coming_back
from bench.valkey import valkey

from parts.databases import fresh_sqlite
from parts.people import message

SECONDS = 0.3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module", params=["chorus", "ceiling"])
def server(request: pytest.FixtureRequest, folder: Path) -> Iterator[Running]:
    contender = CHORUS if request.param == "chorus" else ceiling(build(SERVERS / "ceiling.c", folder))
    with running(contender) as started:
        yield started


def test_what_a_server_says_is_not_among_the_figures(capfd: pytest.CaptureFixture[str]):
    """As `--json` prints those on stdout and nothing else."""
    talkative = """if True:
        import socket, sys
        print("hello", flush=True)
        server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        while True:
            server.accept()
    """
    with running(Contender("talkative", (sys.executable, "-c", talkative))):
        pass

    assert capfd.readouterr() == ("", "hello\n")


@pytest.fixture(scope="module")
def chat(folder: Path) -> Chat:
    """Sixty people, thirty in each of two channels."""
    return Chat(fresh_sqlite(folder), folder, people=60, channels=2)


@pytest.fixture(scope="module")
def served(chat: Chat) -> Iterator[Running]:
    """An instance of it."""
    with running(chat.contender()) as started:
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

    assert measured.outcome.count > 3
    assert 0 < measured.outcome.p50_ms <= measured.outcome.p99_ms <= measured.outcome.worst_ms * 1.1
    assert SECONDS <= measured.outcome.seconds < 30
    assert measured.cpu_seconds >= 0


def test_a_load_that_nobody_serves_says_so(folder: Path, capfd: pytest.CaptureFixture[str]):
    program = build(LOADS / "echo.c", folder)

    with pytest.raises(LoadFailed, match="echo did not start"):
        measure(program, [Running(port=1, pid=1)], 1, SECONDS, 10)
    assert "connect: Connection refused" in capfd.readouterr().err


def test_questions_over_http_are_asked_again_as_soon_as_they_are_answered(chat: Chat, served: Running, folder: Path):
    questions = [("/api/v1/me", person.token) for person in chat.people]
    script = write_script(folder / "questions", questions)

    measured = measure(build(LOADS / "asks.c", folder), [served], script, 3, SECONDS)

    assert measured.outcome.count > 10
    assert 0 < measured.outcome.p50_ms <= measured.outcome.p99_ms <= measured.outcome.worst_ms * 1.1


def test_a_question_that_is_refused_ends_the_load_with_the_answer(
    served: Running, folder: Path, capfd: pytest.CaptureFixture[str]
):
    script = write_script(folder / "nobody", [("/api/v1/me", "nobody's")])

    with pytest.raises(LoadFailed):
        measure(build(LOADS / "asks.c", folder), [served], script, 1, SECONDS)

    assert "401" in capfd.readouterr().err


def test_a_pace_is_kept_and_what_reaches_the_other_instance_is_counted(chat: Chat, folder: Path):
    four = [*chat.people[:2], *chat.people[-2:]]  # two of each channel
    script = write_script(folder / "people", [of_chorus(person) for person in four])

    with valkey() as redis, ExitStack() as stack:
        servers = [stack.enter_context(running(chat.contender(), redis_port=redis)) for _ in range(2)]
        measured = measure(build(LOADS / "paced.c", folder), servers, script, 4, 2, 50, 1.0, 100)

    assert 25 <= measured.outcome.count <= 75  # 50 messages, each for the one other person in the channel
    assert measured.outcome.p50_ms > 0


@pytest.fixture(scope="module")
def missed(folder: Path) -> Iterator[tuple[Running, Path]]:
    """An instance of a chat in which nothing else is said, and how its people come back, who missed three messages."""
    apart = folder / "missed"
    apart.mkdir()
    chat = Chat(fresh_sqlite(apart), apart, people=60, channels=2)
    with running(chat.contender()) as server:
        for channel, person in {each.channels: each for each in chat.people}.items():
            url = f"http://127.0.0.1:{server.port}/api/v1/channels/{channel[0]}/messages"
            for _ in range(3):
                said = httpx.post(url, headers={"authorization": f"Bearer {person.token}"}, json=message(), timeout=30)
                assert said.status_code == 201, said.text
        yield server, write_script(apart / "storm.txt", [coming_back(person) for person in chat.people])


def test_in_a_storm_everybody_comes_back_and_is_sent_what_they_missed_once(missed: tuple[Running, Path], folder: Path):
    server, script = missed

    measured = measure(build(LOADS / "storm.c", folder), [server], script, 60, 3, 30.0)

    assert measured.outcome.count == 60
    assert 0 < measured.outcome.p50_ms <= measured.outcome.p99_ms <= measured.outcome.seconds * 1100


def test_a_storm_after_which_somebody_lacks_something_ends_the_load_and_says_who(
    missed: tuple[Running, Path], folder: Path, capfd: pytest.CaptureFixture[str]
):
    server, script = missed

    with pytest.raises(LoadFailed):
        measure(build(LOADS / "storm.c", folder), [server], script, 60, 4, 30.0)

    assert "has caught up with 3 entries of 4" in capfd.readouterr().err


def test_users_come_and_go_about_their_work_and_are_answered(chat: Chat, served: Running, folder: Path):
    lines = [(person.token, ",".join(map(str, person.channels))) for person in chat.people]
    script = write_script(folder / "users.txt", lines)

    program = build(SOURCE, folder, "-lm")
    [step] = steps(program, [served], script, first=60, step=60, most=60, seconds=3.0)

    assert (step.users, step.errors) == (60, 0)
    assert step.count > 0  # nine are to be expected
    assert 0 < step.mean_ms <= step.worst_ms
