"""The plainest forms of the requests that are asked most: what is read, and what is left to the framework."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.http.plain_request import BootstrapRequest, PageRequest, plain_request

PAGE = "/api/v1/channels/7/messages"
BOOTSTRAP = "/api/v1/bootstrap"
READ = "/api/v1/channels/7/read"
BEARER = [(b"authorization", b"Bearer abc.def-g_h")]
JSON = [(b"content-type", b"application/json"), (b"content-length", b"10")]


def test_a_plain_request_for_a_page_is_read():
    assert plain_request("GET", PAGE, b"", BEARER) == PageRequest(7, "abc.def-g_h")
    assert plain_request("GET", PAGE, b"before=12&limit=20", BEARER) == PageRequest(
        7, "abc.def-g_h", before=12, limit=20
    )
    assert plain_request("GET", PAGE, b"after=0", [(b"cookie", b"a=b; chorus_access=abc")]) == PageRequest(
        7, "abc", after=0
    )


def test_a_plain_request_for_what_a_client_begins_with_is_read():
    assert plain_request("GET", BOOTSTRAP, b"", BEARER) == BootstrapRequest("abc.def-g_h")


def test_a_plain_request_to_mark_as_read_is_read_with_what_says_where_it_was_made():
    asked = plain_request("PUT", READ, b"", [*BEARER, *JSON, (b"host", b"chat.test"), (b"accept", b"*/*")])

    assert (asked.channel, asked.token) == (7, "abc.def-g_h")
    assert asked.told["host"] == "chat.test"
    assert "accept" not in asked.told


def test_a_body_that_has_no_length_is_none():
    assert plain_request("GET", PAGE, b"", [*BEARER, (b"content-length", b"0")]) == PageRequest(7, "abc.def-g_h")


def test_a_bearer_token_wins_over_the_cookie():
    headers = [(b"cookie", b"chorus_access=mine"), *BEARER]

    assert plain_request("GET", PAGE, b"", headers).token == "abc.def-g_h"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers"),
    [
        ("POST", BOOTSTRAP, b"", BEARER),
        ("GET", BOOTSTRAP + "/", b"", BEARER),
        ("GET", BOOTSTRAP, b"limit=1", BEARER),
        ("GET", BOOTSTRAP, b"", []),
        ("GET", BOOTSTRAP, b"", [*BEARER, (b"content-length", b"2")]),
        ("POST", PAGE, b"", BEARER),
        ("PUT", PAGE, b"", [*BEARER, *JSON]),
        ("GET", READ, b"", BEARER),
        ("PUT", READ, b"seq=1", [*BEARER, *JSON]),
        ("PUT", READ, b"", [*BEARER, JSON[1]]),
        ("PUT", READ, b"", [*BEARER, JSON[0]]),
        ("PUT", READ, b"", [*BEARER, JSON[0], (b"content-length", b"0")]),
        ("PUT", READ, b"", [*BEARER, JSON[0], (b"content-length", b"1000")]),
        ("PUT", READ, b"", [*BEARER, JSON[1], (b"content-type", b"application/json; charset=utf-16")]),
        ("PUT", READ, b"", [*BEARER, *JSON, (b"transfer-encoding", b"chunked")]),
        ("PUT", READ, b"", [*BEARER, *JSON, (b"origin", b"http://a"), (b"origin", b"http://b")]),
        ("PUT", READ, b"", JSON),
        ("GET", PAGE + "/", b"", BEARER),
        ("GET", PAGE + "/1", b"", BEARER),
        ("GET", "/api/v1/channels/0/messages", b"", BEARER),
        ("GET", "/api/v1/channels/07/messages", b"", BEARER),
        ("GET", "/api/v1/channels/\u0667/messages", b"", BEARER),
        ("GET", "/api/v1/channels/9007199254740992/messages", b"", BEARER),
        ("GET", PAGE, b"limit=0", BEARER),
        ("GET", PAGE, b"limit=201", BEARER),
        ("GET", PAGE, b"limit=5&limit=6", BEARER),
        ("GET", PAGE, b"limit=+5", BEARER),
        ("GET", PAGE, b"limit=%35", BEARER),
        ("GET", PAGE, b"limit=", BEARER),
        ("GET", PAGE, b"before=9007199254740992", BEARER),
        ("GET", PAGE, b"before=1&", BEARER),
        ("GET", PAGE, b"other=1", BEARER),
        ("GET", PAGE, b"", []),
        ("GET", PAGE, b"", [*BEARER, *BEARER]),
        ("GET", PAGE, b"", [*BEARER, (b"content-length", b"2")]),
        ("GET", PAGE, b"", [*BEARER, (b"content-length", b"00")]),
        ("GET", PAGE, b"", [*BEARER, (b"transfer-encoding", b"chunked")]),
        ("GET", PAGE, b"", [(b"authorization", b"Basic abc")]),
        ("GET", PAGE, b"", [(b"authorization", b"Basic abc"), (b"cookie", b"chorus_access=abc")]),
        ("GET", PAGE, b"", [(b"authorization", b"Bearer " + b"a" * 4097)]),
        ("GET", PAGE, b"", [(b"cookie", b"xchorus_access=abc")]),
        ("GET", PAGE, b"", [(b"cookie", b'chorus_access="abc"')]),
        ("GET", PAGE, b"", [(b"cookie", b"chorus_access=abc; chorus_access=def")]),
        ("GET", PAGE, b"", [(b"cookie", b"chorus_access=abc"), (b"cookie", b"a=b")]),
    ],
)
def test_whatever_is_written_otherwise_is_left_to_the_framework(method, path, query, headers):
    assert plain_request(method, path, query, headers) is None


@given(st.text(), st.binary(), st.lists(st.tuples(st.sampled_from([b"authorization", b"cookie", b"x"]), st.binary())))
def test_nothing_that_comes_raises(path, query, headers):
    plain_request("GET", path, query, headers)
    plain_request("GET", PAGE, query, headers)
    plain_request("PUT", READ, b"", [*JSON, *headers])
