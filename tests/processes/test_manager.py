"""The manager over a real keeper and real workers: what survives what."""

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from chorus.cluster.messages import Failed, Kill, Reload, Scale, Start, Stop
from chorus.cluster.spec import ApplicationSpec, Health
from cluster.manager.running import APPLICATIONS, Askers, RunningCluster
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]


@pytest.fixture
def echo(cluster):
    """Two instances of the application that says who it is, checked for their health."""
    spec = cluster.spec(health=Health(), restart_delay=0.2)
    cluster.done(Start(applications=[spec]))
    return spec


def but(spec, **changes):
    return ApplicationSpec(**{field: getattr(spec, field) for field in spec.__struct_fields__} | changes)


def test_two_instances_answer_on_one_port(cluster, echo):
    assert cluster.states() == ["online", "online"]
    with Askers(cluster.port()) as askers:
        until(lambda: {answer["number"] for answer in askers.answers} == {"0", "1"}, what="both instances to answer")

    assert askers.failures == []


def test_a_killed_instance_comes_back_and_the_other_never_notices(cluster, echo):
    first, second = cluster.instances()

    os.kill(first.pid, signal.SIGKILL)
    until(lambda: cluster.instances()[0].restarts == 1 and cluster.states() == ["online", "online"], what="a restart")

    back, other = cluster.instances()
    assert back.pid != first.pid
    assert (back.exit_code, back.last_failure) == (-9, "was killed by SIGKILL")
    assert (other.pid, other.restarts) == (second.pid, 0)
    # The killed one's sockets went with it.
    running = {each.key for each in cluster.instances()}
    assert {path.stem for path in (cluster.home / "run").iterdir()} == running


def test_a_reload_under_requests_fails_none(cluster, echo):
    before = {instance.pid for instance in cluster.instances()}

    with Askers(cluster.port()) as askers:
        for _ in range(2):
            cluster.done(Reload(targets=["echo"]))
        served_by = {answer["pid"] for answer in askers.after_this()}

    assert askers.failures == []
    assert not served_by & before
    assert [instance.restarts for instance in cluster.instances()] == [2, 2]


@pytest.mark.parametrize(
    ("failure", "listen_timeout", "reason", "line"),
    [
        ("import", 30.0, "exited with code 3 before it was ready", "the build is broken: no such table"),
        ("startup", 30.0, "exited with code 1 before it was ready", "the database is away"),
        ("hang", 1.0, "not ready within 1 s", ""),
        ("health", 10.0, "GET /health/ready: 503: database: away", ""),
    ],
)
def test_a_reload_to_a_broken_build_says_why_and_the_old_serve(cluster, echo, failure, listen_timeout, reason, line):
    before = [instance.pid for instance in cluster.instances()]
    broken = but(echo, env={"FAIL": failure}, listen_timeout=listen_timeout, kill_timeout=0.5)

    with Askers(cluster.port()) as askers:
        answer = cluster.ask(Reload(targets=["echo"], applications=[broken]))
        askers.after_this()

    assert isinstance(answer, Failed)
    assert answer.code == "not_ready"
    assert "echo:0:2" in answer.message
    assert reason in answer.message
    assert line in "\n".join(answer.detail)
    assert askers.failures == []
    assert {answer["pid"] for answer in askers.answers} <= set(before)  # nobody was served by what is broken
    assert [instance.pid for instance in cluster.instances()] == before


def test_a_start_whose_health_check_never_passes_fails_and_leaves_nothing_running(cluster):
    answer = cluster.ask(
        Start(applications=[cluster.spec(health=Health(), env={"FAIL": "health"}, listen_timeout=10.0)])
    )

    assert isinstance(answer, Failed)
    assert "503: database: away" in answer.message
    assert cluster.status().applications == []


def test_scale_up_and_down_under_requests_fails_none(cluster, echo):
    with Askers(cluster.port()) as askers:
        cluster.done(Scale("echo", "4"))
        assert len(cluster.instances()) == 4
        until(lambda: len({answer["number"] for answer in askers.answers}) == 4, what="all four to answer")
        cluster.done(Scale("echo", "-3"))
        askers.after_this()

    assert askers.failures == []
    assert [instance.number for instance in cluster.instances()] == [0]


def test_a_port_that_is_taken_is_named_with_its_holder(cluster):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = cluster.ask(Start(applications=[cluster.spec(port=port)]))

    assert isinstance(answer, Failed)
    assert answer.code == "address_in_use"
    assert f"port {port} on 127.0.0.1 is held by" in answer.message
    assert f"(pid {os.getpid()})" in answer.message
    assert cluster.status().applications == []


def test_a_stopped_application_refuses_connections_and_starts_again_on_its_name(cluster, echo):
    port = cluster.port()

    cluster.done(Stop(["echo"]))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))

    cluster.done(Start(targets=["echo"]))
    assert cluster.get()["number"] in {"0", "1"}


def test_a_program_that_is_not_there_is_named(cluster):
    nonesuch = cluster.spec(name="nonesuch", app=None, command=("/no/such/program",), port=None)

    answer = cluster.ask(Start(applications=[nonesuch]))

    assert isinstance(answer, Failed)
    assert "/no/such/program" in answer.message


def test_a_worker_that_hangs_is_restarted(cluster):
    quick = Health(interval=0.1, timeout=1.0, threshold=2, grace=0.0)
    cluster.done(Start(applications=[cluster.spec(instances=1, health=quick, restart_delay=0.1, kill_timeout=0.3)]))
    hung = cluster.instances()[0].pid

    os.kill(hung, signal.SIGSTOP)

    until(lambda: cluster.instances()[0].restarts >= 1 and cluster.states() == ["online"], what="a restart")
    assert "health checks failed" in cluster.instances()[0].last_failure


def test_status_tells_memory_and_live_connections(cluster, echo):
    with socket.create_connection(("127.0.0.1", cluster.port())):
        until(lambda: sum(instance.connections or 0 for instance in cluster.instances()) == 1, what="one connection")

    # An instance is first looked at while its interpreter starts; what it uses when it serves is seen a second later.
    until(lambda: all((i.memory or 0) > 10_000_000 for i in cluster.instances()), what="the memory of both to be seen")


def test_kill_ends_everything_and_answers_first(home):
    with RunningCluster(home) as cluster:
        cluster.done(Start(applications=[cluster.spec()]))
        pids = [instance.pid for instance in cluster.instances()]

        assert cluster.done(Kill()).text == "everything is stopped"

        until(lambda: cluster.keeper.process.poll() is not None, what="the keeper to end")
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    assert not os.path.exists(home / "rpc.sock")


@pytest.mark.cluster("own")
def test_an_idle_manager_stays_small(cluster, echo):
    with open(f"/proc/{cluster.status().manager_pid}/status") as file:
        resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    assert resident <= 30 * 1024


def test_an_application_whose_folder_has_modules_named_like_libraries_starts(cluster, tmp_path):
    for name in ("logging", "redis", "uvicorn", "asyncio"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name}.py of the application was imported')")
    (tmp_path / "shop.py").write_text("from stock import *")
    shutil.copy(Path(APPLICATIONS) / "echo.py", tmp_path / "stock.py")

    cluster.done(Start(applications=[cluster.spec(app="shop:application", cwd=str(tmp_path))]))

    assert cluster.get()["cwd"] == str(tmp_path)
