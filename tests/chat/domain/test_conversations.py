"""Conversations are their people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.domain.channels import LARGEST_ID, LONGEST_CHANNEL_NAME, ChannelKind
from chorus.chat.domain.conversations import MOST_PEOPLE, check_people, conversation_name, kind_of, people_of
from chorus.chat.domain.errors import Invalid, NotFound

some_people = st.sets(st.integers(1, LARGEST_ID), min_size=1, max_size=MOST_PEOPLE)


@given(some_people)
def test_a_conversations_name_says_who_is_in_it_and_fits_where_channels_names_do(people):
    name = conversation_name(people)

    assert people_of(name) == tuple(sorted(people))
    assert len(name) <= LONGEST_CHANNEL_NAME


def test_nobody_is_in_the_name_of_a_channel():
    assert people_of("general") == ()


def test_whoever_begins_a_conversation_is_in_it_once():
    assert check_people([7, 3, 7], by=3) == (3, 7)


@pytest.mark.parametrize(("people", "kind"), [({1}, "direct"), ({1, 2}, "direct"), ({1, 2, 3}, "group")])
def test_more_than_two_are_a_group(people, kind):
    assert kind_of(people) is ChannelKind(kind)


def test_more_than_nine_want_a_channel():
    assert len(check_people(range(2, 10), by=1)) == 9
    with pytest.raises(Invalid, match="found 10 with you, expected at most 9"):
        check_people(range(2, 11), by=1)


@pytest.mark.parametrize("nobody", [0, -1, 2**31, 10**30])
def test_an_id_that_no_account_has_is_not_found(nobody):
    with pytest.raises(NotFound):
        check_people([nobody], by=1)
