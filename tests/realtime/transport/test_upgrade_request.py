"""The request a session begins with."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.transport.contract import Refusal
from chorus.realtime.transport.handshake import check_upgrade
from chorus.realtime.transport.request import Request

HEAD = (
    b'GET /socket.io/?EIO=4&transport=websocket&a=%20b HTTP/1.1\r\nHost: chat.example\r\ncookie: a=1; b="two"\r\n'
    b"Cookie: a=3\r\nX-One: 1\r\nx-one: 2\r\n\r\n"
)


def test_a_request_is_read_when_it_is_asked():
    """Names in lower case, cookies by name."""
    request = Request.parse(HEAD, "192.0.2.1:4711")

    assert request.path == "/socket.io/"
    assert request.query == {"EIO": "4", "transport": "websocket", "a": " b"}
    assert request.headers["host"] == "chat.example"
    assert request.headers["x-one"] == "1, 2"
    assert request.cookies == {"a": "1", "b": "two"}
    assert request.remote == "192.0.2.1:4711"


@pytest.mark.parametrize(
    ("target", "headers", "status", "body"),
    [
        ("/other/?EIO=4&transport=websocket", b"", 404, b"Not Found"),
        ("/socket.io/?EIO=4", b"", 400, b'{"code":0,"message":"Transport unknown"}'),
        ("/socket.io/?EIO=4&transport=polling", b"", 400, b'{"code":0,"message":"Transport unknown"}'),
        ("/socket.io/?transport=websocket", b"", 400, b'{"code":5,"message":"Unsupported protocol version"}'),
        ("/socket.io/?EIO=3&transport=websocket", b"", 400, b'{"code":5,"message":"Unsupported protocol version"}'),
        ("/socket.io/?" + "&".join(["a=1"] * 999), b"", 400, b'{"code":0,"message":"Transport unknown"}'),
        (
            "/socket.io/?EIO=4&transport=websocket",
            b"Host: a\r\nOrigin: https://b\r\n",
            403,
            b'{"code":4,"message":"Forbidden"}',
        ),
    ],
)
def test_what_is_not_ours_is_answered_as_http(target, headers, status, body):
    """With Engine.IO's codes."""
    request = Request.parse(b"GET " + target.encode() + b" HTTP/1.1\r\n" + headers + b"\r\n")

    with pytest.raises(Refusal) as raised:
        check_upgrade(request, path="/socket.io/", allowed_origins=None)

    assert (raised.value.status, raised.value.body) == (status, body)


def test_the_path_is_fine_without_its_last_slash():
    """Clients may be told to leave it out."""
    request = Request.parse(b"GET /socket.io?EIO=4&transport=websocket HTTP/1.1\r\n\r\n")

    check_upgrade(request, path="/socket.io/", allowed_origins=None)


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["Host", "host", "ORIGIN", "origin", "X-Origin", "Cookie", "Origin "]),
        st.sampled_from([":", ": ", ":\t"]),
        st.sampled_from(["", "a", " https://b ", "c:d"]),
    ),
    max_size=6,
)


@given(FIELDS)
def test_a_header_asked_for_by_itself_is_the_one_among_all(fields):
    request = Request("GET", "/", "\r\n".join(map("".join, fields)).encode())

    for name in ("host", "origin", "x-origin", "cookie", "accept"):
        if len([1 for each, *_ in fields if each.strip().lower() == name and each != each.strip()]) == 0:
            assert request.header(name) == request.headers.get(name)


@given(st.text("ab=&%+2", max_size=20))
def test_a_query_is_read_as_the_standard_library_reads_it(query):
    assert Request("GET", f"/?{query}", b"").query == dict(parse_qsl(query, keep_blank_values=True))
