"""`chorus update` ends when the next manager answers, and says which release runs."""

import io
from types import SimpleNamespace

import pytest

from chorus.cluster.cli import update
from chorus.cluster.cli.arguments import Arguments
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.terminal import Terminal


def test_the_one_that_was_there_is_no_answer_and_neither_is_none(monkeypatch: pytest.MonkeyPatch):
    old, new = SimpleNamespace(manager_pid=7, version="1.0"), SimpleNamespace(manager_pid=8, version="1.1")
    answers = iter([old, old, None, old, new])

    def status(_context: object) -> SimpleNamespace:
        answer = next(answers)
        if answer is None:
            raise CommandFailed("nothing runs")
        return answer

    monkeypatch.setattr(update.asking, "status", status)
    monkeypatch.setattr(update.asking, "done", lambda *_: None)
    monkeypatch.setattr(update, "_LOOK_EVERY", 0.0)
    terminal = Terminal(io.StringIO(), io.StringIO(), {})

    code = update.run(SimpleNamespace(arguments=Arguments([], {}, []), terminal=terminal))

    assert (code, list(answers)) == (0, [])
    assert terminal.out.getvalue() == (
        "keeper and manager run version 1.1, version 1.0 before; no application was restarted\n"
    )
