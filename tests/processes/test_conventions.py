"""The two conventions by which any program is a member of a cluster: LISTEN_FDS and each word of NOTIFY_SOCKET."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus.cluster.messages import Delete, Failed, Restart, Start, Stop, Update
from chorus.cluster.spec import Health
from cluster.keeper.running import python
from cluster.manager.running import RunningCluster, get
from parts.ports import free_port
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

OBEDIENT = """
import os, signal, socket, subprocess, sys, time
def say(*words):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(chr(10).join(words).encode(), os.environ["NOTIFY_SOCKET"])
"""

ORDERS = "for line in open('orders'): exec(line)\ntime.sleep(600)\n"
"""What a test writes into the FIFO is done."""

SERVING = """
import http.server, json
names = ("LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = json.dumps({"pid": os.getpid(), **{name: os.environ.get(name) for name in names}}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
server = http.server.HTTPServer(("", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=3)
server.socket.setblocking(True)
say("READY=1")
server.serve_forever()
"""


class Program:
    """An obedient program as the only instance of an application, in a folder of its own."""

    def __init__(self, cluster: RunningCluster, folder: Path, first: str = "say('READY=1')", **options) -> None:
        self.cluster = cluster
        os.mkfifo(folder / "orders")
        self._orders = os.open(folder / "orders", os.O_RDWR)
        options = {"wait_ready": True, "port": None, "restart_delay": 0.1, "listen_timeout": 5.0, **options}
        self.spec = cluster.spec(
            name="job", app=None, instances=1, cwd=str(folder),
            command=tuple(python(f"{OBEDIENT}{first}\n{ORDERS}")), **options,
        )  # fmt: skip
        self.started = cluster.ask(Start(applications=[self.spec]))

    def do(self, line: str) -> None:
        os.write(self._orders, line.encode() + b"\n")

    @property
    def instance(self):
        [instance] = self.cluster.instances("job")
        return instance

    def close(self) -> None:
        os.close(self._orders)
        self.cluster.ask(Delete(["job"]))  # gone already where its start failed


@pytest.fixture(scope="module")
def cluster() -> Iterator[RunningCluster]:
    with tempfile.TemporaryDirectory(prefix="chorus-") as home, RunningCluster(Path(home)) as running:
        yield running


@pytest.fixture
def run(cluster: RunningCluster, tmp_path: Path):
    """Start the obedient program."""
    programs = []

    def start(*words, **options) -> Program:
        programs.append(Program(cluster, tmp_path, *words, **options))
        return programs[-1]

    yield start
    for program in programs:
        program.close()


def test_a_program_finds_its_socket_at_3_with_its_name(cluster):
    """LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID are as sd_listen_fds(3) wants them, in each of the instances."""
    command = tuple(python(OBEDIENT + SERVING))
    web = cluster.spec(name="web", app=None, command=command, wait_ready=True)
    cluster.done(Start(applications=[web]))

    answers = [get(cluster.port("web")) for _ in range(5)]

    pids = {each.pid for each in cluster.instances("web")}
    assert len(pids) == 2
    assert {answer["pid"] for answer in answers} <= pids
    assert {(answer["LISTEN_FDS"], answer["LISTEN_FDNAMES"]) for answer in answers} == {("1", "web")}
    assert all(answer["LISTEN_PID"] == str(answer["pid"]) for answer in answers)


def test_ready_brings_it_online(run):
    program = run("time.sleep(0.3)\nsay('READY=1')")

    assert program.started.text == "started job"
    assert program.instance.state == "online"
    assert program.instance.uptime >= 0.3


def test_without_ready_it_is_not_online(run):
    program = run("", listen_timeout=0.5)

    assert isinstance(program.started, Failed)
    assert "not ready within 0.5 s" in program.started.message


def test_status_is_shown(run):
    program = run("say('READY=1', 'STATUS=digging')")
    shown = [program.instance.status]

    program.do("say('STATUS=at rest')")

    until(lambda: program.instance.status == "at rest", what="the other status")
    assert shown == ["digging"]


def test_stopping_unasked_is_shown_and_what_follows_is_a_crash_or_not_by_its_code(run):
    """STOPPING=1: it is not online any more; when it has ended it is started again like any that ended."""
    program = run()
    before = program.instance.pid

    program.do("say('STOPPING=1')")
    until(lambda: program.instance.state == "stopping", what="it to be shown as stopping")
    program.do("os._exit(3)")

    until(lambda: program.instance.state == "online", what="it to be started again")
    assert program.instance.pid != before
    assert (program.instance.restarts, program.instance.last_failure) == (1, "exited with code 3")


def test_one_that_says_stopping_and_does_not_end_is_killed_in_time(run):
    program = run(kill_timeout=0.3)

    program.do("say('STOPPING=1')")

    until(lambda: program.instance.restarts == 1, what="it to be killed and started again")
    assert program.instance.last_failure == "was killed by SIGKILL"


def test_signs_of_life_that_stop_are_followed_by_a_restart(run):
    """WATCHDOG=1, from the first one on; WATCHDOG_USEC tells the program how often."""
    program = run("say('READY=1', 'WATCHDOG=1', 'STATUS=' + os.environ['WATCHDOG_USEC'])", watchdog=1.5)

    assert program.instance.status == "1500000"
    until(lambda: program.instance.restarts >= 1, what="the restart")
    assert program.instance.last_failure == "gave no sign of life for 1.5 s"


def test_a_program_may_ask_for_more_time_between_signs_of_life(run):
    """WATCHDOG_USEC=… said by the program holds from then on."""
    program = run("say('READY=1', 'WATCHDOG=1', 'WATCHDOG_USEC=60000000')", watchdog=0.2)
    until(lambda: program.instance.uptime > 1.5, what="time to pass")

    assert program.instance.restarts == 0


def test_a_program_that_finds_itself_unwell_is_restarted(run):
    """WATCHDOG=trigger."""
    program = run()

    program.do("say('WATCHDOG=trigger')")

    until(lambda: program.instance.restarts == 1, what="the restart")
    assert program.instance.last_failure == "asked to be restarted (WATCHDOG=trigger)"


def test_a_program_that_reloads_itself_need_not_answer_meanwhile(run, cluster):
    """RELOADING=1: shown, and no failed health check counts until READY=1, for listen_timeout at most."""
    health = Health(connect=free_port(), grace=0.0, interval=0.1, timeout=0.5, threshold=1)
    listen = f"s = socket.create_server(('127.0.0.1', {health.connect}))"
    program = run(f"{listen}\nsay('READY=1', 'STATUS=serving')", health=health)
    pid = program.instance.pid

    program.do("say('RELOADING=1'); s.close()")
    shown = until(lambda: program.instance.status.startswith("reloading") and program.instance, what="the reload")
    until(lambda: str(health.connect) in program.instance.status, what="a check to fail")
    program.do(f"{listen}; say('READY=1')")
    until(lambda: program.instance.status == "serving", what="the end of the reload")

    assert shown.status == "reloading: serving"
    assert (program.instance.pid, program.instance.restarts) == (pid, 0)


def test_a_reload_that_never_ends_is_not_believed_for_ever(run):
    health = Health(connect=free_port(), grace=0.0, interval=0.1, timeout=0.5, threshold=1)
    listen = f"s = socket.create_server(('127.0.0.1', {health.connect}))"
    program = run(f"{listen}\nsay('READY=1')", health=health, listen_timeout=1.0)

    program.do("say('RELOADING=1'); s.close()")

    until(lambda: program.instance.restarts >= 1, what="the restart")


SUCCESSOR = f"""{OBEDIENT}
say(f'MAINPID={{os.getpid()}}', 'STATUS=the second')
while not os.path.exists('end'): time.sleep(0.01)
os._exit(7)
"""


def replaced(run, folder: Path) -> tuple[Program, int]:
    """A program whose first process has ended, and the pid of its second."""
    (folder / "successor.py").write_text(SUCCESSOR)
    program = run()
    first = program.instance.pid
    program.do("subprocess.Popen([sys.executable, '-S', 'successor.py'])")
    second = until(lambda: program.instance.status == "the second" and program.instance.pid, what="the second")
    os.kill(first, 9)
    until(lambda: not os.path.exists(f"/proc/{first}"), what="the first to be gone")
    return program, second


def test_the_main_process_may_be_another_one(run, tmp_path):
    """MAINPID: the instance goes on when the first process ends, and its end is that of the named one."""
    (tmp_path / "successor.py").write_text(SUCCESSOR)
    program = run(autorestart=False)
    first = program.instance.pid
    program.do("subprocess.Popen([sys.executable, '-S', 'successor.py'])")
    second = until(lambda: program.instance.status == "the second" and program.instance.pid, what="the second")

    os.kill(first, 9)
    until(lambda: not os.path.exists(f"/proc/{first}"), what="the first to be gone")
    state = program.instance.state
    (tmp_path / "end").touch()
    until(lambda: program.instance.state == "errored", what="the end of the second")

    assert second != first
    assert (state, program.instance.exit_code) == ("online", 7)


def test_the_named_main_process_is_stopped_and_known_to_the_next_manager(run, cluster, tmp_path):
    program, second = replaced(run, tmp_path)

    cluster.kill_manager()
    until(cluster.answers, what="the next manager")
    known = (program.instance.pid, program.instance.state, program.instance.restarts)
    cluster.done(Stop(["job"]))

    assert known == (second, "online", 0)
    assert not os.path.exists(f"/proc/{second}")
    assert program.instance.state == "stopped"


@pytest.mark.cluster("own")
def test_a_stranger_is_not_made_the_main_process(run, cluster):
    program = run()
    pid = program.instance.pid

    program.do("say('MAINPID=1', 'STATUS=tried')")

    until(lambda: program.instance.status == "tried", what="the words")
    assert program.instance.pid == pid
    assert "MAINPID=1 left aside" in (cluster.home / "daemon.log").read_text()
    cluster.done(Restart(["job"]))


def test_the_main_process_outlives_an_update_of_the_keeper(run, cluster, tmp_path):
    program, second = replaced(run, tmp_path)
    manager = cluster.status().manager_pid

    cluster.done(Update())
    until(lambda: (seen := cluster.seen()) and seen.manager_pid != manager, what="another manager")
    known = (program.instance.pid, program.instance.state)
    os.kill(second, 9)

    assert known == (second, "online")
    until(lambda: program.instance.restarts == 1, what="the end of the second to be noticed")
