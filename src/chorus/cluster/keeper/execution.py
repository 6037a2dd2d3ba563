"""Starting a program: fork, make the new process what was asked for, exec; and say when that failed, and at which step.

The new process has a pipe that exec closes. What fails before the exec is written into it, so its reader learns either
the reason or, from the end of the stream, that the program runs.
"""

import fcntl
import os
import pwd
import signal
from collections.abc import Mapping, Sequence
from typing import NoReturn

from chorus.cluster.keeper import marks
from chorus.cluster.keeper.struct import Struct
from chorus.cluster.keeper.wire import Failure

FIRST_PASSED = 3
"""The descriptor passed sockets begin at, as in sd_listen_fds(3)."""


class Program(Struct):
    """What to run, and as what."""

    argv: Sequence[str]
    cwd: str
    env: Mapping[str, str]
    stdout: int
    stderr: int
    passed: Sequence[int] = ()
    """Descriptors the program finds at 3, 4, …"""
    uid: int | None = None
    gid: int | None = None
    mark: int = 0
    """What all that descends from it is known by; 0: nothing."""


def execute(program: Program) -> int:
    """Start the program in a session of its own and return its pid when its exec succeeded.

    Raises Failure: invalid (nothing to run, or a zero byte), spawn_failed (no process or descriptor left), exec_failed.
    """
    texts = [*program.argv, program.cwd, *program.env, *program.env.values()]
    if not program.argv or any("\0" in text for text in texts):
        raise Failure("invalid", "argv is empty, or a text has a zero byte in it")
    try:
        reading, writing = os.pipe2(os.O_CLOEXEC)
    except OSError as error:
        raise Failure("spawn_failed", f"no pipe for {program.argv[0]}: {error.strerror}") from error
    with os.fdopen(reading, "rb") as reasons:
        try:
            pid = os.fork()
        except OSError as error:
            os.close(writing)
            raise Failure("spawn_failed", f"no process for {program.argv[0]}: {error.strerror}") from error
        if pid == 0:
            _become(program, writing)
        os.close(writing)
        reason = reasons.read()
    if reason:
        os.waitpid(pid, 0)
        raise Failure("exec_failed", f"cannot run {program.argv[0]}: {reason.decode(errors='replace')}")
    return pid


def _become(program: Program, reasons: int) -> NoReturn:
    """Turn the forked process into the program, or write why not."""
    step = "setting up"
    try:
        os.setsid()
        marks.put(program.mark)
        _reset_signals()
        reasons = _place_descriptors(program, reasons)
        step = "changing the user"
        _change_user(program.uid, program.gid)
        step = f"entering {program.cwd}"
        os.chdir(program.cwd)
        step = ""
        env = dict(program.env)
        if "LISTEN_FDS" in env:
            env["LISTEN_PID"] = str(os.getpid())
        os.execvpe(program.argv[0], list(program.argv), env)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(reasons, f"{step}{': ' * bool(step)}{error.strerror}".encode())
    except (ValueError, OverflowError) as error:  # a '=' in a variable's name, a user id below 0, a text without bytes
        os.write(reasons, str(error).encode(errors="replace"))
    finally:
        os._exit(127)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) not in (signal.SIG_DFL, None):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _place_descriptors(program: Program, reasons: int) -> int:
    """Put all descriptors where the program expects them, and return the place of the pipe for reasons."""
    wanted = [os.open(os.devnull, os.O_RDWR), program.stdout, program.stderr, *program.passed]
    # First out of the way of all targets, then each to its place.
    above = max(FIRST_PASSED, len(wanted))
    copies = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, above) for fd in wanted]
    reasons = fcntl.fcntl(reasons, fcntl.F_DUPFD_CLOEXEC, above)
    for target, copy in enumerate(copies):
        os.dup2(copy, target, inheritable=True)
    return reasons


def _change_user(uid: int | None, gid: int | None) -> None:
    if uid is not None and uid != os.geteuid():
        try:
            account = pwd.getpwuid(uid)
        except KeyError:  # a user id without an account has no groups but the one given
            os.setgroups([] if gid is None else [gid])
        else:
            gid = account.pw_gid if gid is None else gid
            os.initgroups(account.pw_name, gid)
    if gid is not None:
        os.setgid(gid)
    if uid is not None:
        os.setuid(uid)
