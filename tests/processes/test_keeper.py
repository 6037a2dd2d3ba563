"""A real keeper with real children, a manager that dies and clients that lie."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from chorus.cluster.keeper import documents
from chorus.cluster.keeper.keeper import KILL_AFTER
from chorus.cluster.keeper.wire import (
    ChildExited,
    ChildNotified,
    Exit,
    Exited,
    Failure,
    ForgetChild,
    Inspect,
    Logs,
    Note,
    OpenListener,
    OpenPage,
    ReopenLogs,
    SignalChild,
    SpawnChild,
    Subscribe,
    Tail,
    Update,
)
from cluster.keeper.running import SOURCES, RunningKeeper, python
from waiting import until

pytestmark = pytest.mark.processes

SLEEP = ["sleep", "600"]
NOTIFY = """
import os, socket, sys, time
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)
def say(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
"""


@pytest.fixture
def keeper(home):
    with RunningKeeper(home) as running:
        yield running


@pytest.fixture
def client(keeper):
    subscribed = keeper.client()
    subscribed.do(Subscribe())
    return subscribed


def alive(pid: int) -> bool:
    """A process that is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def most_memory(keeper: RunningKeeper) -> int:
    """The most bytes the keeper ever had resident."""
    [line] = [
        line for line in Path(f"/proc/{keeper.process.pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024


def logs_in(folder: Path, **options) -> Logs:
    return Logs(*(str(folder / f"{name}.log") for name in ("out", "err", "combined")), **options)


# Children -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["no-such-program"], "cannot run no-such-program: No such file or directory"),
        (["/etc/passwd"], "cannot run /etc/passwd: Permission denied"),
    ],
)
def test_a_program_that_cannot_be_executed_is_an_error_with_its_reason(keeper, client, argv, reason):
    with pytest.raises(Failure) as failed:
        keeper.spawn(client, "x:0:1", *argv)

    assert (failed.value.code, failed.value.message) == ("exec_failed", reason)
    assert client.do(Inspect()).children == []


def test_a_working_folder_that_is_not_there_is_named(client):
    with pytest.raises(Failure, match="entering /nowhere: No such file or directory"):
        client.do(SpawnChild("x:0:1", SLEEP, "/nowhere", {}))


def test_a_killed_child_is_told_to_subscribers_and_stays_in_the_snapshot_until_forgotten(keeper, client):
    pid = keeper.spawn(client, "x:0:1", *SLEEP, notes="opaque").pid

    os.kill(pid, signal.SIGKILL)

    fact = client.fact(ChildExited)
    assert (fact.key, fact.pid, fact.code, fact.signal) == ("x:0:1", pid, None, 9)
    [child] = client.do(Inspect()).children
    assert (child.notes, child.exited) == ("opaque", Exited(None, 9, fact.at))
    client.do(ForgetChild("x:0:1"))
    assert client.do(Inspect()).children == []


def test_an_exit_code_is_told(keeper, client):
    keeper.spawn(client, "x:0:1", "sh", "-c", "exit 42")

    assert client.fact(ChildExited).code == 42


def test_a_child_has_default_signals_no_foreign_descriptors_and_a_session_of_its_own(keeper, client):
    client.do(OpenListener("one", "127.0.0.1", 0))
    client.do(OpenListener("two", "127.0.0.1", 0))
    client.do(OpenPage("load", 64))
    program = """
import os, signal, socket
fds = sorted(int(fd) for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}'))
print(fds, os.getsid(0) == os.getpid(), os.readlink('/proc/self/fd/0'))
print([line for line in open('/proc/self/status') if line.startswith(('SigBlk', 'SigIgn'))])
print(socket.socket(fileno=3).getsockname()[1], socket.socket(fileno=4).getsockname()[1])
print(os.environ['LISTEN_FDS'], os.environ['LISTEN_FDNAMES'], os.environ['LISTEN_PID'] == str(os.getpid()))
print(os.environ['CHORUS_LOAD_FD'], os.fstat(5).st_size, os.environ.get('HOME'))
"""

    keeper.spawn(client, "x:0:1", *python(program), listeners=["two", "one"], page="load", env={"LISTEN_FDS": "9"})

    client.fact(ChildExited)
    ports = {listener.name: listener.port for listener in client.do(Inspect()).listeners}
    shown = client.do(Tail("x:0:1")).lines
    assert shown[0] == "[0, 1, 2, 3, 4, 5] True /dev/null"
    assert "SigBlk:\\t0000000000000000" in shown[1]
    # The two that Python itself ignores at its start: SIGPIPE and SIGXFSZ. 32 and 33 are the C library's own.
    ignored = int(shown[1].partition("SigIgn:\\t")[2][:16], 16)
    assert ignored & ~(0b11 << 31) == 0x1001000
    assert shown[2:] == [f"{ports['two']} {ports['one']}", "2 two:one True", "5 64 None"]


def test_a_signal_to_the_group_reaches_what_the_child_started(keeper, client):
    keeper.spawn(client, "x:0:1", "sh", "-c", "sleep 600 & echo $!; wait")
    [grandchild] = until(lambda: client.do(Tail("x:0:1")).lines)

    client.do(SignalChild("x:0:1", signal.SIGTERM, group=True))

    until(lambda: not alive(int(grandchild)), what="the grandchild to end")
    assert client.fact(ChildExited).signal == signal.SIGTERM


def test_what_an_exited_child_left_behind_can_still_be_signalled_and_then_nothing_can(keeper, client):
    keeper.spawn(client, "x:0:1", "sh", "-c", "sleep 600 & echo $!")
    client.fact(ChildExited)
    [grandchild] = client.do(Tail("x:0:1")).lines
    assert alive(int(grandchild))

    client.do(SignalChild("x:0:1", signal.SIGKILL, group=True))

    until(lambda: not alive(int(grandchild)), what="the grandchild to end")
    with pytest.raises(Failure) as failed:
        client.do(SignalChild("x:0:1", signal.SIGKILL))
    assert failed.value.code == "not_running"


def test_a_key_in_use_and_a_running_child_are_protected(keeper, client):
    keeper.spawn(client, "x:0:1", *SLEEP)

    with pytest.raises(Failure) as again:
        keeper.spawn(client, "x:0:1", *SLEEP)
    with pytest.raises(Failure) as forgotten:
        client.do(ForgetChild("x:0:1"))

    assert (again.value.code, forgotten.value.code) == ("conflict", "running")


def test_starting_and_ending_children_leaks_no_descriptor_and_no_zombie(keeper, client, tmp_path):
    def cycle(number):
        pid = keeper.spawn(client, f"x:0:{number}", "true", logs=logs_in(tmp_path)).pid
        client.fact(ChildExited, pid=pid)
        client.do(ForgetChild(f"x:0:{number}"))
        return pid

    def descriptors():
        return len(os.listdir(f"/proc/{keeper.process.pid}/fd"))

    cycle(0)
    before = until(descriptors)
    pids = [cycle(number) for number in range(1, 100)]

    until(lambda: descriptors() <= before, what="all descriptors to be closed")
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_an_orphan_of_a_child_is_the_keepers_to_reap_and_no_news(keeper, client):
    """The child forks twice: its grandchild lives on without a parent, outside its session, and ends."""
    home = str(keeper.home)
    program = "import os, time\nif os.fork() == 0:\n if os.fork() == 0:\n  os.setsid()\n"
    program += "  print(os.getpid(), flush=True)\n"
    program += f"  while os.path.exists({home!r}) and not os.path.exists({home + '/go'!r}): time.sleep(0.01)\n"
    program += " os._exit(0)\nos.wait()"
    keeper.spawn(client, "x:0:1", *python(program))
    client.fact(ChildExited, key="x:0:1")
    [orphan] = until(lambda: client.do(Tail("x:0:1")).lines)
    stat = Path(f"/proc/{orphan}/stat")
    assert int(stat.read_text().rpartition(")")[2].split()[1]) == keeper.process.pid

    (keeper.home / "go").touch()

    until(lambda: not stat.exists(), what="the orphan to be reaped")
    client.do(Inspect())
    assert not client.facts


# What children say ----------------------------------------------------------------------------------------------------


def test_readiness_and_status_are_told_and_kept(keeper, client):
    program = "say('READY=1\\nSTATUS=on')\nwait('go')\nsay('READY=1')\nsay('STATUS=off')"
    keeper.spawn(client, "x:0:1", *python(NOTIFY + program))

    assert client.fact(ChildNotified).state == {"READY": "1", "STATUS": "on"}
    (keeper.home / "go").touch()
    assert client.fact(ChildNotified).state == {"READY": "1", "STATUS": "off"}
    client.fact(ChildExited)
    assert client.do(Inspect()).children[0].state == {"READY": "1", "STATUS": "off"}
    assert not client.facts


def test_a_last_word_before_the_exit_is_heard_behind_many_others(keeper, client):
    """The keeper is stopped meanwhile, so that it finds all words and the exit at once."""
    program = NOTIFY + "wait('go')\nfor n in range(9): say(f'STATUS={n}')\nsay('STATUS=last word')\nos._exit(3)"
    pid = keeper.spawn(client, "x:0:1", *python(program)).pid
    keeper.process.send_signal(signal.SIGSTOP)
    (keeper.home / "go").touch()
    until(lambda: not alive(pid), what="the child to end")
    keeper.process.send_signal(signal.SIGCONT)

    client.fact(ChildExited)

    assert client.do(Inspect()).children[0].state == {"STATUS": "last word"}


def test_a_talkative_child_does_not_drown_the_subscribers(keeper, client):
    keeper.spawn(client, "x:0:1", *python(NOTIFY + "for n in range(5000): say(f'STATUS={n}')"))

    client.fact(ChildExited)

    told = [fact.state["STATUS"] for fact in client.facts]
    assert told[-1] == "4999"
    assert len(told) < 500


def test_a_sign_of_life_comes_with_its_time(keeper, client):
    keeper.spawn(client, "x:0:1", *python(NOTIFY + "say('WATCHDOG=1')\nwait('go')\nsay('WATCHDOG=1')"))

    first = client.fact(ChildNotified)
    (keeper.home / "go").touch()
    second = client.fact(ChildNotified)

    assert 0 < float(first.state["WATCHDOG"]) < float(second.state["WATCHDOG"])


def test_a_process_a_child_started_speaks_for_the_child_and_a_stranger_does_not(keeper, client):
    stranger = f"import os\nos.environ['NOTIFY_SOCKET'] = {str(keeper.home / 'notify.sock')!r}\n" + NOTIFY
    subprocess.run([sys.executable, "-c", stranger + "say('STATUS=stranger')"], check=True)
    inner = NOTIFY + "say('STATUS=inner')\nsys.stdin.readline()"
    keeper.spawn(client, "x:0:1", *python(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}])"))

    client.fact(ChildExited)

    assert client.do(Inspect()).children[0].state == {"STATUS": "inner"}


# Output ---------------------------------------------------------------------------------------------------------------


def test_lines_of_two_children_are_merged_whole_and_stamped(keeper, client, tmp_path):
    program = "import os\nfor n in range(20000): print(f'line {n} of {os.environ[\"WHO\"]} ' + 'x' * (n % 200))"
    for who in ("0", "1"):
        keeper.spawn(
            client, f"chat:{who}:1", *python(program), logs=logs_in(tmp_path), env={"WHO": who, "PYTHONUNBUFFERED": ""}
        )

    client.fact(ChildExited, key="chat:0:1")
    client.fact(ChildExited, key="chat:1:1")

    for file in ("out.log", "combined.log"):
        heads, _, texts = zip(
            *(line.partition(" | ") for line in (tmp_path / file).read_text().splitlines()), strict=True
        )
        names = [head.split(" ")[1] for head in heads]
        for who in ("0", "1"):
            mine = [text for name, text in zip(names, texts, strict=True) if name == f"chat:{who}"]
            assert mine == [f"line {n} of {who} " + "x" * (n % 200) for n in range(20000)]
        assert len(set(names[: len(names) * 3 // 4])) == 2, "one child waited for the other"
    assert (tmp_path / "err.log").read_text() == ""


def test_stdout_and_stderr_have_their_files_and_meet_in_the_combined_one(keeper, client, tmp_path):
    keeper.spawn(client, "x:0:1", "sh", "-c", "echo fine; echo trouble >&2", logs=logs_in(tmp_path, timestamps=False))

    client.fact(ChildExited)

    assert (tmp_path / "out.log").read_text() == "fine\n"
    assert (tmp_path / "err.log").read_text() == "trouble\n"
    assert sorted((tmp_path / "combined.log").read_text().splitlines()) == ["fine", "trouble"]
    assert sorted(client.do(Tail("x:0:1", 5)).lines) == ["fine", "trouble"]


def test_the_line_a_child_died_in_is_kept_and_ended(keeper, client, tmp_path):
    keeper.spawn(
        client, "x:0:1", "sh", "-c", "echo one; printf half; kill -9 $$", logs=logs_in(tmp_path, timestamps=False)
    )

    client.fact(ChildExited)

    assert (tmp_path / "out.log").read_text() == "one\nhalf\n"


def test_an_unfinished_line_is_kept_when_something_the_child_left_behind_holds_its_output(keeper, client, tmp_path):
    program = "sleep 600 & printf half; kill -9 $$"
    keeper.spawn(client, "x:0:1", "sh", "-c", program, logs=logs_in(tmp_path, timestamps=False))

    client.fact(ChildExited)

    assert (tmp_path / "out.log").read_text() == "half\n"
    client.do(SignalChild("x:0:1", signal.SIGKILL, group=True))


def test_an_endless_line_of_a_child_costs_the_keeper_bounded_memory(keeper, client, tmp_path):
    before = most_memory(keeper)
    keeper.spawn(
        client, "x:0:1", "sh", "-c", "head -c 50000000 /dev/zero", logs=Logs(out=str(tmp_path / "o"), timestamps=False)
    )

    client.fact(ChildExited)

    assert (tmp_path / "o").read_bytes().count(b"\0") == 50_000_000
    assert most_memory(keeper) - before < 8_000_000


def test_a_rotation_loses_no_line(keeper, client, tmp_path):
    keeper.spawn(
        client,
        "x:0:1",
        *python("for n in range(200000): print(n)"),
        logs=Logs(out=str(tmp_path / "out.log"), timestamps=False),
        env={"PYTHONUNBUFFERED": ""},
    )
    for number in range(5):
        os.replace(tmp_path / "out.log", tmp_path / f"out.log.{number}")
        client.do(ReopenLogs())

    client.fact(ChildExited)

    files = [*(tmp_path / f"out.log.{number}" for number in range(5)), tmp_path / "out.log"]
    assert "".join(file.read_text() for file in files).split() == [str(n) for n in range(200000)]


def test_a_log_file_that_cannot_be_opened_is_named(keeper, client):
    with pytest.raises(Failure) as failed:
        keeper.spawn(client, "x:0:1", *SLEEP, logs=Logs(out="/proc/nothing/out.log"))

    assert failed.value.code == "logs_failed"
    assert "/proc/nothing/out.log" in failed.value.message


# Listeners and the notebook -------------------------------------------------------------------------------------------


def test_a_listener_accepts_connections_before_and_between_children(client):
    address = client.do(OpenListener("chat", "127.0.0.1", 0))

    socket.create_connection((address.host, address.port)).close()

    assert client.do(OpenListener("chat", "127.0.0.1", 0)) == address
    assert client.do(OpenListener("chat", "127.0.0.1", address.port)) == address


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1", "address_in_use"),
        ("203.0.113.9", "address_not_available"),
        ("no.such.name", "address_not_available"),
    ],
)
def test_an_address_that_cannot_be_had_is_told_by_a_code(client, host, code):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Failure) as failed:
        client.do(OpenListener("chat", host, taken.getsockname()[1]))

    assert failed.value.code == code


def test_a_name_open_on_another_address_is_a_conflict(client):
    client.do(OpenListener("chat", "127.0.0.1", 0))

    with pytest.raises(Failure) as failed:
        client.do(OpenListener("chat", "127.0.0.2", 0))

    assert failed.value.code == "conflict"


def test_the_notebook_is_given_back_and_has_a_bound(client):
    client.do(Note("plan", "text"))
    client.do(Note("gone", "x"))
    client.do(Note("gone", None))
    for number in range(8):
        client.do(Note(f"large {number}", "x" * 1_000_000))

    with pytest.raises(Failure) as failed:
        client.do(Note("too much", "x" * 900_000))

    assert failed.value.code == "full"
    assert client.do(Inspect()).notebook["plan"] == "text"
    assert "gone" not in client.do(Inspect()).notebook


# Another release ------------------------------------------------------------------------------------------------------


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
    assert keeper.process.wait(5) == 0
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


# Clients that lie -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\x00\n", b"[1]\n", b'{"do": "Inspect"}\n', b"[" * 100_000 + b"\n"]
)
def test_garbage_gets_one_error_and_the_connection_is_closed(keeper, client, garbage):
    liar = keeper.client()
    liar.socket.sendall(garbage)

    assert liar.read()["ok"] is False
    with pytest.raises(ConnectionResetError):
        liar.read()
    assert client.do(Inspect()).keeper_pid == keeper.process.pid


def test_a_request_without_end_is_cut_off(keeper, client):
    liar = keeper.client()
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        liar.socket.sendall(b"x" * 10_000_000)

    assert client.do(Inspect()).keeper_pid == keeper.process.pid


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"id": 1, "do": "Explode"}, "unknown_command"),
        ({"id": 1, "do": "Note", "name": 3, "text": "x"}, "invalid"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["a\0b"], "cwd": "/", "env": {}}, "invalid"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": [], "cwd": "/", "env": {}}, "invalid"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["\ud800"], "cwd": "/", "env": {}}, "exec_failed"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["ls"], "cwd": "/", "env": {"a=b": "c"}}, "exec_failed"),
        ({"id": 1, "do": "SpawnChild", "key": "k", "argv": ["ls"], "cwd": "/", "env": {}, "uid": -7}, "exec_failed"),
        ({"id": 1, "do": "OpenPage", "name": "p", "size": 10**12}, "invalid"),
        ({"id": 1, "do": "OpenListener", "name": "a:b", "host": "127.0.0.1", "port": 0}, "invalid"),
        ({"id": 1, "do": "OpenListener", "name": "a", "host": "127.0.0.1", "port": 70000}, "invalid"),
        ({"id": 1, "do": "SignalChild", "key": "nobody", "signal": 9}, "not_found"),
    ],
)
def test_a_wrong_command_gets_an_error_and_the_connection_goes_on(client, document, code):
    client.socket.sendall(documents.encode(document))

    assert client.read()["error"]["code"] == code
    assert client.do(Inspect()).children == []


def test_a_client_that_asks_and_never_reads_is_not_served_without_bound(keeper, client):
    client.do(Note("large", "x" * 500_000))
    before = most_memory(keeper)
    deaf = keeper.client()
    deaf.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        deaf.socket.sendall(documents.encode(documents.request(1, Inspect())) * 100_000)

    assert client.do(Inspect()).notebook
    assert most_memory(keeper) - before < 16_000_000


def test_only_the_owner_can_reach_the_sockets(keeper):
    modes = {name: (keeper.home / name).stat().st_mode & 0o777 for name in ("keeper.sock", "notify.sock", "keeper.pid")}

    assert set(modes.values()) == {0o600}
    assert keeper.home.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can pretend to be somebody else")
def test_another_user_is_refused_even_with_open_permissions(keeper):
    for path in (keeper.home, keeper.home / "keeper.sock"):
        path.chmod(0o777)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setuid(65534)
            stranger = socket.socket(socket.AF_UNIX)
            stranger.settimeout(5)
            stranger.connect(str(keeper.home / "keeper.sock"))
            os.write(writing, stranger.recv(1000) + stranger.recv(1000))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(writing)

    with os.fdopen(reading, "rb") as shown:
        assert documents.decode(shown.read())["error"]["code"] == "permission"


# The keeper itself, and the manager -----------------------------------------------------------------------------------


def test_a_second_keeper_of_the_home_is_refused_and_the_first_one_stays(keeper, client):
    second = subprocess.run(
        [sys.executable, "-m", "chorus.cluster.keeper", str(keeper.home), "--manager"],
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert second.returncode == 1
    assert second.stderr == f"keeper: a keeper already runs for {keeper.home} (pid {keeper.process.pid})\n"
    assert client.do(Inspect()).keeper_pid == keeper.process.pid


def test_what_a_killed_keeper_left_does_not_hinder_the_next_one(home):
    with RunningKeeper(home) as first:
        first.process.kill()
        first.process.wait()

        with RunningKeeper(home) as second:
            assert second.client().do(Inspect()).keeper_pid == second.process.pid


def test_the_children_a_killed_keeper_left_are_ended_by_the_next_one_and_named(home):
    with RunningKeeper(home) as first:
        client = first.client()
        address = client.do(OpenListener("web", "127.0.0.1", 0))
        polite = first.spawn(client, "x:0:1", *SLEEP, listeners=["web"]).pid
        shell = first.spawn(client, "y:0:1", "sh", "-c", "trap '' TERM; sleep 600 & echo $!; while :; do wait; done")
        [grandchild] = until(lambda: client.do(Tail("y:0:1")).lines)
        gone = first.spawn(client, "z:0:1", "true").pid
        until(lambda: any(child.exited for child in client.do(Inspect()).children), what="the short one to end")
        (home / "run" / "x:0:1.sock").touch()
        first.process.kill()
        first.process.wait()
        assert alive(polite)

        with RunningKeeper(home) as second:
            opened = second.client().do(OpenListener("web", "127.0.0.1", address.port))

        assert opened.port == address.port
    assert not any(alive(pid) for pid in (polite, shell.pid, int(grandchild)))
    said = (home / "daemon.log").read_text()
    assert f"ending what a killed keeper left behind: x:0:1 (pid {polite}), y:0:1 (pid {shell.pid})\n" in said
    assert str(gone) not in said
    assert list((home / "run").iterdir()) == []


def test_a_register_of_children_that_are_no_more_or_cannot_be_read_ends_nobody(home):
    """A pid that another process has by now is not signalled: its start time differs."""
    other = subprocess.Popen(SLEEP, start_new_session=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    for text in (f"{boot}{other.pid} 1 x:0:1\n", "garbage", f"another boot\n{other.pid} 1 x:0:1\n", ""):
        (home / "children").write_text(text)
        with RunningKeeper(home):
            assert other.poll() is None
    assert "left behind" not in (home / "daemon.log").read_text()
    other.kill()
    other.wait()


def test_a_home_with_too_long_a_path_is_refused(tmp_path):
    home = tmp_path / ("x" * 120)

    refused = subprocess.run(
        [sys.executable, "-m", "chorus.cluster.keeper", str(home)],
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert refused.returncode == 1
    assert "path is too long" in refused.stderr
    assert "107 are possible" in refused.stderr
    assert not home.exists()


def test_a_killed_manager_is_started_again_and_children_and_listeners_do_not_notice(home):
    manager = python("import os, time\nprint('manager', os.getpid(), flush=True)\ntime.sleep(600)")
    with RunningKeeper(home, manager) as keeper:
        client = keeper.client()
        address = client.do(OpenListener("chat", "127.0.0.1", 0))
        child = keeper.spawn(client, "x:0:1", *SLEEP)

        [first] = until(lambda: managers_in(home))
        os.kill(first, signal.SIGKILL)
        second = until(lambda: managers_in(home)[1:], what="a second manager")[0]

        assert alive(second)
        assert alive(child.pid)
        assert f"manager {first} ended with -9" in (home / "daemon.log").read_text()
        assert client.do(Inspect()).listeners[0].port == address.port
    assert not alive(second)


def managers_in(home) -> list[int]:
    """The pids of the managers that said who they are, in their order."""
    lines = (home / "daemon.log").read_text().splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith("manager") and line.split()[2:] == []]


@pytest.mark.alone
@pytest.mark.parametrize(("ready", "delay"), [(True, 0.1), (False, 0.8)])
def test_only_a_manager_that_never_got_ready_is_started_later_and_later(home, ready, delay):
    """Four ends in a row: the wait after the fourth is the first one, or eight times that.

    How long a program takes to start is measured in the same run.
    """
    say = f"print('manager', os.getpid(), flush=True)\nif {ready}: say('READY=1')\nprint('said', flush=True)"
    with RunningKeeper(home, python(NOTIFY + say + "\ntime.sleep(600)")):
        waits = []
        for number in range(4):
            until(lambda number=number: (home / "daemon.log").read_text().count("said\n") > number)
            killed = time.monotonic()
            os.kill(managers_in(home)[number], signal.SIGKILL)
            until(lambda number=number: len(managers_in(home)) == number + 2, what="the next manager")
            waits.append(time.monotonic() - killed)

    to_start = waits[0] - 0.1
    assert delay <= waits[3] < delay + 0.5 + 3 * to_start, waits


def test_a_manager_that_cannot_be_executed_is_said_in_the_daemon_log(home):
    with RunningKeeper(home, ["/no/such/manager"]):
        said = until((home / "daemon.log").read_text)

    assert said.startswith("manager: cannot run /no/such/manager: No such file or directory\n")


def test_exit_is_refused_while_children_live_and_done_with_force(keeper, client):
    pid = keeper.spawn(client, "x:0:1", "sh", "-c", "sleep 600 & wait").pid
    with pytest.raises(Failure) as failed:
        client.do(Exit())
    assert failed.value.code == "running"
    assert "x:0:1" in failed.value.message

    client.do(Exit(force=True))

    assert keeper.process.wait(5) == 0
    assert not alive(pid)
    assert sorted(path.name for path in keeper.home.iterdir()) == ["daemon.log", "run"]


def test_a_keeper_that_ends_leaves_no_private_socket_behind(keeper, client):
    """A worker that was killed could not remove its own."""
    for name in ("chat:0:1.sock", "valkey.sock"):
        (keeper.home / "run" / name).touch()

    client.do(Exit())

    assert keeper.process.wait(5) == 0
    assert list((keeper.home / "run").iterdir()) == []


def test_sigterm_ends_children_that_ignore_it_after_a_while(home, monkeypatch):
    """After ten seconds, or what the environment says."""
    assert KILL_AFTER == 10.0
    monkeypatch.setenv("CHORUS_KEEPER_KILL_AFTER", "0.5")
    with RunningKeeper(home) as keeper:
        client = keeper.client()
        stubborn = keeper.spawn(client, "x:0:1", "sh", "-c", "trap '' TERM; echo set; while :; do sleep 1; done").pid
        until(lambda: client.do(Tail("x:0:1")).lines == ["set"])

        told = time.monotonic()
        keeper.process.send_signal(signal.SIGTERM)

        assert keeper.process.wait(9) == 0
        assert time.monotonic() - told >= 0.5
    assert not alive(stubborn)
