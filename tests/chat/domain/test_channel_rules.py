"""The rules for channels' names and topics."""

import pytest

from chorus.chat.domain.channels import Channel, check_channel_id, check_channel_name, check_topic
from chorus.chat.domain.errors import Invalid, NotFound, TooLarge


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("general", "general"), ("#Café-2", "café-2"), (" Плазма_1 ", "плазма_1"), ("\uff46\uff55ll", "full")],
)
def test_a_channel_name_is_kept_in_lower_case(typed, kept):
    assert check_channel_name(typed) == kept


@pytest.mark.parametrize("name", ["", "#", "two words", "-dash", "a/b", "a\0", "<b>", "a.b"])
def test_a_channel_name_with_other_characters_is_invalid(name):
    with pytest.raises(Invalid):
        check_channel_name(name)


def test_a_long_channel_name_is_too_large():
    with pytest.raises(TooLarge, match="found 65"):
        check_channel_name("x" * 65)


def test_the_longest_name_and_the_longest_topic_are_kept():
    assert check_channel_name("#" + "x" * 64) == "x" * 64
    assert check_topic("x" * 250) == "x" * 250


def test_a_topic_is_one_line():
    assert check_topic("  all\n of  it ") == "all of it"
    with pytest.raises(Invalid):
        check_topic("a\0b")
    with pytest.raises(TooLarge):
        check_topic("x" * 251)


@pytest.mark.parametrize("channel", [0, -1, 2**31, 10**30])
def test_an_id_that_no_channel_can_have_is_not_found(channel):
    with pytest.raises(NotFound):
        check_channel_id(channel)


def test_from_outside_nothing_is_seen_of_the_one_who_is_in():
    """Row 6: neither how far they have read nor what is new to them."""
    mine = Channel(3, "general", "", last_seq=9, read_seq=7, member=True, members=2, unread=2, mentions=1)

    assert mine.seen_from_outside() == Channel(3, "general", "", last_seq=9, read_seq=0, member=False, members=2)
