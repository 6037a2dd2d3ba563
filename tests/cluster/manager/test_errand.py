"""Short programs that the manager runs are bounded, and leave nothing behind."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from chorus.cluster.manager import errand
from chorus.cluster.manager.errand import Ended
from waiting import eventually


async def _run(script, *, timeout=30.0, **more):
    return await errand.run(["sh", "-c", script], cwd="/", environment=dict(os.environ), timeout=timeout, **more)


def _runs(pid):
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_what_it_is_given_and_what_it_says_last_and_its_code():
    assert await _run("read word; echo first; echo $word; exit 3", given=b"hello\n") == Ended(3, "hello")


async def test_a_program_that_does_not_read_what_it_is_given_is_not_held_up():
    assert await _run("echo done", given=b"x" * 1_000_000) == Ended(0, "done")


async def test_only_the_end_of_what_it_says_is_kept():
    assert await _run("yes | head -c 1000000; echo; echo the end") == Ended(0, "the end")


async def test_what_it_left_running_ends_with_it(tmp_path):
    """Also where that holds its output open."""
    assert await _run(f"sleep 600 & echo $! > {tmp_path}/pid; echo left") == Ended(0, "left")

    pid = (tmp_path / "pid").read_text().strip()
    await eventually(lambda: not _runs(pid))


async def test_a_daemon_that_it_left_is_not_waited_for(tmp_path):
    """It is in a session of its own and holds the output open: the program has ended well all the same."""
    daemon = (
        f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 600' & while [ ! -s {tmp_path}/pid ]; do sleep 0.01; done"
    )

    try:
        assert await _run(f"{daemon}; echo left", timeout=20.0) == Ended(0, "left")
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_one_that_takes_too_long_is_killed_and_said_to(tmp_path):
    assert await _run(f"echo $$ > {tmp_path}/pid; exec sleep 600", timeout=1.5) == Ended(None, "took longer than 1.5 s")

    assert not _runs((tmp_path / "pid").read_text().strip())


async def test_one_that_is_not_waited_for_any_more_is_killed(tmp_path):
    running = asyncio.create_task(_run(f"echo $$ > {tmp_path}/pid; exec sleep 600"))
    pid = await eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert not _runs(pid)


async def test_its_group_is_ended_before_its_number_can_be_another_s(monkeypatch):
    """A group whose leader was reaped may be anybody's."""
    killpg, reaped = os.killpg, []

    def looking(pid, number):
        reaped.append(not Path(f"/proc/{pid}").exists())
        killpg(pid, number)

    monkeypatch.setattr(os, "killpg", looking)

    await _run("exit 0")
    await _run("exec sleep 600", timeout=0.1)

    assert reaped == [False, False]


async def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        await errand.run(["/nowhere/check"], cwd="/", environment={}, timeout=5.0)
