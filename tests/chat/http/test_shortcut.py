"""The short way of a page of history: what goes it, and that nobody can tell."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.http.conftest import SERVED, Served
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.http.application import http_application
from chorus.chat.http.envelope import Envelope
from chorus.chat.http.page_request import PageRequest, page_request
from chorus.chat.http.shortcut import Shortcut

PATH = "/api/v1/channels/7/messages"
BEARER = [(b"authorization", b"Bearer abc.def-g_h")]


def test_a_plain_request_is_read():
    assert page_request("GET", PATH, b"", BEARER) == PageRequest(7, "abc.def-g_h")
    assert page_request("GET", PATH, b"before=12&limit=20", BEARER) == PageRequest(
        7, "abc.def-g_h", before=12, limit=20
    )
    assert page_request("GET", PATH, b"after=0", [(b"cookie", b"a=b; chorus_access=abc")]) == PageRequest(
        7, "abc", after=0
    )


def test_a_body_that_has_no_length_is_none():
    assert page_request("GET", PATH, b"", [*BEARER, (b"content-length", b"0")]) == PageRequest(7, "abc.def-g_h")


def test_a_bearer_token_wins_over_the_cookie():
    headers = [(b"cookie", b"chorus_access=mine"), *BEARER]

    assert page_request("GET", PATH, b"", headers).token == "abc.def-g_h"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers"),
    [
        ("POST", PATH, b"", BEARER),
        ("GET", PATH + "/", b"", BEARER),
        ("GET", PATH + "/1", b"", BEARER),
        ("GET", "/api/v1/channels/0/messages", b"", BEARER),
        ("GET", "/api/v1/channels/07/messages", b"", BEARER),
        ("GET", "/api/v1/channels/\u0667/messages", b"", BEARER),
        ("GET", "/api/v1/channels/9007199254740992/messages", b"", BEARER),
        ("GET", PATH, b"limit=0", BEARER),
        ("GET", PATH, b"limit=201", BEARER),
        ("GET", PATH, b"limit=5&limit=6", BEARER),
        ("GET", PATH, b"limit=+5", BEARER),
        ("GET", PATH, b"limit=%35", BEARER),
        ("GET", PATH, b"limit=", BEARER),
        ("GET", PATH, b"before=9007199254740992", BEARER),
        ("GET", PATH, b"before=1&", BEARER),
        ("GET", PATH, b"other=1", BEARER),
        ("GET", PATH, b"", []),
        ("GET", PATH, b"", [*BEARER, *BEARER]),
        ("GET", PATH, b"", [*BEARER, (b"content-length", b"2")]),
        ("GET", PATH, b"", [*BEARER, (b"content-length", b"00")]),
        ("GET", PATH, b"", [*BEARER, (b"transfer-encoding", b"chunked")]),
        ("GET", PATH, b"", [(b"authorization", b"Basic abc")]),
        ("GET", PATH, b"", [(b"authorization", b"Basic abc"), (b"cookie", b"chorus_access=abc")]),
        ("GET", PATH, b"", [(b"authorization", b"Bearer " + b"a" * 4097)]),
        ("GET", PATH, b"", [(b"cookie", b"xchorus_access=abc")]),
        ("GET", PATH, b"", [(b"cookie", b'chorus_access="abc"')]),
        ("GET", PATH, b"", [(b"cookie", b"chorus_access=abc; chorus_access=def")]),
        ("GET", PATH, b"", [(b"cookie", b"chorus_access=abc"), (b"cookie", b"a=b")]),
    ],
)
def test_whatever_is_written_otherwise_is_left_to_the_framework(method, path, query, headers):
    assert page_request(method, path, query, headers) is None


@given(st.text(), st.binary(), st.lists(st.tuples(st.sampled_from([b"authorization", b"cookie", b"x"]), st.binary())))
def test_nothing_that_comes_raises(path, query, headers):
    page_request("GET", path, query, headers)
    page_request("GET", PATH, query, headers)


@pytest.fixture
def both(chat):
    """A client of the framework alone, and one with the shortcut before it."""
    framework = http_application(version="1.2.3")
    ways = []

    async def sealed(scope, receive, send):
        assert page_request(scope["method"], scope["path"], scope["query_string"], scope["headers"]) is None
        await framework(scope, receive, send)

    for way in (framework, Shortcut(sealed)):

        async def serve(scope, receive, send, way=way):
            scope[SERVED] = Served(chat, ())
            await way(scope, receive, send)

        transport = httpx.ASGITransport(Envelope(serve, instance="7"))
        ways.append(httpx.AsyncClient(transport=transport, base_url="http://chat.test"))
    return ways


@pytest.mark.parametrize("carried", ["cookie", "bearer"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_answer_is_the_same_as_the_frameworks(both, sign_up, carried, method):
    ada = await sign_up()
    channel = (await ada.post("/api/v1/channels", json={"name": "tea"})).json()["id"]
    for number in range(5):
        message = {"client_id": f"00000000-0000-4000-8000-{number:012}", "text": f"*number* {number}"}
        await ada.post(f"/api/v1/channels/{channel}/messages", json=message)
    token = ada.cookies["chorus_access"]
    headers = {"cookie": f"chorus_access={token}"} if carried == "cookie" else {"authorization": f"Bearer {token}"}
    paths = [
        f"/api/v1/channels/{channel}/messages",
        f"/api/v1/channels/{channel}/messages?limit=2&before=4",
        f"/api/v1/channels/{channel}/messages?around=3",
        f"/api/v1/channels/{channel}/messages?after=1&before=4",
        "/api/v1/channels/987654/messages",
    ]

    for path in paths:
        theirs, ours = [await client.request(method, path, headers=headers) for client in both]
        assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content), path
        assert _told(ours) == _told(theirs), path


async def test_a_token_that_is_not_ours_is_refused_in_the_same_words(both):
    headers = {"authorization": "Bearer abc.def.ghi"}

    theirs, ours = [await client.get(PATH, headers=headers) for client in both]

    assert ours.status_code == 401
    assert (ours.content, _told(ours)) == (theirs.content, _told(theirs))


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, rate_limit=24)])  # 3 at once for an address
async def test_who_guesses_tokens_is_counted_by_address_whichever_way_it_goes(both):
    headers = {"authorization": "Bearer abc.def.ghi"}
    theirs, ours = both

    answers = [await client.get(PATH, headers=headers) for client in (theirs, ours, ours, ours, theirs)]

    assert [each.status_code for each in answers] == [401, 401, 401, 429, 429]
    assert answers[3].json()["code"] == answers[4].json()["code"] == "rate_limited"
    assert answers[3].headers.keys() == answers[4].headers.keys()
    assert "retry-after" in answers[3].headers


def _told(answer: httpx.Response) -> dict[str, str]:
    """Its header, but for the number of the request and the count of those that are left."""
    counted = ("x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
    return {name: value for name, value in answer.headers.items() if name not in counted}
