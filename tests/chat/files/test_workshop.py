"""Pictures are prepared by processes of their own; a program that waits stands in for one here."""

import asyncio
import os

import pytest

from chorus.chat.domain.errors import Unavailable
from chorus.chat.files import workshop
from chorus.chat.files.contract import Picture
from chorus.chat.files.workshop import Workshop
from waiting import eventually

PROGRAM = """#!/bin/sh
echo $$ >> {folder}/begun
while [ ! -e {folder}/go ]; do sleep 0.02; done
echo '{{"width": 3, "height": 2, "preview": false}}'
"""
"""Ends when it is let."""


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """The ids of the processes that began."""
    program = tmp_path / "program"
    program.write_text(PROGRAM.format(folder=tmp_path))
    program.chmod(0o700)
    monkeypatch.setattr(workshop.sys, "executable", str(program))

    def begun():
        path = tmp_path / "begun"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    yield begun
    (tmp_path / "go").touch()


def prepare(made):
    return asyncio.ensure_future(made.prepare("source", "clean", "preview"))


async def test_two_pictures_at_a_time_are_prepared_beside_the_event_loop_and_too_many_are_refused(
    begun, tmp_path, monkeypatch
):
    """Row 14: thumbnails; who uploads holds nobody up who does something else."""
    monkeypatch.setattr(workshop, "MOST_WAITING", 4)
    made = Workshop()
    tasks = [prepare(made) for _ in range(4)]
    await eventually(lambda: len(begun()) == 2, what="two to begin")

    with pytest.raises(Unavailable, match="Too many pictures"):
        await made.prepare("source", "clean", "preview")
    assert (len(begun()), [task.done() for task in tasks]) == (2, [False] * 4)

    (tmp_path / "go").touch()
    assert await asyncio.gather(*tasks) == [Picture(3, 2, preview=False)] * 4
    assert await prepare(made) == Picture(3, 2, preview=False)


async def test_a_picture_that_takes_too_long_is_none_and_its_process_is_gone(begun, monkeypatch):
    monkeypatch.setattr(workshop, "PATIENCE", 0.5)

    assert await prepare(Workshop()) is None

    for process in begun():
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


async def test_whoever_hangs_up_leaves_no_process_behind(begun):
    task = prepare(Workshop())
    await eventually(begun, what="the process to begin")

    task.cancel()
    await asyncio.wait([task])

    [process] = begun()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
