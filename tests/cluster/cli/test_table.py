"""A table of text: aligned, coloured on request, and nothing in it steers the terminal."""

from chorus.cluster.cli.table import Cell, Column, render
from chorus.cluster.cli.terminal import Paint

COLUMNS = (Column("NAME"), Column("PID", right=True), Column("NOTE"))
PLAIN = Paint(on=False)


def test_columns_are_as_wide_as_their_widest_cell():
    rows = [[Cell("chat:0"), Cell("7"), Cell("")], [Cell("a"), Cell("12345"), Cell("well")]]

    assert render(COLUMNS, rows, PLAIN) == ["NAME      PID  NOTE", "chat:0      7", "a       12345  well"]


def test_a_colour_does_not_change_the_alignment():
    [_, line] = render(COLUMNS, [[Cell("a", "green"), Cell("7", "dim"), Cell("x")]], Paint(on=True))

    assert line == "\x1b[32ma\x1b[0m       \x1b[2m7\x1b[0m  x"


def test_wide_characters_take_two_columns():
    lines = render(COLUMNS, [[Cell("漢字"), Cell("1"), Cell("x")], [Cell("abcd"), Cell("1"), Cell("x")]], PLAIN)

    assert lines[1:] == ["漢字    1  x", "abcd    1  x"]


def test_control_characters_of_a_program_do_not_reach_the_terminal():
    """A status text such as an escape sequence is shown, not obeyed."""
    [_, line] = render(COLUMNS, [[Cell("a"), Cell("1"), Cell("\x1b[2Jgone\n")]], PLAIN)

    assert line.endswith("?[2Jgone?")
