"""Which log files and which of their lines a target means."""

from chorus.cluster.cli.logs import choose, chosen
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
