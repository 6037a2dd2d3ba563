"""The operators' row "Troubleshooting": each trouble is detected, named in one clear line, and recovers by itself."""

import json
import os
import socket

import pytest

from parts.ports import free_port
from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

EATING = """
import os, time
while not os.path.exists("eat"): time.sleep(0.05)
os.unlink("eat")
held = b"x" * 120_000_000
time.sleep(1000)
"""

LISTENING = """
import os, socket, time
server = socket.create_server(("127.0.0.1", int(os.environ["AT"])))
time.sleep(1000)
"""


@pytest.mark.cluster("own")
def test_memory_that_is_exceeded_is_named_and_the_instance_serves_again(shell: Shell):
    """One line in the log and in `info`, with both sizes; nobody has to do anything."""
    shell.program("eat.py", EATING)
    options = 'max_memory_restart = "80M"\nmin_uptime = 0\nrestart_delay = "100ms"'
    shell.write(f'[[apps]]\nname = "job"\nscript = "eat.py"\n{options}\n')
    shell.ok("start")
    (shell.folder / "eat").touch()

    until(lambda: shell.instances("job")[0]["restarts"] == 1, within=30, what="the restart")
    until(lambda: shell.states("job") == ["online"], within=30, what="it to be online again")

    log = (shell.home / "daemon.log").read_text()
    named = [line for line in log.splitlines() if "failing: held" in line]
    assert len(named) == 1
    assert "job:0" in named[0]
    assert "MB of memory, allowed 80 MB" in named[0]
    assert "MB of memory, allowed 80 MB" in shell.ok("info", "job")


def test_a_port_that_a_program_finds_taken_is_named_and_tried_again_until_it_is_free(shell: Shell):
    """A program that listens by itself: its last words say why, and it comes up when the port is free again."""
    port = free_port()
    shell.program("listen.py", LISTENING)
    options = f'env = {{ AT = {port} }}\nrestart_delay = "300ms"\nmax_restarts = 100\nsettle = 0'
    shell.write(f'[[apps]]\nname = "server"\nscript = "listen.py"\n{options}\n')
    with socket.create_server(("127.0.0.1", port)):
        shell.chorus("start")
        until(lambda: shell.instances("server")[0]["restarts"] > 0, within=30, what="it to be tried again")
        assert "Address already in use" in shell.ok("logs", "server")

    def stays_up() -> bool:
        [instance] = shell.instances("server")
        return instance["state"] == "online" and instance["uptime"] > 0.5

    until(stays_up, within=30, what="the server")


def test_a_port_that_is_taken_is_named_with_who_has_it_and_the_same_command_works_once_it_is_free(shell: Shell):
    """A port of the keeper: one line with port, program and pid; nothing is left behind, so the next start succeeds."""
    shell.write('apps = [{ name = "echo", app = "echo:application", port = PORT }]')
    with socket.create_server(("127.0.0.1", shell.port)):
        failed = shell.chorus("start")
    lines = [line for line in failed.stderr.splitlines() if line.startswith("chorus:")]

    assert failed.returncode == 1
    assert len(lines) == 1
    assert f"port {shell.port} on 127.0.0.1 is held by " in lines[0]
    assert f"(pid {os.getpid()})" in lines[0]
    shell.ok("start")
    assert json.dumps(shell.answer())
