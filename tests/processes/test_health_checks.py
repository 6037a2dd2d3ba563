"""Health checks of real processes: over HTTP, by a connection, by a program; each takes a failing instance out."""

import http.client
import time

import pytest

from cluster.manager.running import Askers
from parts.ports import free_port
from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

SICK = """
import json, os
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind.endswith("shutdown"):
                return
    number = os.environ["CHORUS_INSTANCE_ID"]
    sick = scope["path"] == "/up" and os.path.exists(f"sick-{number}")
    body = json.dumps({"pid": os.getpid(), "number": number}).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500 if sick else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""

SERVER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500 if os.path.exists("sick") else 200)
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SERVE_AT"])), Handler).serve_forever()
"""

TIMES = "grace = 0, interval = '100ms', timeout = '2s', threshold = 2"
QUICK = 'min_uptime = 0\nrestart_delay = "100ms"\nkill_timeout = "2s"'


def restarted(shell: Shell, name: str, number: int = 0) -> dict | None:
    """The instance, once it was restarted and is online again."""
    instance = {each["number"]: each for each in shell.instances(name)}[number]
    return instance if instance["restarts"] >= 1 and instance["state"] == "online" else None


def test_an_instance_whose_check_fails_stops_accepting_and_is_restarted_while_the_others_serve(shell: Shell):
    """HTTP: 500 twice in a row; it drains, so nobody's request fails meanwhile."""
    shell.program("sick.py", SICK)
    health = f"health = {{ path = '/up', {TIMES} }}"
    shell.write(f'[[apps]]\nname = "web"\napp = "sick:application"\nport = PORT\ninstances = 2\n{QUICK}\n{health}\n')
    shell.ok("start")
    before = {each["number"]: each["pid"] for each in shell.instances("web")}

    with Askers(shell.port) as askers:
        (shell.folder / "sick-0").touch()
        until(lambda: shell.instances("web")[0]["pid"] != before[0], within=30, what="it to end")
        (shell.folder / "sick-0").unlink()
        again = until(lambda: restarted(shell, "web"), within=30, what="the restart")
        askers.after_this()

    assert again["last_failure"] == "2 health checks failed: GET /up: 500"
    assert {each["number"]: each["pid"] for each in shell.instances("web")}[1] == before[1]
    assert askers.failures == []


def test_a_program_is_asked_at_the_address_of_each_instance(shell: Shell):
    """HTTP of a program: `$SERVE_AT` is the instance's own; a reload waits for the answer."""
    port = free_port()
    shell.program("server.py", SERVER)
    health = f"health = {{ url = 'http://127.0.0.1:$SERVE_AT/up', {TIMES} }}"
    shell.write(f'[[apps]]\nname = "server"\nscript = "server.py"\nenv = {{ SERVE_AT = {port} }}\n{QUICK}\n{health}\n')
    shell.ok("start")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200, "start returned before the program answered"
    connection.close()

    (shell.folder / "sick").touch()
    until(lambda: shell.instances("server")[0]["last_failure"], within=30, what="the failure to be seen")
    (shell.folder / "sick").unlink()
    again = until(lambda: restarted(shell, "server"), within=30, what="the restart")

    assert again["last_failure"].endswith("2 health checks failed: GET /up: 500")


def test_a_program_that_never_becomes_well_fails_its_start(shell: Shell):
    """By a connection: nobody listens there within listen_timeout; the reason is that of the check."""
    port = free_port()
    options = f"listen_timeout = '1s'\nhealth = {{ connect = '$SERVE_AT', {TIMES} }}\nenv = {{ SERVE_AT = {port} }}"
    shell.write(f'[[apps]]\nname = "job"\ncommand = ["sleep", "1000"]\n{options}\n')

    failed = shell.chorus("start")

    assert failed.returncode == 1
    assert f"not ready within 1 s; 127.0.0.1:{port}: " in failed.stderr


def test_a_check_can_be_a_program(shell: Shell):
    """It has the variables of the instance and its pid; what it says last is the reason; one that hangs has failed."""
    shell.program(
        "check.sh",
        "kill -0 $CHORUS_PID || exit 9\n"
        "test ! -e sick || { echo queue of $QUEUE is stuck; exit 3; }\n"
        "test ! -e hang || sleep 60\n",
    )
    times = TIMES.replace("'2s'", "'1s'")
    options = f'{QUICK}\nenv = {{ QUEUE = "mail" }}\nhealth = {{ command = ["sh", "check.sh"], {times} }}'
    shell.write(f'[[apps]]\nname = "job"\ncommand = ["sleep", "1000"]\n{options}\n')
    shell.ok("start")

    (shell.folder / "sick").touch()
    until(lambda: shell.instances("job")[0]["last_failure"], within=30, what="the failure to be seen")
    (shell.folder / "sick").unlink()
    again = until(lambda: restarted(shell, "job"), within=30, what="the restart")
    assert "sh: exited with code 3: queue of mail is stuck" in again["last_failure"]

    (shell.folder / "hang").touch()
    began = time.monotonic()
    until(lambda: "took longer than 1 s" in shell.instances("job")[0]["last_failure"], within=30, what="it to hang")
    assert time.monotonic() - began < 20
