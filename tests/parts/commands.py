"""Runs the `chorus` command as often as tests want, each time in a process of its own, without importing it anew.

Starting Python and importing the command line costs more than most commands do. So one process imports it once and
forks for each command: the copy gets folder, variables and streams as a shell would give them, runs `main` and ends.
What a start from nothing must do (import little, take signals) is tested with real starts.

    run(["status", "--json"], cwd=folder, env={"CHORUS_HOME": ...})     # a subprocess.CompletedProcess
"""

import array
import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

LARGEST = 1 << 20
"""Bytes of what a command is given."""


def run(words: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; raises subprocess.TimeoutExpired as `subprocess.run` does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        asked = json.dumps({"words": list(words), "cwd": str(cwd), "env": dict(env)}).encode()
        with tempfile.TemporaryFile() as given:
            given.write(asked)
            given.flush()
            fds = array.array("i", [theirs.fileno(), given.fileno(), out.fileno(), err.fileno()])
            _template().sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        theirs.close()
        ours.settimeout(timeout)
        pid = int(ours.recv(32))
        try:
            code = int(ours.recv(32))
        except TimeoutError as error:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(words), timeout) from error
        texts = [_read(stream) for stream in (out, err)]
    return subprocess.CompletedProcess(list(words), code, *texts)


def _read(stream) -> str:
    stream.seek(0)
    return stream.read().decode()


@cache
def _template() -> socket.socket:
    """The process that forks, one for each process of the tests; it ends when we do."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
    return ours


def _serve(asking: socket.socket) -> None:
    from chorus.cluster.cli import act, deploy, ending, info, logs, saved, start, status  # noqa: F401 - for the copies
    from chorus.entry.command import main

    gc.freeze()
    while True:
        data, attached, _, _ = asking.recvmsg(1, socket.CMSG_SPACE(4 * array.array("i").itemsize))
        if not data:
            return
        fds = array.array("i", attached[0][2])
        if os.fork() == 0:
            asking.close()
            _attend(*fds, main=main)
        for each in fds:
            os.close(each)
        with contextlib.suppress(ChildProcessError):  # those that ended since
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _attend(answering: int, given: int, out: int, err: int, *, main) -> None:
    """Run one command, say its pid and how it ended, and end."""
    with socket.socket(fileno=answering) as answers:
        pid = os.fork()
        if pid == 0:
            answers.close()
            _become(given, out, err, main)
        answers.send(b"%d" % pid)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):  # it was given up
            answers.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(given: int, out: int, err: int, main) -> None:
    code = 1
    try:
        with os.fdopen(given) as file:
            file.seek(0)
            asked = json.load(file)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.close(out)
        os.close(err)
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        time.tzset()
        sys.argv = ["chorus", *asked["words"]]
        code = main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
