"""Rows 15, 17 and 19 of the table of behaviours: what clients see while processes come and go below them.

`make endurance` runs the long forms of 15 and 17.
"""

import os
import signal
from pathlib import Path

import psutil
import pytest

from chorus.cluster.messages import Reload, Start
from parts.shell import Shell
from parts.visitors import Visitors
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared"), pytest.mark.timeout(1200)]

TIMES = int(os.environ.get("CHORUS_TEST_RELOADS", "2"))
"""Reloads, and kills, under load."""


def test_reloads_under_load_fail_no_request(cluster):
    """Row 15: a new connection for each request, 32 clients: 0 failed. Twenty reloads by `make endurance`, here two."""
    cluster.done(Start(applications=[cluster.spec()]))

    with Visitors(cluster.port()) as visitors:
        for _ in range(TIMES):
            cluster.done(Reload(targets=["echo"]))
        visitors.after(100)

    assert visitors.failures == []
    assert [instance.generation for instance in cluster.instances()] == [TIMES + 1] * 2


def restarts(cluster) -> int:
    """Of all instances together."""
    return sum(instance.restarts for instance in cluster.instances())


def test_a_killed_worker_fails_only_what_it_was_itself_answering(cluster):
    """Row 17: `kill -9` under load refuses or resets nothing else. Twenty kills by `make endurance`, here two."""
    cluster.done(Start(applications=[cluster.spec(restart_delay=0.1, max_restarts=1000)]))
    its_own: set[int] = set()

    with Visitors(cluster.port()) as visitors:
        for turn in range(TIMES):
            worker = cluster.instances()[turn % 2].pid
            its_own |= kill(worker)
            until(lambda turn=turn: restarts(cluster) == turn + 1, what="its death to be seen")
            until(lambda: cluster.states() == ["online", "online"], what="its successor")
            visitors.after(100)

    assert [failure for failure in visitors.failures if failure.port not in its_own] == []
    assert restarts(cluster) == TIMES


def kill(worker: int) -> set[int]:
    """Kill a process; the ports of the clients that it had accepted and not let go: it is stopped while we look."""
    os.kill(worker, signal.SIGSTOP)
    until(lambda: psutil.Process(worker).status() == psutil.STATUS_STOPPED, what="it to be stopped")
    accepted = {each.raddr.port for each in psutil.Process(worker).net_connections("tcp") if each.raddr}
    os.kill(worker, signal.SIGKILL)
    return accepted


RELEASE = """
import os
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
    body = b'{"release": NUMBER, "cwd": "%s"}' % os.getcwd().encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""


def releases(shell: Shell) -> list[Path]:
    """Two folders with different code of one name."""
    folders = [shell.folder / "releases" / number for number in "12"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "shop.py").write_text(RELEASE.replace("NUMBER", folder.name))
    return folders


def test_a_reload_runs_the_new_release_behind_a_link(shell: Shell):
    """Row 19: `current` points elsewhere; a plain reload runs the new code in the new folder."""
    one, two = releases(shell)
    current = shell.folder / "current"
    current.symlink_to(one)
    shell.write('[[apps]]\nname = "shop"\napp = "shop:application"\ncwd = "current"\nport = PORT\ninstances = 2\n')
    shell.ok("start")
    before = shell.answer()

    current.unlink()
    current.symlink_to(two)
    shell.ok("reload", "shop")

    assert before == {"release": 1, "cwd": str(one)}
    assert [shell.answer() for _ in range(10)] == [{"release": 2, "cwd": str(two)}] * 10


def test_a_release_that_is_started_from_inside_its_link_follows_it(shell: Shell):
    """Row 19: `cd current && chorus start`: the folder is what the shell calls it, not where the link pointed then."""
    one, two = releases(shell)
    current = shell.folder / "current"
    current.symlink_to(one)
    for folder in (one, two):
        entry = f'[[apps]]\nname = "shop"\napp = "shop:application"\nport = {shell.port}\n'
        (folder / "ecosystem.toml").write_text(entry)
    shell.folder = current
    shell.ok("start", PWD=str(current))
    before = shell.answer()

    current.unlink()
    current.symlink_to(two)
    shell.ok("reload", "shop", PWD=str(current))

    assert (before["release"], shell.answer()) == (1, {"release": 2, "cwd": str(two)})


def test_a_reload_runs_the_folder_that_the_file_names_now(shell: Shell):
    """Row 19: the file's `cwd` changed; `chorus reload FILE` runs the new code in the new folder."""
    _, two = releases(shell)
    entry = '[[apps]]\nname = "shop"\napp = "shop:application"\nport = PORT\ncwd = "releases/{}"\n'
    shell.write(entry.format(1))
    shell.ok("start")

    shell.write(entry.format(2))
    shell.ok("reload", "ecosystem.toml")

    assert shell.answer() == {"release": 2, "cwd": str(two)}
    assert shell.instances("shop")[0]["restarts"] == 1


def test_a_reload_of_a_script_runs_the_file_behind_the_link(shell: Shell):
    """Row 19: for a program, script and folder alike."""
    shell.program("v1.py", "import time\nprint('the first', flush=True)\ntime.sleep(1000)\n")
    shell.program("v2.py", "import time\nprint('the second', flush=True)\ntime.sleep(1000)\n")
    link = shell.folder / "job.py"
    link.symlink_to("v1.py")
    shell.ok("start", "job.py")

    link.unlink()
    link.symlink_to("v2.py")
    shell.ok("reload", "job")

    until(lambda: "the second" in shell.ok("logs", "job"), what="the new program")
