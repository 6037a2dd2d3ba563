"""Which log files and which of their lines a target means."""

from types import SimpleNamespace

import pytest

from chorus.cluster.cli.arguments import Arguments
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.logs import _filters, _streams, choose, chosen, every, matching, moment, since
from chorus.cluster.messages import LogFile

SHARED = [
    LogFile("chat", "out", "/l/out.log"), LogFile("chat", "error", "/l/err.log"),
    LogFile("chat", "combined", "/l/all.log"), LogFile("valkey", "combined", "/l/all.log"),
    LogFile("mailer", "out", "/m/out.log"), LogFile("mailer", "error", "/m/err.log"),
]  # fmt: skip

CHAT = "2026-11-23T16:00:00.123Z chat:0 | hello"
OTHER = "2026-11-23T16:00:00.123Z chat:1 | hello"
VALKEY = "2026-11-23T16:00:00.123Z valkey:0 | ready"


def test_a_shared_file_is_shown_once_and_both_streams_stand_for_a_combined_one():
    assert choose(SHARED, ("combined",)) == ["/l/all.log", "/m/out.log", "/m/err.log"]


def test_one_stream_is_shown_where_it_is_kept():
    assert choose(SHARED, ("error",)) == ["/l/err.log", "/m/err.log"]


def test_without_a_target_every_line_is_wanted():
    assert all(map(chosen([], SHARED), [CHAT, VALKEY, "no stamp"]))


def test_an_application_has_the_lines_of_all_its_instances():
    wanted = chosen(["chat"], [file for file in SHARED if file.application == "chat"])

    assert [wanted(line) for line in (CHAT, OTHER, VALKEY)] == [True, True, False]


def test_an_instance_has_its_own_lines():
    wanted = chosen(["chat:0"], [file for file in SHARED if file.application == "chat"])

    assert [wanted(line) for line in (CHAT, OTHER, VALKEY)] == [True, False, False]


def test_a_line_without_a_stamp_is_shown():
    """Without timestamps nobody can say whose line it is."""
    assert chosen(["chat"], SHARED[:3])("Traceback")


def test_instances_with_files_of_their_own_are_all_shown():
    files = [LogFile("a", "combined", f"/logs/combined-{n}.log") for n in (0, 1)]

    assert choose(files, ("combined",)) == ["/logs/combined-0.log", "/logs/combined-1.log"]


def test_a_pattern_is_held_against_what_the_program_said():
    wanted = matching("^error")

    assert wanted("2026-11-23T16:00:00.123Z shop:0 | error: no")
    assert wanted("error without a stamp")
    assert not wanted("2026-11-23T16:00:00.123Z error:0 | all is well")


@pytest.mark.parametrize(("age", "shown"), [("60", False), ("90s", True), ("2m", True), ("1h", True), ("1d", True)])
def test_an_age_counts_back_from_now(age: str, shown: bool):
    noon = 1_795_435_200.0  # 2026-11-23T12:00:00Z

    assert since(moment(age, noon))("2026-11-23T11:58:45.000Z shop:0 | hello") is shown


@pytest.mark.parametrize("age", ["", "soon", "-5m", "1w", "1.5h"])
def test_what_is_no_age_is_a_usage_error(age: str):
    with pytest.raises(CommandFailed, match="expected an age"):
        moment(age, 0.0)


def given(**options: str) -> SimpleNamespace:
    """What a command has of its words."""
    return SimpleNamespace(arguments=Arguments([], options, []))


def test_a_line_is_shown_that_passes_every_filter_that_is_given():
    """By age and by what it says."""
    lines = [f"2026-11-23T{hour}:00:00.000Z shop:0 | {said}" for hour in (11, 12) for said in ("hello", "bye")]
    noon = "2026-11-23T12:00:00.000Z"

    def shown(oldest: str, **options: str) -> list[int]:
        wanted = every(*_filters(given(**options), oldest))
        return [number for number, line in enumerate(lines) if wanted(line)]

    assert shown("") == [0, 1, 2, 3]
    assert shown("", grep="^hello$") == [0, 2]
    assert shown(noon) == [2, 3]
    assert shown(noon, grep="^hello$") == [2]


def test_a_stream_is_chosen_by_its_option():
    assert [_streams(given(**each)) for each in ({}, {"err": ""}, {"out": ""})] == [("combined",), ("error",), ("out",)]
