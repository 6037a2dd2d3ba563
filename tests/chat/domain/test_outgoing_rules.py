"""Row 16: what outgoing webhooks are told, and when it is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.domain.errors import Invalid, TooLarge
from chorus.chat.domain.outgoing import MOST_WORDS, WAITS, check_words, next_attempt, word_of


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("deploy", "deploy"),
        ("Deploy: now", "deploy"),
        ("  deploy now", "deploy"),
        ("deployed", None),
        ("please deploy", None),
        ("!build 7", "!build"),
        ("", None),
    ],
)
def test_a_message_has_to_begin_with_a_word(text, word):
    assert word_of(text, ("deploy", "!build")) == word


def test_without_words_any_message_is_told():
    assert word_of("whatever", ()) == ""


@given(st.integers(1, len(WAITS)), st.floats(0, 1), st.integers(0, 2**41))
def test_it_is_tried_again_after_ever_longer_waits(attempts, chance, now):
    """Row 16: with back-off."""
    due = next_attempt(attempts, now=now, chance=chance)

    assert WAITS[attempts - 1] * 1000 <= due - now <= WAITS[attempts - 1] * 1200


def test_at_last_it_is_given_up():
    assert next_attempt(len(WAITS) + 1, now=1, chance=0.5) is None


def test_words_are_kept_once_and_without_space():
    assert check_words([" deploy", "deploy", "build "], everywhere=True) == ("deploy", "build")


def test_words_that_are_none_are_refused():
    for words, error in ((["a" * 65], TooLarge), (["  "], Invalid), (["a\nb"], Invalid)):
        with pytest.raises(error):
            check_words(words, everywhere=False)
    with pytest.raises(Invalid):
        check_words([str(number) for number in range(MOST_WORDS + 1)], everywhere=False)
    with pytest.raises(Invalid, match="where no channel is named"):
        check_words([], everywhere=True)
