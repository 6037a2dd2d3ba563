"""Access tokens: what a good one says, for as long as it is good, however often it is looked at."""

import pytest

from chorus.chat.access import jwt
from chorus.chat.actions.tokens import AccessClaims, read_access_token, sign_access_token
from chorus.chat.domain.errors import Unauthenticated

SECRET, OTHER = "a" * 64, "b" * 64


def token() -> str:
    return sign_access_token(secret=SECRET, account_id=7, session_id="s", now=1000, lifetime=60)


def test_a_good_token_says_who_and_by_which_session():
    assert read_access_token(token(), secret=SECRET, now=1059) == AccessClaims(7, "s")


def test_a_token_that_was_good_a_moment_ago_is_refused_once_it_has_expired():
    good = token()
    read_access_token(good, secret=SECRET, now=1059)

    with pytest.raises(Unauthenticated, match="expired"):
        read_access_token(good, secret=SECRET, now=1060)


def test_a_token_that_is_good_with_one_key_is_not_with_another():
    good = token()
    read_access_token(good, secret=SECRET, now=1000)

    with pytest.raises(Unauthenticated, match="not ours"):
        read_access_token(good, secret=OTHER, now=1000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "another server"},
        {"aud": "chorus:something else"},
        {"aud": ["chorus:access"]},
        {"sub": "ada"},
        {"sub": 7},
        {"sid": None},
        {"exp": "1060"},
    ],
)
def test_a_token_of_ours_that_is_for_something_else_opens_nothing(wrong):
    """Row 4: what our secret signs for another purpose is no access token."""
    claims = {"iss": "chorus", "aud": "chorus:access", "sub": "7", "sid": "s", "iat": 1000, "exp": 1060}
    good, other = (jwt.encode(each, secret=SECRET, kind="at+jwt") for each in (claims, {**claims, **wrong}))

    assert read_access_token(good, secret=SECRET, now=1000) == AccessClaims(7, "s")
    with pytest.raises(Unauthenticated, match="not ours"):
        read_access_token(other, secret=SECRET, now=1000)
