"""Where tokens are looked for, one sentence a test."""

import pytest

from chorus.chat.access.credentials import LONGEST_TOKEN, bearer, cookie


@pytest.mark.parametrize("value", ["Bearer abc", "bearer abc", "Bearer  abc "])
def test_a_bearer_token_is_found(value):
    assert bearer({"authorization": value}) == "abc"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearer " + "a" * (LONGEST_TOKEN + 1)])
def test_anything_else_is_no_bearer_token(value):
    assert bearer({"authorization": value}) is None


def test_a_cookies_token_is_found_unless_it_is_empty_or_too_long():
    assert cookie({"name": "abc"}, "name") == "abc"
    assert cookie({"name": ""}, "name") is None
    assert cookie({}, "name") is None
    assert cookie({"name": "a" * (LONGEST_TOKEN + 1)}, "name") is None
