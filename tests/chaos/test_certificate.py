"""What people read after a chaos run."""

import json

import pytest

from chorus.chaos.certificate import Certificate, text
from chorus.chaos.messages import Counted
from chorus.chaos.schedule import Options, What
from chorus.chaos.verdict import ChannelProof, Fault, Verdict, Violation
from chorus.cluster.cli.main import main
from chorus.entry.command import PRODUCT
from chorus.entry.commands import chaos

PROOF = ChannelProof(3, 1234, "ab" * 32, 20, 20)


def certified(verdict, **more):
    usual = {
        "at": "2026-01-02T03:04:05+00:00",
        "versions": {"Chorus": "1.0"},
        "options": Options(seed=7),
        "database": "PostgreSQL",
        "killed": {What.WORKER: 89, What.MANAGER: 8, What.REDIS: 5, What.POSTGRES: 2, What.RELOAD: 1},
        "reload_attempts": 2,
        "skipped": (),
        "counted": Counted(sent=1300, retries=12, reconnects=34, longest_gap=1.5, longest_silence=0.25),
    }
    return Certificate(**{**usual, **more}, verdict=verdict, good=verdict.good)


def certificate(verdict, **more):
    return text(certified(verdict, **more))


def test_a_good_one_says_what_was_done_and_what_is_proved():
    shown = certificate(Verdict([PROOF], 1300, 26000, [], 0))

    assert shown.startswith("Chorus under chaos: every promise was kept\n")
    assert "workers killed 89 ×, manager killed 8 ×, Redis killed 5 ×, PostgreSQL restarted (immediate) 2 ×" in shown
    assert "reloaded once, at attempt 2" in shown
    assert "1,500 ms without a delivery for one client, 250 ms for all of them" in shown
    assert "1,234  abababababababab" in shown
    assert "20 of 20" in shown
    assert "Nothing acknowledged is missing" in shown


def test_a_broken_one_says_the_first_violation():
    violation = Violation(Fault.DOUBLE, "client 4, channel 3: seq 9 came twice")

    shown = certificate(Verdict([PROOF], 1300, 26000, [violation], 3))

    assert shown.startswith("Chorus under chaos: BROKEN\n")
    assert "3 violations. The first: double: client 4, channel 3: seq 9 came twice" in shown


def test_one_in_which_nothing_was_acknowledged_proves_nothing():
    shown = certificate(Verdict([], 0, 0, [], 0))

    assert "BROKEN" in shown
    assert "Nothing was acknowledged, so nothing is proved." in shown


def test_what_was_not_done_is_said():
    assert "not done      PostgreSQL was not restarted: SQLite" in certificate(
        Verdict([PROOF], 1, 1, [], 0), skipped=("PostgreSQL was not restarted: SQLite was asked for",)
    )


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize(("violations", "code"), [([], 0), ([Violation(Fault.LOST, "client 4: …")], 1)])
def test_row_18_the_command_ends_as_its_certificate_says(monkeypatch, capsys, violations, code, options):
    found = certified(Verdict([PROOF], 1300, 26000, violations, len(violations)))

    class Ended:
        def __init__(self, options, **_):
            assert options.seconds == 180

        async def run(self):
            return found

    monkeypatch.setattr(chaos, "Run", Ended)

    assert main(["chaos", *options], PRODUCT) == code
    shown = capsys.readouterr().out
    if options:
        assert json.loads(shown)["good"] is not bool(violations)
    else:
        assert shown == text(found)
