"""Tokens that another implementation reads, and of which nothing can be changed."""

import base64
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt as theirs
from joserfc.jwk import OctKey

from chorus.chat.access.jwt import NotSigned, decode, encode

SECRET = "a secret of thirty-two characters or more, with an é"
KEY = OctKey.import_key(SECRET)
CLAIMS = {"iss": "chorus", "sub": "7", "exp": 1060}


def signed(header, claims):
    """Whatever it is, with a signature that is right."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, claims)]
    text = b".".join(parts)
    seal = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), text, "sha256")).rstrip(b"=")
    return (text + b"." + seal).decode()


@given(st.dictionaries(st.text(max_size=8), st.text() | st.integers(0, 2**53) | st.booleans(), max_size=6))
def test_row_4_ours_are_read_by_another_implementation_and_theirs_by_us(claims):
    found = theirs.decode(encode(claims, secret=SECRET, kind="at+jwt"), KEY, algorithms=["HS256"])

    assert (found.header, found.claims) == ({"alg": "HS256", "typ": "at+jwt"}, claims)
    assert decode(theirs.encode({"alg": "HS256"}, claims, KEY), secret=SECRET) == claims


def test_the_example_of_the_standard_is_read():
    """RFC 7515, appendix A.1; its key is bytes that are no text, so it is signed anew with ours."""
    header, claims = b'{"typ":"JWT",\r\n "alg":"HS256"}', b'{"iss":"joe",\r\n "exp":1300819380}'

    assert decode(signed(header, claims), secret=SECRET) == {"iss": "joe", "exp": 1300819380}


@given(st.data())
def test_row_4_a_token_in_which_anything_was_changed_is_none(data):
    token = encode(CLAIMS, secret=SECRET, kind="at+jwt")
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[at]))

    with pytest.raises(NotSigned):
        decode(token[:at] + other + token[at + 1 :], secret=SECRET)


@given(st.text(max_size=200) | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
def test_any_text_is_a_token_or_none(text):
    with pytest.raises(NotSigned):
        decode(text, secret=SECRET)


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none"}',
        b'{"alg":"HS512"}',
        b'{"alg":"RS256"}',
        b'{"alg":"hs256"}',
        b'{"alg":["HS256"]}',
        b'{"alg":"HS256","crit":["exp"]}',
        b'{"alg":"HS256","crit":null}',
        b'{"typ":"at+jwt"}',
        b"[]",
        b"",
        b"\xff",
    ],
)
def test_a_token_that_is_to_be_proved_in_another_way_is_none_though_it_is_signed(header):
    with pytest.raises(NotSigned):
        decode(signed(header, json.dumps(CLAIMS).encode()), secret=SECRET)


@pytest.mark.parametrize("claims", [b"[]", b"7", b"{", b""])
def test_claims_are_an_object(claims):
    with pytest.raises(NotSigned):
        decode(signed(b'{"alg":"HS256"}', claims), secret=SECRET)


def test_a_signature_has_one_form():
    """Base64 has several for most bytes, in its last character and with padding."""
    token = encode(CLAIMS, secret=SECRET, kind="at+jwt")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same = [token[:-1] + other for other in last if other != token[-1]]

    for other in (*same, token + "=", token + "\n"):
        with pytest.raises(NotSigned):
            decode(other, secret=SECRET)
