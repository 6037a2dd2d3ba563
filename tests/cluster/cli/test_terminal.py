"""Plain lines for programs; colours and a moving line for people at a terminal."""

import io
import os

import pytest

from chorus.cluster.cli.terminal import Terminal


@pytest.fixture
def screen():
    """A pseudo terminal: a function that gives a Terminal on it, and what was written so far."""
    master, slave = os.openpty()

    def shown():
        os.write(slave, b"\0")  # the kernel may bring what was written in several parts
        found = b""
        while not found.endswith(b"\0"):
            found += os.read(master, 4096)
        return found[:-1].decode()

    with open(slave, "w") as stream:
        yield lambda **environment: Terminal(stream, stream, environment), shown
    os.close(master)


def test_on_a_terminal_a_failure_is_red(screen):
    terminal, shown = screen

    terminal().fail("chorus", "no")

    assert "\x1b[31mchorus:\x1b[0m no" in shown()


def test_what_a_file_or_a_program_says_does_not_steer_the_terminal():
    """Its colours are left out, everything else of the kind is shown as a question mark."""
    err = io.StringIO()
    terminal = Terminal(io.StringIO(), err, {})

    terminal.fail("chorus", 'found "\x1b[2J\x07"', ["\x1b[31mred\x1b[0m\tand so on", "\x9b6n"])
    terminal.note("é\r")
    terminal.progress("\x1b]0;title\x07", 1, 1)

    assert err.getvalue() == 'chorus: found "?[2J?"\n  red\tand so on\n  ?6n\né?\n?]0;title?\n'


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, "\x1b[31mred\x1b[0m?[2J\t?"), ({"NO_COLOR": "1"}, "red?[2J\t?"), ({"TERM": "dumb"}, "red?[2J\t?")],
)
def test_a_line_of_a_log_keeps_its_colours_on_a_terminal_and_all_of_it_elsewhere(
    screen, environment: dict[str, str], expected: str
):
    terminal, _ = screen
    line = "\x1b[31mred\x1b[0m\x1b[2J\t\x07"

    assert terminal(**environment).shown(line) == expected
    assert Terminal(io.StringIO(), io.StringIO(), {}).shown(line) == line


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colour_gets_none(screen, environment: dict[str, str]):
    terminal, shown = screen

    terminal(**environment).fail("chorus", "no")

    assert shown() == "chorus: no\r\n"


def test_on_a_terminal_progress_is_one_moving_line_that_goes_away(screen):
    terminal, shown = screen
    moving = terminal(NO_COLOR="1")

    moving.progress("chat:0 online", 1, 2)
    moving.say("done")

    assert shown() == "\r\x1b[Kchat:0 online\r\x1b[Kdone\r\n".replace("chat", "1/2 chat")


def test_without_a_terminal_progress_is_lines_beside_the_result():
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out, err, {})

    terminal.progress("chat:0 online", 1, 2)
    terminal.say("done")
    terminal.fail("chorus", "no", ["because"])

    assert out.getvalue() == "done\n"
    assert err.getvalue() == "1/2 chat:0 online\nchorus: no\n  because\n"


@pytest.mark.parametrize("full", [True, False], ids=["a full disk", "a reader of both streams that has enough"])
def test_what_cannot_be_written_beside_the_result_ends_nothing(full: bool):
    """An apply that reports its steps goes on."""
    reading, writing = os.pipe()
    os.close(reading)
    out = io.StringIO()
    with os.fdopen(writing, "w") as gone, open("/dev/full", "w") as disk:
        terminal = Terminal(out, disk if full else gone, {})

        terminal.progress("chat:0 online", 1, 2)
        terminal.note("waiting for the next one")
        terminal.fail("chorus", "no", ["because"])
        terminal.say("started chat")

    assert out.getvalue() == "started chat\n"
