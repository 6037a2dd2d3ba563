"""Names on Redis: back and forth, and in the slot they belong to."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.backplane.names import Names

CHANNELS = st.text(alphabet="a%{}7BD25:é/")


@given(CHANNELS)
def test_a_name_comes_back_as_it_was(channel):
    names = Names("chorus", 0)

    assert names.channel(names.wire(channel)) == channel


@given(CHANNELS, CHANNELS)
def test_two_channels_never_share_a_name(one, other):
    names = Names("chorus", 0)

    assert (names.wire(one) == names.wire(other)) == (one == other)


@given(CHANNELS)
def test_a_key_beside_a_channel_has_it_between_its_first_braces(channel):
    """So a cluster puts both into one slot."""
    names = Names("chorus", 0)
    key = names.beside(channel, "/entries")

    assert key[key.index("{") + 1 : key.index("}")] == names.wire(channel)
