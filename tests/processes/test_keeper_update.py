"""A keeper that goes on as its next release."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from chorus.cluster.keeper import documents
from chorus.cluster.keeper.wire import (
    ChildExited,
    ChildNotified,
    Inspect,
    Note,
    OpenListener,
    OpenPage,
    Subscribe,
    Tail,
    Update,
)
from cluster.keeper.running import SOURCES, python
from processes.keeper_parts import NOTIFY, SLEEP, logs_in
from waiting import until

pytestmark = pytest.mark.processes


def test_an_updated_keeper_is_the_same_process_with_the_same_children_and_descriptors(keeper, client, tmp_path):
    address = client.do(OpenListener("web", "127.0.0.1", 0))
    client.do(OpenPage("load", 64))
    client.do(Note("plan", "ünmöglich"))
    program = "print('b\xe4fore', end='-', flush=True)\nsay('READY=1')\nwait('go')\nprint('after')\nsay('STATUS=on')"
    told = f"os.chdir({str(tmp_path)!r})\n{program}\nwait('end')\nos._exit(7)"
    keeper.spawn(client, "x:0:1", *python(NOTIFY + told), logs=logs_in(tmp_path), notes="opaque")
    assert client.fact(ChildNotified).state["READY"] == "1"
    gone = keeper.spawn(client, "y:0:1", "sh", "-c", "echo last; exit 3")
    client.fact(ChildExited, pid=gone.pid)
    before, descriptors = client.do(Inspect()), []
    for _ in range(2):
        with socket.create_connection((address.host, address.port)):
            client.do(Update())
            client = updated(keeper)
            descriptors.append(len(os.listdir(f"/proc/{keeper.process.pid}/fd")))

    after = client
    assert after.do(Inspect()) == before
    assert descriptors[0] == descriptors[1]
    (tmp_path / "go").touch()
    assert after.fact(ChildNotified).state == {"READY": "1", "STATUS": "on"}
    until(lambda: after.do(Tail("x:0:1")).lines == ["b\xe4fore-after"])
    assert after.do(Tail("y:0:1")).lines == ["last"]
    (tmp_path / "end").touch()
    assert after.fact(ChildExited).code == 7
    assert (tmp_path / "out.log").read_text().splitlines()[-1].endswith(" x:0 | b\xe4fore-after")
    keeper.spawn(after, "z:0:1", *SLEEP, listeners=["web"], page="load")


def test_what_ended_while_the_keeper_was_replaced_is_told_of(keeper, client):
    pid = keeper.spawn(client, "x:0:1", *SLEEP).pid
    keeper.process.send_signal(signal.SIGSTOP)
    client.socket.sendall(documents.encode(documents.request(99, Update())))
    os.kill(pid, signal.SIGKILL)
    keeper.process.send_signal(signal.SIGCONT)

    after = updated(keeper)

    until(lambda: after.do(Inspect()).children[0].exited)
    assert not Path(f"/proc/{pid}").exists()


def test_a_second_keeper_is_still_refused_after_an_update_and_the_updated_one_ends_as_ever(keeper, client):
    client.do(Update())
    updated(keeper)

    second = subprocess.run(
        [sys.executable, "-m", "chorus.cluster.keeper", str(keeper.home), "--manager"],
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=False,
        capture_output=True,
    )

    assert second.returncode == 1
    keeper.process.send_signal(signal.SIGTERM)
    assert keeper.process.wait(30) == 0
    assert sorted(path.name for path in keeper.home.iterdir()) == ["daemon.log", "run"]


@pytest.mark.parametrize(("version", "code"), [("1", 0), ("2", 1), ("", 1)])
def test_a_release_says_whether_it_could_take_over(version, code):
    asked = [sys.executable, "-m", "chorus.cluster.keeper", "--check", version]

    assert subprocess.run(asked, env={**os.environ, "PYTHONPATH": SOURCES}, check=False).returncode == code


def updated(keeper):
    """A client of the keeper once it has been replaced: the connections before are cut."""
    while keeper.clients:
        with suppress(ConnectionResetError):
            keeper.clients[-1].read()
            continue
        keeper.clients.pop().socket.close()
    client = keeper.client()
    client.do(Subscribe())
    return client
