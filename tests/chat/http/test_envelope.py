"""What every response carries, one sentence a test."""

import httpx
import pytest

from chorus.chat.http.envelope import Envelope


async def plain(scope, receive, send):
    """A page that says one thing of its own about caching."""
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": scope["method"].encode()})


async def broken(scope, receive, send):
    raise LookupError("secret")


async def half_broken(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise LookupError("secret")


async def reads(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await plain(scope, receive, send)


async def ask(application, method="GET", **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.ASGITransport(Envelope(application, instance="7"), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, "/", headers=fields)


async def test_the_instance_is_named():
    assert (await ask(plain)).headers["x-chorus-instance"] == "7"


async def test_every_request_gets_its_own_id():
    first, second = await ask(plain), await ask(plain)

    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_the_askers_decent_id_is_kept():
    assert (await ask(plain, x_request_id="trace-1.a_B")).headers["x-request-id"] == "trace-1.a_B"


@pytest.mark.parametrize("wild", ["", "a b", "x" * 65, "<script>", "a;b"])
async def test_any_other_id_is_replaced(wild):
    assert (await ask(plain, x_request_id=wild)).headers["x-request-id"] != wild


async def test_browsers_neither_guess_nor_frame():
    headers = (await ask(plain)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_what_the_application_says_itself_stands():
    assert (await ask(plain)).headers.get_list("cache-control") == ["no-cache"]


async def test_head_is_get_without_the_body():
    answer = await ask(plain, method="HEAD")

    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_unexpected_error_is_a_problem_document_that_gives_nothing_away():
    answer = await ask(broken, x_request_id="r1")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text


async def test_an_unexpected_error_is_in_the_log_under_the_requests_id(caplog):
    await ask(broken, x_request_id="r1")

    [record] = caplog.records
    assert "request r1, GET '/' failed" in record.getMessage()
    assert "LookupError: secret" in record.exc_text


async def test_an_error_in_the_middle_of_an_answer_is_left_to_the_server():
    """It closes the connection, so that nobody takes half an answer for a whole one."""
    sent = []

    async def send(message):
        sent.append(message["type"])

    with pytest.raises(LookupError):
        await Envelope(half_broken, instance="7")(request(), None, send)

    assert sent == ["http.response.start"]


async def test_a_client_that_hangs_up_within_its_body_is_not_an_error(caplog):
    messages = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await Envelope(reads, instance="7")(request(), receive, send)

    assert (sent, caplog.records) == ([], [])


async def test_anything_but_http_passes_through_untouched():
    seen = []

    async def application(scope, receive, send):
        seen.append((scope, receive, send))

    scope = {"type": "lifespan"}
    await Envelope(application, instance="7")(scope, 1, 2)

    assert seen == [(scope, 1, 2)]


def request():
    return {"type": "http", "method": "GET", "path": "/", "headers": []}
