"""`chorus start` says the true condition of what is there, and nothing that cannot run is announced as online."""

import json
import os
import signal
import socket

import pytest

from parts.databases import tables_in
from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes

CHAT = '[[apps]]\nname = "chat"\napp = "echo:application"\nport = PORT\ninstances = 2\n'


def test_a_second_valkey_is_refused_and_a_lost_socket_comes_back(shell: Shell):
    """The chat would be left without one, and status would still say online."""
    shell.ok("start", "--only", "valkey")
    path = shell.home / "run" / "valkey.sock"
    [before] = shell.pids()["valkey"]

    refused = shell.chorus("scale", "valkey", "3")
    path.unlink()
    until(lambda: path.exists() and shell.pids()["valkey"] != [before], within=40, what="a Valkey with a socket")

    assert refused.returncode == 1
    assert "valkey: found 3 instances (it has 1), expected 1" in refused.stderr
    [again] = shell.instances("valkey")
    assert "valkey.sock: No such file or directory" in again["last_failure"]
    assert shell.chorus("redis").returncode == 0


def test_start_with_another_number_scales_and_a_changed_setting_is_named(shell: Shell):
    tables_in(shell.home)
    shell.ok("start", "-i", "1")

    again = shell.chorus("start", "-i", "2", DATABASE_URL=f"sqlite:///{shell.folder}/other.db")

    assert (again.returncode, len(shell.instances("chat"))) == (0, 2)
    assert "not applied to what runs: DATABASE_URL; to apply: chorus stop && chorus start\n" in again.stderr
    assert "not applied" not in shell.chorus("start").stderr


@pytest.mark.cluster("shared")
def test_a_worker_says_in_its_log_where_it_serves(shell: Shell):
    shell.write(CHAT)
    shell.ok("start")
    [first, _] = shell.instances("chat")

    lines = shell.ok("logs", "chat:0").splitlines()

    assert any(f"chat:0 serves http://127.0.0.1:{shell.port}, pid {first['pid']}, version " in line for line in lines)


@pytest.mark.cluster("shared")
def test_a_start_of_what_crashes_again_and_again_says_so_and_fails(shell: Shell):
    shell.write(CHAT + 'restart_delay = "60s"\n')
    shell.ok("start")
    for pid in shell.pids()["chat"]:
        os.kill(pid, signal.SIGKILL)
    until(lambda: shell.states("chat") == ["backing-off"] * 2, what="both to wait for their restart")

    again = shell.chorus("start")

    assert (again.returncode, again.stdout) == (1, "")
    assert "chorus: chat:0: waiting restart: was killed by SIGKILL" in again.stderr


@pytest.mark.cluster("shared")
def test_a_start_names_what_was_stopped_before_and_leaves_it_so(shell: Shell):
    shell.write(CHAT)
    shell.ok("start")
    shell.ok("stop", "chat:1")

    again = shell.chorus("start")

    assert again.returncode == 0
    assert "chat:1: stopped before, and left so; chorus start chat:1 starts it" in again.stderr


def test_two_starts_at_once_tell_the_same_outcome(shell: Shell):
    shell.write(CHAT)
    starting = [shell.popen("start") for _ in range(2)]
    ended = [(*each.communicate(timeout=60), each.returncode) for each in starting]

    assert [code for *_, code in ended] == [0, 0], ended
    assert shell.states("chat") == ["online", "online"]


def test_a_program_that_ends_within_its_first_second_fails_the_start_with_its_last_lines(shell: Shell):
    failed = shell.chorus("start", "sh -c 'echo no such table >&2; exit 3'", "-n", "job")

    assert failed.returncode == 1
    assert "job:0:1 was not started: exited with code 3" in failed.stderr
    assert "no such table" in failed.stderr
    assert shell.leftovers == []


def test_a_taken_port_is_found_before_the_valkey_is_started(shell: Shell):
    with socket.create_server(("127.0.0.1", shell.port)):
        failed = shell.chorus("start")

    [line] = failed.stderr.splitlines()
    assert failed.returncode == 1
    assert line.startswith(f"chorus: chat: port {shell.port} on 127.0.0.1 is held by ")


def test_a_removed_socket_of_the_manager_is_there_again(shell: Shell):
    shell.ok("start", "sleep 1000", "-n", "job")
    (shell.home / "rpc.sock").unlink()

    [job] = json.loads(shell.ok("status", "--json"))["applications"]

    assert [instance["state"] for instance in job["instances"]] == ["online"]
