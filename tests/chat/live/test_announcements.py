"""What instances tell each other, one sentence a test."""

import msgspec
import pytest

from chorus.chat.live.announcements import MembershipChanged, SessionEnded, read_notice


@pytest.mark.parametrize("notice", [MembershipChanged(account=5, channel=3), SessionEnded(session="abc")])
def test_a_notice_arrives_as_it_was_told(notice):
    assert read_notice(msgspec.json.encode(notice)) == notice


@pytest.mark.parametrize("message", [b"", b"{}", b"nonsense", b'{"type":"ServerOnFire"}', b'{"type":"SessionEnded"}'])
def test_what_a_newer_instance_says_is_refused_and_not_guessed(message):
    with pytest.raises(msgspec.DecodeError):
        read_notice(message)
