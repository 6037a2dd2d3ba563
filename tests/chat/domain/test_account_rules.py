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


def test_the_at_sign_and_the_case_do_not_make_another_handle():
    assert handle_key(check_handle(" @Ada ")) == "ada"


def test_a_name_is_kept_in_its_composed_form():
    assert check_name("  Jose\u0301 ") == "José"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "\u202eevil", "\ud800"])
def test_a_name_that_cannot_be_shown_is_invalid(name):
    with pytest.raises(Invalid):
        check_name(name)


def test_a_long_name_is_too_large_and_says_both_lengths():
    with pytest.raises(TooLarge, match="found 65 characters, expected at most 64"):
        check_name("x" * 65)


def test_a_password_needs_length_only():
    assert check_password("correct horse") == "correct horse"
    with pytest.raises(Invalid, match="found 7 characters, expected at least 8"):
        check_password("sevench")
    with pytest.raises(TooLarge):
        check_password("x" * 1025)
