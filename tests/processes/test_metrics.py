"""Metrics as Prometheus gets them from a running cluster: on the owner's socket, and on a port that a file sets."""

import os
import signal
import socket
import stat
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from parts.ports import free_port
from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

ECHO = '[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\ninstances = 2\n'


def scraped(body: str) -> dict[str, float]:
    """The sum of each metric's samples."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(body):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def by_port(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return scraped(answer.read().decode())


def by_socket(shell: Shell, request: str) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(shell.home / "metrics.sock"))
        client.sendall(request.encode())
        answer = b""
        while block := client.recv(1 << 16):
            answer += block
    return answer.decode()


@pytest.mark.cluster("own")
def test_metrics_stand_on_the_owners_socket_and_on_the_port_that_the_file_sets(shell: Shell):
    """`[cluster] metrics`: the port outlives the manager, and a save, a kill and a restore."""
    port = free_port()
    shell.write(f"[cluster]\nmetrics = {port}\n\n{ECHO}")
    shell.ok("start")
    until(lambda: by_port(port).get("chorus_instance_memory_bytes", 0) > 20e6, what="both to be seen")

    assert by_port(port)["chorus_instance_up"] == 2
    answer = by_socket(shell, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert scraped(answer.partition("\r\n\r\n")[2])["chorus_instances_wanted"] == 2
    assert stat.S_IMODE((shell.home / "metrics.sock").stat().st_mode) == 0o600
    before = shell.status()["manager_pid"]
    os.kill(before, signal.SIGKILL)
    until(lambda: shell.status()["manager_pid"] != before, what="another manager")
    until(lambda: answers(port), what="the port to be served again")

    shell.ok("save")
    shell.ok("kill")
    assert not answers(port)
    shell.ok("restore")
    until(lambda: answers(port) and by_port(port)["chorus_instance_up"] == 2, what="the port after the restore")
    assert (shell.home / "metrics.sock").exists()


def answers(port: int) -> bool:
    try:
        return bool(by_port(port))
    except OSError:
        return False


@pytest.mark.cluster("own")
def test_a_port_that_is_taken_is_named_with_its_holder_and_nothing_is_started(shell: Shell):
    """Troubleshooting, "port taken", of the manager itself."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shell.write(f"[cluster]\nmetrics = {port}\n\n{ECHO}")
        failed = shell.chorus("start")

    assert failed.returncode == 1
    assert f"cluster.metrics: port {port} on 127.0.0.1 is held by" in failed.stderr
    assert f"(pid {os.getpid()})" in failed.stderr
    assert shell.leftovers == []


@pytest.mark.cluster("own")
def test_what_is_no_scrape_costs_nobody_else_theirs(shell: Shell):
    """Other methods and paths are refused, nonsense is cut off, and many silent clients are bounded."""
    shell.write(ECHO)
    shell.ok("start")

    assert by_socket(shell, "POST /metrics HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 405 ")
    assert by_socket(shell, "GET /other HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 404 ")
    assert by_socket(shell, "x" * 20_000) == ""
    silent = [socket.socket(socket.AF_UNIX) for _ in range(30)]
    for each in silent:
        each.connect(str(shell.home / "metrics.sock"))
    assert shell.chorus("ping").returncode == 0
    for each in silent:
        each.close()
    until(lambda: by_socket(shell, "GET / HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 200 "), what="a scrape")
