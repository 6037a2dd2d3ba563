"""Which invites may be made, and until when they stand. Row 1."""

import pytest

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.errors import Invalid
from chorus.chat.domain.invites import LONGEST_INVITE, MOST_CHANNELS, MOST_SIGN_UPS, Invite, check_invite


@pytest.mark.parametrize(
    ("now", "used", "stands"), [(99, 0, True), (100, 0, False), (99, 1, True), (99, 2, False), (99, 3, False)]
)
def test_an_invite_stands_until_it_expires_or_is_used_up(now, used, stands):
    """Row 1: expiring, countable."""
    assert Invite("i", 1, Role.MEMBER, (), 1, expires_at=100, most=2, used=used).stands(now) is stands


def test_an_invite_without_bounds_stands():
    assert Invite("i", 1, Role.MEMBER, (), 1, expires_at=None, most=None, used=10_000).stands(10**15)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"lasts": 0}, "expires_in"),
        ({"lasts": LONGEST_INVITE + 1}, "expires_in"),
        ({"most": 0}, "most"),
        ({"most": MOST_SIGN_UPS + 1}, "most"),
        ({"channels": MOST_CHANNELS + 1}, "channels"),
    ],
)
def test_an_invite_beyond_a_bound_is_invalid_by_name(wrong, word):
    within = {"lasts": LONGEST_INVITE, "most": MOST_SIGN_UPS, "channels": MOST_CHANNELS}
    check_invite(Role.ADMIN, Role.MEMBER, **within)

    with pytest.raises(Invalid, match=f"^{word}: "):
        check_invite(Role.ADMIN, Role.MEMBER, **{**within, **wrong})
