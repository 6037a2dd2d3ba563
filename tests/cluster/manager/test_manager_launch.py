"""From an option of the specification to what an instance's process is started with."""

import os
import pwd
import sys
from types import SimpleNamespace

import pytest

from chorus.cluster.keeper import wire
from chorus.cluster.manager import launch
from chorus.cluster.manager.launch import CannotLaunch
from chorus.cluster.manager.records import InstanceRecord
from chorus.cluster.spec import ApplicationSpec, Health

SITE = SimpleNamespace(environment={"PATH": "/bin"}, home="/home/nobody/.chorus")
WORKER = ["-P", "-m", "chorus.cluster.worker", "shop.web:application"]


def started(number: int = 0, *, trial: bool = False, **options) -> wire.SpawnChild:
    """What the keeper is asked to start."""
    spec = ApplicationSpec(**{"name": "shop", "cwd": "/srv", **options})
    record = InstanceRecord(application="shop", number=number, id=4, generation=2)
    return launch.command(SITE, spec, record, 7, trial=trial)


@pytest.mark.parametrize(
    ("options", "argv"),
    [
        ({"app": "shop.web:application"}, [sys.executable, *WORKER]),
        (
            {"app": "shop.web:application", "interpreter": "pypy3", "interpreter_args": ("-B",), "args": ("-v",)},
            ["pypy3", "-B", *WORKER, "-v"],
        ),
        ({"command": ("serve", "-l"), "args": ("80",)}, ["serve", "-l", "80"]),
        ({"script": "job.py", "args": ("-v",)}, [sys.executable, "/srv/job.py", "-v"]),
        ({"script": "job.py", "interpreter_args": ("-B",)}, [sys.executable, "-B", "/srv/job.py"]),
        ({"script": "job.js"}, ["node", "/srv/job.js"]),
        ({"script": "job.mjs"}, ["node", "/srv/job.mjs"]),
        ({"script": "job.cjs"}, ["node", "/srv/job.cjs"]),
        ({"script": "job.sh"}, ["sh", "/srv/job.sh"]),
        ({"script": "bin/job"}, ["/srv/bin/job"]),
        ({"script": "/opt/job.rb", "interpreter": "ruby", "interpreter_args": ("-w",)}, ["ruby", "-w", "/opt/job.rb"]),
    ],
)
def test_what_runs_is_told_by_one_of_three_options_and_what_goes_with_them(options, argv):
    assert started(**options).argv == argv


def test_an_instance_is_told_what_it_is_and_how_long_it_has():
    env = started(3, command=("job",), kill_timeout=2.5, watchdog=1.5).env

    assert (env["PATH"], env["PYTHONUNBUFFERED"], env["CHORUS_HOME"]) == ("/bin", "1", "/home/nobody/.chorus")
    assert (env["CHORUS_APP"], env["CHORUS_KEY"], env["CHORUS_LOAD_SLOT"]) == ("shop", "shop:3:2", "7")
    assert (env["CHORUS_KILL_TIMEOUT"], env["WATCHDOG_USEC"]) == ("2.5", "1500000")
    assert "WATCHDOG_USEC" not in started(command=("job",), watchdog=0).env


def test_a_socket_and_a_load_page_are_for_those_that_use_them():
    shown = [
        (found.listeners, found.page)
        for found in (
            started(app="shop.web:application", port=80),
            started(app="shop.web:application"),
            started(command=("serve",), port=80),
        )
    ]

    assert shown == [(["shop"], "shop"), ([], "shop"), (["shop"], None)]


def test_logs_go_where_the_specification_says_and_look_so():
    own = {"merge_logs": False, "log_type": "json", "timestamps": False, "combined_file": None, "error_file": "/e.log"}

    usual, other = started(1, command=("job",)).logs, started(1, command=("job",), **own).logs

    names = ["/srv/logs/out.log", "/srv/logs/err.log", "/srv/logs/combined.log"]
    assert vars(usual) == vars(wire.Logs(*names, timestamps=True, json=False))
    assert vars(other) == vars(wire.Logs("/srv/logs/out-1.log", "/e-1.log", None, timestamps=False, json=True))


def test_another_user_is_named_or_numbered_and_must_be_there():
    me = pwd.getpwuid(os.getuid())

    by_name, by_number = started(command=("job",), uid=me.pw_name, gid="root"), started(command=("job",), uid=7, gid=8)

    assert (by_name.uid, by_name.gid, by_number.uid, by_number.gid) == (me.pw_uid, 0, 7, 8)
    assert (started(command=("job",)).uid, started(command=("job",)).gid) == (None, None)
    with pytest.raises(CannotLaunch, match='there is no user "nosuch" here'):
        started(command=("job",), uid="nosuch")
    with pytest.raises(CannotLaunch, match='there is no group "nosuch" here'):
        started(command=("job",), gid="nosuch")


def test_a_worker_accepts_when_the_path_that_is_asked_answers_well_or_without_an_operator_at_all():
    """Row 13: what an operator waits for must be well; what the restart policy starts may lack something."""
    app = {"app": "shop.web:application", "health": Health(path="/up")}

    awaited, again = started(trial=True, **app).env, started(**app).env
    otherwise = [started(app="shop.web:application", health=each).env for each in (None, Health(connect=80))]

    assert (awaited["CHORUS_HEALTH_PATH"], awaited["CHORUS_ACCEPTS_WHEN"], again["CHORUS_ACCEPTS_WHEN"]) == (
        "/up", "well", "alive",
    )  # fmt: skip
    assert all("CHORUS_ACCEPTS_WHEN" not in env for env in otherwise)


def test_treekill_is_the_keepers_to_know():
    assert (started(command=("job",)).treekill, started(command=("job",), treekill=False).treekill) == (True, False)
