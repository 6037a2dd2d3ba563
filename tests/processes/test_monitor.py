"""`chorus monitor` as an operator runs it: on a terminal, over a real cluster."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = pytest.mark.processes

ECHO = 'apps = [{ name = "echo", app = "echo:application", port = PORT, instances = 2 }]'
STEERING = re.compile(r"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b[=>]|\x1b[P_][^\x1b]*\x1b\\")


class Seat:
    """A terminal with a command in it: what it wrote so far, and keys for it."""

    def __init__(self, shell: Shell, *words: str, columns: int = 80, lines: int = 24, **variables: str) -> None:
        self._end, theirs = pty.openpty()
        self.resize(columns, lines)
        # A shell may have exported how large the terminal once was.
        size = {"COLUMNS": "80", "LINES": "24"}
        environment = {**shell.environment, **size, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        environment |= variables
        self.process = subprocess.Popen(
            shell.command(*words), cwd=shell.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.written = ""

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def sees(self, *texts: str) -> bool:
        """Whether all of these were written since the last `forget`."""
        while select.select([self._end], [], [], 0)[0]:
            try:
                self.written += os.read(self._end, 1 << 16).decode(errors="replace")
            except OSError:  # the command has ended
                break
        plain = STEERING.sub("", self.written)
        if all(text in plain for text in texts):
            return True
        assert not texts or self.process.poll() is None, f"it ended with {self.process.returncode}: {plain[-2000:]}"
        return False

    def forget(self) -> None:
        self.sees()
        self.written = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self._end)


def test_it_follows_a_cluster_and_reloads_it_when_asked_to(shell: Shell):
    """It appears, resizes, asks before it reloads, and leaves the terminal as it was."""
    shell.write(ECHO)
    shell.ok("start")
    before = shell.pids()["echo"]
    with Seat(shell, "monitor") as seat:
        until(lambda: seat.sees("echo:0", "echo:1", "2 of 2 online", "echo:0  log"), within=30, what="both instances")
        until(lambda: seat.sees("serves http"), within=30, what="the log")
        seat.forget()
        seat.resize(160, 50)
        os.kill(seat.process.pid, signal.SIGWINCH)  # what a terminal says to the program in its foreground
        until(lambda: seat.sees("event loop lag", "descriptors"), within=30, what="the details")

        seat.press("r")
        until(lambda: seat.sees("Reload echo?"), within=30, what="the question")
        assert shell.pids()["echo"] == before
        seat.press("y")
        until(lambda: seat.sees("reloaded echo"), within=60, what="the reload")
        after = shell.pids()["echo"]
        seat.forget()
        seat.press("q")
        until(lambda: seat.sees() and seat.process.poll() is not None, within=30, what="its end")
        code = seat.process.returncode

    assert code == 0
    assert "\x1b[?1049l" in seat.written, "the screen from before is back"
    assert not set(before) & set(after)


def test_it_waits_where_nothing_runs_shows_what_comes_and_ends_at_once_whatever_is_under_way(shell: Shell):
    with Seat(shell, "monitor") as seat:
        until(lambda: seat.sees("Nothing runs in", "chorus start"), within=30, what="the hint")
        shell.program("job.py", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.pause()\n")
        shell.ok("start", "job.py")

        until(lambda: seat.sees("job:0", "1 of 1 online"), within=30, what="the job")
        seat.press("R")
        until(lambda: seat.sees("Restart job:0?"), within=30, what="the question")
        seat.press("y")
        [pid] = shell.pids()["job"]
        until(lambda: shell.states("job") == ["stopping"], within=30, what="the restart to begin")
        seat.press("q")
        until(lambda: seat.sees() and seat.process.poll() is not None, within=30, what="its end")
        assert shell.states("job") == ["stopping"], "it waited for what goes on without it"
        assert "Restart job:0: it goes on" in seat.written
        os.kill(pid, signal.SIGKILL)


def test_without_a_terminal_it_names_what_does_without(shell: Shell):
    refused = shell.chorus("monitor")

    assert refused.returncode == 1
    assert "found no terminal" in refused.stderr
    assert "chorus status --watch" in refused.stderr


def test_a_terminal_that_draws_nothing_gets_a_line_that_says_what_does(shell: Shell):
    with Seat(shell, "monitor", TERM="dumb") as seat:
        code = seat.process.wait(30)
        until(lambda: seat.sees() or seat.written, within=30, what="what it says")

    assert code == 1
    assert seat.written.startswith("chorus: monitor: found TERM=dumb, expected a terminal whose cursor can be moved")
    assert "chorus status --watch" in seat.written
    assert "\x1b" not in seat.written


def test_one_that_is_told_to_end_leaves_the_terminal_as_it_was(shell: Shell):
    with Seat(shell, "monitor") as seat:
        until(lambda: seat.sees("Nothing runs in"), within=30, what="the screen")
        seat.process.terminate()
        until(lambda: seat.sees() and seat.process.poll() is not None, within=30, what="its end")

    assert seat.process.returncode == 128 + signal.SIGTERM
    assert "\x1b[?1049l" in seat.written


def test_no_color_is_no_colour(shell: Shell):
    """None, and not shades of grey; what is selected has its mark."""
    shell.ok("start", "sleep 600")
    with Seat(shell, "monitor", NO_COLOR="1") as seat:
        until(lambda: seat.sees("▌ sleep:0", "1 of 1 online"), within=30, what="the instance")
        seat.press("q")
        until(lambda: seat.sees() and seat.process.poll() is not None, within=30, what="its end")

    codes = {code for sgr in re.findall(r"\x1b\[([0-9;]*)m", seat.written) for code in sgr.split(";")}
    assert codes <= {"", "0", "1", "2", "3", "4", "7", "39", "49"}


def test_status_is_no_wider_than_the_terminal(shell: Shell):
    """Columns of least worth go; as many lines as there are instances."""
    shell.ok("start", "sleep 600", "-n", "warehouse")
    shown: dict[int, list[str]] = {}
    for columns in (200, 60, 20):
        with Seat(shell, "status", columns=columns) as seat:
            assert seat.process.wait(30) == 0
            until(lambda seat=seat: seat.sees() or seat.written, within=30, what="the table")
            shown[columns] = STEERING.sub("", seat.written).splitlines()

    assert {columns: max(map(len, lines)) <= columns for columns, lines in shown.items()} == dict.fromkeys(shown, True)
    assert [len(lines) for lines in shown.values()] == [2, 2, 2]
    assert "CONNECTIONS" in shown[200][0]
    assert shown[60][1].startswith("warehouse:0  online")


def test_a_status_that_is_watched_stays_in_its_place(shell: Shell):
    """On a terminal with fewer lines than there are instances, too, and without colours."""
    shell.ok("start", "sleep 600", "-i", "9")
    with Seat(shell, "status", "--watch", lines=6, NO_COLOR="1") as seat:
        until(lambda: seat.sees("sleep:2", "… 6 more lines"), within=30, what="the table")
        seat.forget()
        until(lambda: seat.sees("sleep:0"), within=30, what="the next one")
        seat.process.send_signal(signal.SIGINT)
        until(lambda: seat.sees() or seat.process.poll() is not None, within=30, what="its end")
        code = seat.process.wait(30)

    assert code == 130
    assert seat.written.startswith("\x1b[H\x1b[2J")


def test_other_commands_do_not_load_it(shell: Shell):
    """Textual takes longer to import than `status` may take in all."""
    program = (
        "import sys; from chorus.entry.command import main; sys.argv = ['chorus', 'status']; main();"
        "print([m for m in sys.modules if m.startswith(('textual', 'rich', 'psutil'))])"
    )
    words = [*shell.command()[:1], "-c", program]
    ended = subprocess.run(words, env=shell.environment, capture_output=True, text=True, check=False)

    assert ended.stdout == "[]\n", ended.stderr
