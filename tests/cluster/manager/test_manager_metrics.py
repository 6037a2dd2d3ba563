"""Where metrics are to be had, also where that is not possible at first."""

import asyncio
import os
from pathlib import Path

import pytest

from chorus.cluster.manager import metrics
from chorus.cluster.manager.metrics import Metrics
from waiting import eventually


async def test_a_socket_that_cannot_be_made_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """As on a disk without room: a manager that ended for it would look after nothing."""
    monkeypatch.setattr(metrics, "TRY_AGAIN", 0.01)
    path = tmp_path / "later" / "metrics.sock"
    serving = Metrics(str(path), lambda: "chorus_up 1\n")
    await serving.start()
    await eventually(lambda: caplog.text.count(f"cannot listen at {path}: No such file") > 1, what="a second try")
    os.mkdir(path.parent)

    await eventually(path.exists, what="the socket")
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await serving.close()

    assert answer.endswith(b"chorus_up 1\n")
    assert not path.exists()


async def test_the_socket_of_a_cluster_that_has_the_folder_now_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Whoever had no room for it may have removed the folder, and started another cluster there."""
    monkeypatch.setattr(metrics, "TRY_AGAIN", 0.01)
    path, asked = tmp_path / "later" / "metrics.sock", list[bool]()
    serving = Metrics(str(path), lambda: "chorus_up 1\n", at_home=lambda: bool(asked.append(True)))
    await serving.start()
    os.mkdir(path.parent)
    path.write_text("another's")

    await eventually(lambda: len(asked) > 2, what="some looks")
    await serving.close()

    assert path.read_text() == "another's"
