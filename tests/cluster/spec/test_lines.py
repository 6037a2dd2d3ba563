"""A command line of one text: run as it is, or by a shell where only that understands it."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.spec.lines import command, program


@pytest.mark.parametrize(
    "line",
    ["sleep 1 && npm start", "PORT=80 npm start", "cat x | wc", "echo $HOME", 'echo "$HOME"', "ls *.py", "a > b"],
)
def test_what_only_a_shell_understands_is_run_by_one(line: str):
    assert command(line) == ["sh", "-c", line]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("node server.js --fast", ["node", "server.js", "--fast"]),
        ("python -c 'a; b | c'", ["python", "-c", "a; b | c"]),
        ('python -c "a; b"', ["python", "-c", "a; b"]),
        (r"echo a\;b", ["echo", "a;b"]),
        ("curl http://x/?a=1", ["curl", "http://x/?a=1"]),
    ],
)
def test_what_stands_in_quotes_needs_none(line: str, words: list[str]):
    assert command(line) == words


@given(st.lists(st.text(st.characters(blacklist_characters="\0"), min_size=1), min_size=1, max_size=5))
def test_words_that_are_quoted_are_those_words(words: list[str]):
    assert command(shlex.join(words)) == words


@pytest.mark.parametrize(
    ("line", "name"), [("npm start", "npm"), ("A=1 B=2 npm start", "npm"), ("A=1", ""), ("'my tool' x", "my tool")]
)
def test_a_line_is_about_its_first_word_that_sets_no_variable(line: str, name: str):
    assert program(line) == name


def test_a_quote_without_an_end_is_an_error():
    with pytest.raises(ValueError, match="quotation"):
        command("say 'no")
