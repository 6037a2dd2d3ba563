"""The packets of a bot's connection."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.client import wire


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}', wire.Opened(25.0, 20.0)),
        ("2", wire.Ping()),
        ('40{"sid":"a"}', wire.Connected()),
        ('42["entry",{"seq":1}]', wire.Event("entry", {"seq": 1})),
        ('42["bare"]', wire.Event("bare", None)),
        ('44{"message":"no","data":{"code":"forbidden","detail":"no"}}', wire.Refused("forbidden", "no")),
        ('44{"message":"no"}', wire.Refused("error", "no")),
        ("41", wire.Ended()),
        ("1", wire.Ended()),
        ('43[1]', None),
        ("6", None),
    ],
)  # fmt: skip
def test_a_packet_is_read(text, packet):
    assert wire.read(text) == packet


@given(st.text('0123456789{}[]":,aé', max_size=20))
def test_whatever_comes_is_read_or_not_understood(text):
    with contextlib.suppress(wire.NotUnderstood):
        wire.read(text)
