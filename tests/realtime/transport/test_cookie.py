"""The cookie of a session: what it says, and that it comes on both transports when it is asked for."""

import json

import pytest

from chorus.realtime import Server, SessionCookie
from parts.polling import Poller
from parts.websocket import RawClient, serving


@pytest.mark.parametrize(
    ("cookie", "value"),
    [
        (SessionCookie(), "io=7; Path=/; HttpOnly; SameSite=Lax"),
        (SessionCookie(name="a", path="/b", max_age=60), "a=7; Path=/b; Max-Age=60; HttpOnly; SameSite=Lax"),
        (SessionCookie(http_only=False, same_site="none", secure=True), "io=7; Path=/; SameSite=None; Secure"),
    ],
)
def test_a_cookie_says_what_it_was_told(cookie, value):
    """RFC 6265, section 4.1."""
    assert cookie.header("7") == ("Set-Cookie", value)


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "a;b"}, {"name": "a\r\nb"}, {"path": "/;a"}, {"path": "/\n"}, {"same_site": "none"}],
)
def test_a_cookie_that_cannot_be_is_said_at_once(wrong):
    """Where it is made, not at the first client."""
    with pytest.raises(ValueError, match="cookie"):
        SessionCookie(**wrong)


@pytest.mark.parametrize("plain", [False, True], ids=["picows", "plain"])
async def test_a_new_session_sets_its_cookie(plain):
    """Row 2: with the session's id, by polling and by WebSocket; later answers set none."""
    async with serving(Server(cookie=SessionCookie()), plain=plain) as port:
        async with Poller(f"http://127.0.0.1:{port}") as poller:
            answer = await poller.request()
            poller.sid = sid_of(answer.text)
            later = await poller.request("POST", "1")
        upgrade = await RawClient.ask(port)
        opening = await upgrade.client.receive()
        upgrade.client.close()

    assert answer.headers["set-cookie"] == f"io={poller.sid}; Path=/; HttpOnly; SameSite=Lax"
    assert "set-cookie" not in later.headers
    (line,) = [line for line in upgrade.head.split("\r\n") if line.lower().startswith("set-cookie")]
    assert line.partition(": ")[2] == f"io={sid_of(opening)}; Path=/; HttpOnly; SameSite=Lax"


async def test_without_a_cookie_nothing_is_set():
    """The default."""
    async with serving(Server()) as port, Poller(f"http://127.0.0.1:{port}") as poller:
        answer = await poller.request()
        upgrade = await RawClient.ask(port)
        upgrade.client.close()

    assert "set-cookie" not in answer.headers
    assert "set-cookie" not in upgrade.head.lower()


def sid_of(opening):
    return json.loads(opening[1:])["sid"]
