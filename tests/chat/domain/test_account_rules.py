"""The rules for handles, names and passwords."""

import pytest

from chorus.chat.domain.accounts import check_handle, check_name, check_password, handle_key
from chorus.chat.domain.errors import Invalid, TooLarge


@pytest.mark.parametrize("handle", ["ada", "Ada.Lovelace", "a1", "x" * 32, "7of9", "a_b-c.d"])
def test_a_handle_of_letters_digits_and_marks_is_kept_as_typed(handle):
    assert check_handle(handle) == handle


@pytest.mark.parametrize("handle", ["", "a", "x" * 33, ".ada", "ada lovelace", "ада", "a\0b", "@@ada", "ada\n.x"])
def test_a_handle_of_anything_else_is_invalid(handle):
    with pytest.raises(Invalid):
        check_handle(handle)


@pytest.mark.parametrize("word", ["all", "channel", "Everyone", "here"])
def test_a_word_that_calls_everybody_is_nobodys_handle(word):
    with pytest.raises(Invalid, match=f"@{word} means everybody in a channel"):
        check_handle(word)


def test_the_word_for_whoever_asks_is_nobodys_handle():
    with pytest.raises(Invalid, match="@Me means whoever asks"):
        check_handle("Me")


def test_the_at_sign_and_the_case_do_not_make_another_handle():
    assert handle_key(check_handle(" @Ada ")) == "ada"


def test_a_name_is_kept_in_its_composed_form():
    assert check_name("  Jose\u0301 ") == "José"


@pytest.mark.parametrize(
    "name",
    [
        "\u0646\u06cc\u0645\u200c\u0631\u0648\u0632",
        "\U0001f469\U0001f3fd\u200d\U0001f4bb Ada",
        "\u0b95\u0bcd\u200d\u0bb7",
    ],
)
def test_a_name_may_have_the_joiners_that_scripts_and_emoji_are_written_with(name):
    assert check_name(name) == name


JOINED_TO_NOTHING = [
    "\u200d",
    "\u200c\u0646",
    "\u0646\u200c",
    "\u0646\u200c\u200c\u0646",
    "\u0646 \u200c\u0646",
    "Mi\u200cra",
]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "\u202eevil", "\ud800", *JOINED_TO_NOTHING])
def test_a_name_that_cannot_be_shown_is_invalid(name):
    with pytest.raises(Invalid):
        check_name(name)


def test_a_name_may_have_64_characters():
    assert check_name("x" * 64) == "x" * 64


def test_a_long_name_is_too_large_and_says_both_lengths():
    with pytest.raises(TooLarge, match="found 65 characters, expected at most 64"):
        check_name("x" * 65)


@pytest.mark.parametrize("length", [8, 1024])
def test_the_shortest_and_the_longest_password_are_passwords(length):
    """Row 3."""
    assert check_password("x" * length) == "x" * length


def test_a_password_needs_length_only():
    assert check_password("correct horse") == "correct horse"
    with pytest.raises(Invalid, match="found 7 characters, expected at least 8"):
        check_password("sevench")
    with pytest.raises(TooLarge):
        check_password("x" * 1025)
