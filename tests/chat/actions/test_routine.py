"""Work beside everything else goes on, whatever one round of it fails of."""

import asyncio

import pytest

from chorus.chat.actions.routine import Routine
from chorus.chat.domain.errors import DatabaseUnavailable
from waiting import eventually


class _Rounds(Routine):
    title = "tests: counting"
    again = 0.0

    def __init__(self, *outcomes):
        self.rounds = 0
        self._outcomes = list(outcomes)

    async def round(self):
        self.rounds += 1
        if self._outcomes:
            raise self._outcomes.pop(0)
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DatabaseUnavailable("it restarts"), "tests: counting is put off: it restarts"),
        (ZeroDivisionError("ours"), "tests: counting failed; it is tried again"),
    ],
)
async def test_a_round_that_fails_is_told_and_the_next_one_comes(caplog, error, told):
    routine = _Rounds(error)
    routine.start()

    await eventually(lambda: routine.rounds == 2)

    assert told in caplog.text
    await routine.close()


async def test_closing_ends_the_round_that_is_under_way():
    routine = _Rounds()
    routine.start()
    await eventually(lambda: routine.rounds == 1)

    await asyncio.wait_for(routine.close(), 5)


async def test_what_never_began_can_be_closed():
    await _Rounds().close()
