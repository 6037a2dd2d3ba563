"""A table of text: aligned, coloured on request, and nothing in it steers the terminal."""

from unicodedata import combining, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


NARROW = (Column("ID", worth=1), Column("NAME", least=6), Column("CPU", right=True, worth=2), Column("NOTE", least=10))
ROW = [Cell("7"), Cell("warehouse:0"), Cell("100.0%"), Cell("exited with 1: no such table")]
"""Fifty-two characters in one line."""


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (None, "7   warehouse:0  100.0%  exited with 1: no such table"),
        (80, "7   warehouse:0  100.0%  exited with 1: no such table"),
        (45, "7   warehouse:0  100.0%  exited with 1: no s…"),
        (30, "7   wareh…  100.0%  exited wi…"),
        (28, "warehou…  100.0%  exited wi…"),
        (20, "warehou…  exited wi…"),
        (14, "warehouse:0"),
        (5, "ware…"),
        (1, "…"),
    ],
)
def test_on_a_narrow_terminal_columns_are_cut_and_those_of_least_worth_go(width: int | None, line: str):
    assert render(NARROW, [ROW], PLAIN, width)[1] == line


@given(width=st.integers(1, 120), texts=st.lists(st.text(max_size=40), min_size=4, max_size=4))
def test_no_line_is_ever_wider_than_the_terminal(width: int, texts: list[str]):
    lines = render(NARROW, [[Cell(text) for text in texts]], PLAIN, width)

    assert len(lines) == 2
    assert all(sum(2 if east_asian_width(c) in "WF" else not combining(c) for c in line) <= width for line in lines)
