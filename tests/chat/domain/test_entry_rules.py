"""The rules for messages' texts, and the form of an entry."""

from uuid import UUID

import msgspec
import pytest

from chorus.chat.domain.drafts import check_draft
from chorus.chat.domain.entries import Entry, EntryKind, check_limit, check_seq, check_text
from chorus.chat.domain.errors import Invalid, TooLarge
from chorus.chat.domain.moments import moment


def test_a_text_keeps_its_lines_and_loses_the_empty_ones_around_it():
    assert check_text("\r\n  one\r\ntwo\rthree  \n\n") == "  one\ntwo\nthree"


@pytest.mark.parametrize("text", ["", "  \n\t ", "a\0b", "half \ud83d"])
def test_a_text_that_shows_nothing_or_cannot_be_stored_is_invalid(text):
    with pytest.raises(Invalid):
        check_text(text)


@pytest.mark.parametrize(
    "text", ["\u200b\u200d\ufeff", "\x7f\x80", "\u00ad", "\u3164\u2800", " \ufe0f", "\u2028\u202e"]
)
def test_a_text_of_invisible_characters_shows_nothing(text):
    with pytest.raises(Invalid, match="that can be seen"):
        check_text(text)


@pytest.mark.parametrize("text", [".", "\u200bok", "\u0301", "\U0001fadf", "\uf8ff", "\u0645\u200c\u0631"])
def test_a_text_with_one_character_that_is_seen_is_kept_as_it_is(text):
    assert check_text(text) == text


def test_a_text_of_more_than_16000_characters_is_too_large():
    assert len(check_text("x" * 16_000)) == 16_000
    with pytest.raises(TooLarge, match="found 16001 characters, expected at most 16000"):
        check_text("x" * 16_001)


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
def test_a_draft_that_cannot_be_stored_is_invalid(text):
    with pytest.raises(Invalid):
        check_draft(text)


def test_a_draft_is_kept_as_it_is_and_of_spaces_alone_it_is_none():
    assert check_draft("  Dear all,\n") == "  Dear all,\n"
    assert check_draft(" \n ") == ""


@pytest.mark.parametrize("limit", [0, 201, -5])
def test_a_page_has_1_to_200_entries(limit):
    assert [check_limit(good) for good in (1, 200)] == [1, 200]
    with pytest.raises(Invalid):
        check_limit(limit)


@pytest.mark.parametrize("seq", [-1, 2**53])
def test_a_position_is_what_a_javascript_number_holds(seq):
    with pytest.raises(Invalid):
        check_seq(seq)


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1795449600123, "2026-11-23T16:00:00.123Z"),
        (1795449600999, "2026-11-23T16:00:00.999Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_milliseconds(milliseconds, written):
    assert moment(milliseconds) == written


def test_an_entry_goes_to_clients_in_this_form():
    entry = Entry(3, 17, EntryKind.POSTED, moment(0), 5, UUID(int=1), "hi", "<p>hi</p>")

    assert msgspec.json.encode(entry) == (
        b'{"channel":3,"seq":17,"kind":"posted","at":"1970-01-01T00:00:00.000Z","sender":5,'
        b'"client_id":"00000000-0000-0000-0000-000000000001","text":"hi","html":"<p>hi</p>"}'
    )
