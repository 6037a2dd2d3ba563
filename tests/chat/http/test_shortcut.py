"""The short way of the requests that are asked most: that nobody can tell it from the framework's."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.http.conftest import SERVED, Served
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.http.application import http_application
from chorus.chat.http.envelope import Envelope
from chorus.chat.http.shortcut import Shortcut, _read

PAGE, READ = "/api/v1/channels/7/messages", "/api/v1/channels/7/read"


class Ways:
    """The framework alone, and with the shortcut before it; and what the framework was asked behind that."""

    def __init__(self, chat):
        self.passed_on = []
        framework = http_application(version="1.2.3")

        async def behind(scope, receive, send):
            self.passed_on.append(f"{scope['method']} {scope['path']}")
            await framework(scope, receive, send)

        self.theirs, self.ours = _client(chat, framework), _client(chat, Shortcut(behind))

    async def ask(self, method, path, **request):
        """The answer, which both give."""
        theirs, ours = [await client.request(method, path, **request) for client in (self.theirs, self.ours)]
        assert (ours.status_code, ours.content, _told(ours)) == (theirs.status_code, theirs.content, _told(theirs))
        return ours


def _client(chat, way):
    async def serve(scope, receive, send):
        scope[SERVED] = Served(chat, ("https://allowed.example",))
        await way(scope, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(Envelope(serve, instance="7")), base_url="http://chat.test")


@pytest.fixture
def ways(chat):
    return Ways(chat)


@pytest.fixture
async def channel(ada):
    """One with five messages."""
    made = (await ada.post("/api/v1/channels", json={"name": "tea"})).json()["id"]
    for number in range(5):
        message = {"client_id": f"00000000-0000-4000-8000-{number:012}", "text": f"*number* {number}"}
        await ada.post(f"/api/v1/channels/{made}/messages", json=message)
    return made


@pytest.fixture
async def ada(sign_up):
    return await sign_up()


@pytest.fixture(params=["cookie", "bearer"])
def carrying(ada, request):
    """The header fields of who is signed in."""
    token = ada.cookies["chorus_access"]
    if request.param == "cookie":
        return {"cookie": f"chorus_access={token}", "origin": "http://chat.test"}
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_page_is_the_same_as_the_frameworks(ways, channel, carrying, method):
    paths = [
        f"/api/v1/channels/{channel}/messages",
        f"/api/v1/channels/{channel}/messages?limit=2&before=4",
        f"/api/v1/channels/{channel}/messages?around=2&limit=2",
        f"/api/v1/channels/{channel}/messages?after=1&limit=2",
        f"/api/v1/channels/{channel}/messages?after=1&before=4",
        "/api/v1/channels/987654/messages",
    ]

    for path in paths:
        await ways.ask(method, path, headers=carrying)
    assert not ways.passed_on


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_a_client_begins_with_is_the_same_as_the_frameworks(ways, channel, carrying, method):
    await ways.ask(method, "/api/v1/bootstrap", headers=carrying)
    assert not ways.passed_on


async def test_marking_as_read_is_answered_as_by_the_framework_and_done(ways, ada, channel, carrying):
    path = f"/api/v1/channels/{channel}/read"

    async def read_seq():
        listed = (await ada.get("/api/v1/channels")).json()
        return next(each["read_seq"] for each in listed if each["id"] == channel)

    for way in (ways.theirs, ways.ours):
        for asked, then in (({"seq": 1, "back": True}, 1), ({"seq": 3}, 3), ({"seq": 2}, 3), ({"seq": 9}, 5)):
            await way.put(path, headers=carrying, json=asked)
            assert await read_seq() == then
            assert (await ways.ask("PUT", path, headers=carrying, json=asked)).status_code == 204
    assert (await ways.ask("PUT", "/api/v1/channels/987654/read", headers=carrying, json={"seq": 1})).status_code == 404
    assert not ways.passed_on


@pytest.mark.parametrize("body", ['{"seq": -1}', '{"seq": 3', "{}", "[]", '{"seq": 3, "other": 1}', "\xff"])
async def test_a_body_that_is_wrong_is_refused_by_the_framework(ways, channel, carrying, body):
    headers = {**carrying, "content-type": "application/json"}

    answer = await ways.ask("PUT", f"/api/v1/channels/{channel}/read", headers=headers, content=body.encode("latin-1"))

    assert answer.status_code == 400
    assert len(ways.passed_on) == 1


async def test_a_body_that_comes_in_pieces_is_read_and_passed_on_whole(ways, ada, channel, carrying):
    async def pieces(*parts):
        for part in parts:
            yield part

    path = f"/api/v1/channels/{channel}/read"
    headers = {**carrying, "content-type": "application/json", "content-length": "10"}

    good = await ways.ours.put(path, headers=headers, content=pieces(b'{"seq"', b": 3 }"))
    bad = await ways.ours.put(path, headers=headers, content=pieces(b'{"sec"', b": 3 }"))

    assert good.status_code == 204
    assert (bad.status_code, bad.json()["detail"]) == (400, "body: Object contains unknown field `sec`")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, 403),
        ({"origin": "http://elsewhere.test"}, 403),
        ({"origin": "http://chat.test:81"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "https://allowed.example"}, 204),
        ({"sec-fetch-site": "same-origin"}, 204),
    ],
)
async def test_another_sites_page_marks_nothing_as_read_with_our_cookie(ways, ada, channel, told, status):
    headers = {"cookie": f"chorus_access={ada.cookies['chorus_access']}", **told}

    answer = await ways.ask("PUT", f"/api/v1/channels/{channel}/read", headers=headers, json={"seq": 3})

    assert answer.status_code == status
    assert bool(ways.passed_on) is (status == 403)


@given(st.binary(max_size=40) | st.binary(max_size=20).map(lambda more: b'{"seq": ' + more))
def test_no_body_raises(body):
    _read([{"body": body}])


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/bootstrap"), ("GET", PAGE), ("PUT", READ)])
async def test_a_token_that_is_not_ours_is_refused_in_the_same_words(ways, method, path):
    request = {"json": {"seq": 1}} if method == "PUT" else {}

    answer = await ways.ask(method, path, headers={"authorization": "Bearer abc.def.ghi"}, **request)

    assert answer.status_code == 401
    assert not ways.passed_on


@pytest.mark.usefixtures("standing")
@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, rate_limit=24)])  # 3 at once for an address
async def test_who_guesses_tokens_is_counted_by_address_whichever_way_it_goes(ways):
    headers = {"authorization": "Bearer abc.def.ghi"}

    answers = [
        await ways.theirs.get(PAGE, headers=headers),
        await ways.ours.get(PAGE, headers=headers),
        await ways.ours.put(READ, headers=headers, json={"seq": 1}),
        await ways.ours.get(PAGE, headers=headers),
        await ways.theirs.get(PAGE, headers=headers),
    ]

    assert [each.status_code for each in answers] == [401, 401, 401, 429, 429]
    assert answers[3].json()["code"] == answers[4].json()["code"] == "rate_limited"
    assert answers[3].headers.keys() == answers[4].headers.keys()
    assert "retry-after" in answers[3].headers


def _told(answer: httpx.Response) -> dict[str, str]:
    """Its header, but for the number of the request and the count of those that are left."""
    counted = ("x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
    return {name: value for name, value in answer.headers.items() if name not in counted}
