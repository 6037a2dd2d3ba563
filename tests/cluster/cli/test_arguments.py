"""Words of the command line become operands and options."""

import pytest

from chorus.cluster.cli.arguments import Option, read
from chorus.cluster.cli.failure import USAGE, CommandFailed

DECLARED = (Option("lines", "-n", "N"), Option("follow", "-f"), Option("only", "", "A,B"))


def refusal(*words: str, most: int = 2) -> list[str]:
    """What the usage error of these words says, line by line."""
    with pytest.raises(CommandFailed) as caught:
        read(words, DECLARED, most=most)
    assert caught.value.code == USAGE
    return [caught.value.message, *caught.value.detail]


@pytest.mark.parametrize("words", ["--lines 5", "--lines=5", "-n 5", "-n5", "-n=5"])
def test_a_value_may_stand_behind_its_option_or_on_it(words: str):
    assert read(words.split(), DECLARED).text("lines") == "5"


def test_options_stand_anywhere_between_the_operands():
    arguments = read(["chat", "-f", "shop", "--only", "a,,b"], DECLARED, most=2)

    assert arguments.operands == ["chat", "shop"]
    assert arguments.given("follow")
    assert not arguments.given("lines")
    assert arguments.words("only") == ["a", "b"]


def test_a_negative_number_is_an_operand():
    """`chorus scale chat -1` needs no quotes and no dashes."""
    assert read(["chat", "-1"], DECLARED, most=2).operands == ["chat", "-1"]


def test_what_follows_two_dashes_is_left_alone():
    arguments = read(["app.py", "--", "-n", "--bad", "--"], DECLARED, most=1)

    assert arguments.operands == ["app.py"]
    assert arguments.rest == ["-n", "--bad", "--"]


def test_an_unknown_option_is_named_with_the_nearest_known_one():
    assert refusal("--folow") == ['unknown option "--folow"', "Did you mean --follow?"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lines"], "--lines wants a value: --lines N"),
        (["--follow=yes"], "--follow takes no value"),
        (["-f", "--follow"], "--follow stands there twice"),
        (["a", "b", "c"], 'too many arguments: "c"'),
    ],
)
def test_what_cannot_be_understood_is_said(words: list[str], message: str):
    assert refusal(*words) == [message]


def test_a_command_without_operands_takes_none():
    assert refusal("chat", most=0) == ['takes no argument: "chat"']


def test_too_few_operands_are_refused():
    with pytest.raises(CommandFailed, match="too few arguments"):
        read([], DECLARED, least=1, most=1)


@pytest.mark.parametrize("text", ["x", "-5", "101", "1.5", "", "٣", "9" * 50])
def test_a_number_has_bounds_and_says_them(text: str):
    arguments = read([f"--lines={text}"], DECLARED)

    with pytest.raises(CommandFailed, match="expected a whole number from 0 to 100"):
        arguments.number("lines", 50, least=0, most=100)


def test_an_absent_number_is_its_default():
    assert read([], DECLARED).number("lines", 50, least=0, most=100) == 50


def test_words_behind_commas_may_have_blanks_around_them_and_in_them():
    arguments = read(["--only", " limit worker, api,,"], [Option("only", "", "A,B")])

    assert arguments.words("only") == ["limit worker", "api"]
