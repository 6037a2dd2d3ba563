"""Who is called by a text. Row 10: @name, @channel, @here."""

import pytest

from chorus.chat.domain.accounts import check_handle
from chorus.chat.domain.errors import Invalid
from chorus.chat.domain.mentions import MOST_HANDLES, calls_in, handles_in

LONGEST = "l" * 32
PEOPLE = {"ada": 5, "ada.l": 6, "bob-": 7, LONGEST: 8}


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@ada", [("@ada", 5)]),
        ("@Ada, and @ADA!", [("@Ada", 5), ("@ADA", 5)]),
        ("(@ada)", [("@ada", 5)]),
        ("Ask @ada.", [("@ada", 5)]),
        ("Ask @ada.l.", [("@ada.l", 6)]),
        ("@bob- is odd", [("@bob-", 7)]),
        ("@channel @here", [("@channel", 0), ("@here", 0)]),
        ("@all, @everyone: as others call it", [("@all", 0), ("@everyone", 0)]),
        ("@eve is not here", []),
        ("mail ada@ada.example or x@ada", []),
        ("@@ada and /@ada", []),
        ("1+@ada, 1-@ada and 1.@ada", []),
        (f"@{LONGEST}!", [(f"@{LONGEST}", 8)]),
        (f"@{LONGEST}l and @{LONGEST}_", []),
        ("@adam and @ada_x", []),
        ("@a @", []),
        ("@" + "a" * 40, []),
    ],
)
def test_a_handle_after_an_at_calls_its_account(text, called):
    assert [(text[call.start : call.end], call.account) for call in calls_in(text, PEOPLE)] == called


def test_what_may_be_a_handle_is_looked_up_with_and_without_the_sentences_end():
    assert handles_in("Ask @Ada.., or @here") == {"ada..", "ada.", "ada"}


@pytest.mark.parametrize("end", ["", "..."])
def test_a_text_looks_up_a_bounded_number_of_handles(end):
    assert len(handles_in(" ".join(f"@u{n}{end}" for n in range(9_000)))) == MOST_HANDLES


@pytest.mark.parametrize("handle", ["channel", "Here"])
def test_what_calls_everybody_is_nobodys_handle(handle):
    with pytest.raises(Invalid, match="everybody"):
        check_handle(handle)
