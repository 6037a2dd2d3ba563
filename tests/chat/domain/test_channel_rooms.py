"""A channel's durable room, by its name."""

import pytest

from chorus.chat.domain.rooms import channel_of, room_of


def test_a_channel_and_its_room_name_each_other():
    assert channel_of(room_of(7)) == 7


def test_a_room_that_is_no_channels_is_refused():
    with pytest.raises(ValueError):
        channel_of("typing:7")
