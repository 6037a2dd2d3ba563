"""What the manager does without an end goes on, whatever failed once."""

import msgspec
import pytest

from chorus.cluster.manager.manager import BEGINS_AGAIN
from chorus.cluster.manager.observer import Observer
from chorus.cluster.manager.rotation import LOOK_EVERY, Rotation
from chorus.cluster.manager.upkeep import Upkeep
from chorus.cluster.messages import Start
from waiting import eventually


@pytest.mark.parametrize(("worker", "step"), [(Observer, "look"), (Rotation, "turn"), (Upkeep, "look")])
async def test_work_without_an_end_that_fails_is_begun_again(cluster, monkeypatch, caplog, worker, step):
    """A machine that has no descriptor or thread left has some a moment later."""
    done, looks = getattr(worker, step), []

    def fail_once(self):
        looks.append(cluster.loop.time())
        if len(looks) == 1:
            raise RuntimeError("can't start new thread")
        return done(self)

    await cluster.settle()
    monkeypatch.setattr(worker, step, fail_once)
    await cluster.pass_time(2 * LOOK_EVERY)
    await cluster.pass_time(BEGINS_AGAIN + 2 * LOOK_EVERY)

    assert len(looks) > 2
    assert "a task of the manager failed" in caplog.text


async def test_what_fails_again_and_again_has_its_traceback_in_the_log_once(cluster, monkeypatch, caplog):
    """At every beginning it would drown whatever else stands there."""

    def fail(self):
        raise RuntimeError("can't start new thread")

    await cluster.settle()
    monkeypatch.setattr(Upkeep, "look", fail)
    await cluster.pass_time(5 * BEGINS_AGAIN)

    assert caplog.text.count("a task of the manager failed") > 3
    assert caplog.text.count("Traceback") == 1


async def test_a_folder_of_logs_that_is_closed_for_a_while_ends_no_rotation(cluster, web, tmp_path, monkeypatch):
    spec = msgspec.structs.replace(web, cwd=str(tmp_path), log_max_size=1, error_file=None, combined_file=None)
    (tmp_path / "logs").mkdir()
    with monkeypatch.context() as closed:
        closed.setattr("chorus.cluster.manager.rotation._beside", _refuse)
        await cluster.ask(Start(applications=[spec]))
        await cluster.pass_time(2 * LOOK_EVERY)
    (tmp_path / "logs" / "out.log").write_text("one\n")

    await cluster.pass_time(2 * LOOK_EVERY)

    def is_put_aside():
        return [path.suffix for path in (tmp_path / "logs").iterdir()] == [".gz"]

    await eventually(is_put_aside, what="the log to be put aside")


def _refuse(path):
    raise PermissionError(13, "Permission denied", path)
