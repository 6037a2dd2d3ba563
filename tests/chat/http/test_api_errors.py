"""How refused and failed requests are answered, one sentence a test."""

import pytest

from chorus.chat.domain.errors import DatabaseUnavailable
from chorus.chat.http.application import LARGEST_BODY
from chorus.chat.http.problems import CODES
from parts.people import account, message

JSON = {"content-type": "application/json"}


async def refused(answer):
    """The problem document, whose form is the same wherever the error came from."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert problem["status"] == answer.status_code == CODES[problem["code"]][0]
    assert problem["type"] == f"urn:chorus:problem:{problem['code']}"
    return problem["code"], problem["detail"]


async def test_nothing_at_a_path(browse):
    code, detail = await refused(await browse().get("/api/v1/nope"))

    assert (code, detail) == ("not_found", "there is nothing at '/api/v1/nope'")


async def test_a_method_that_does_not_exist_there(browse):
    answer = await browse().patch("/api/v1/channels")

    assert (await refused(answer))[0] == "method_not_allowed"
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/channels", "GET, HEAD, OPTIONS, POST"),
        ("/channels/7/retention", "OPTIONS, PUT"),
        ("/channels/7/messages/1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ],
)
async def test_which_methods_there_are_at_a_path_is_told_to_whoever_asks(browse, path, methods):
    answer = await browse().options(f"/api/v1{path}")

    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, methods, b"")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"{", "body: expected JSON: Input data was truncated"),
        (b"nonsense", "body: expected JSON: JSON is malformed"),
        (b"\xff\xfe", "body: expected JSON: JSON is malformed"),
        (b'{"handle": "\xff"}', "body: expected JSON: 'utf-8' codec can't decode byte 0xff"),
        (b"[" * 100_000, "body: nested deeper than is read"),
        (b'{"x":' + b"[" * 100_000, "body: nested deeper than is read"),
        (b"[1]", "body: Expected `object`, got `array`"),
        (b"null", "body: Expected `object`, got `null`"),
        (b'"a"', "body: Expected `object`, got `str`"),
        (b"", "the body is missing"),
        (b"{}", "body: Object missing required field `handle`"),
    ],
)
async def test_a_body_that_is_not_what_is_expected(browse, body, found):
    """Row 26: the sender's mistake, however odd, and named."""
    answer = await browse().post("/api/v1/session", content=body, headers=JSON)

    code, detail = await refused(answer)
    assert code == "invalid"
    assert detail.startswith(found)


async def test_an_unknown_field_is_named(browse):
    code, detail = await refused(await browse().post("/api/v1/accounts", json=account() | {"role": "owner"}))

    assert (code, detail) == ("invalid", "body: Object contains unknown field `role`")


async def test_a_wrong_field_is_named(browse):
    code, detail = await refused(await browse().post("/api/v1/session", json={"handle": 3, "password": "x"}))

    assert (code, detail) == ("invalid", "handle: Expected `str`, got `int`")


async def test_every_wrong_parameter_is_named(sign_up):
    ada = await sign_up()

    code, detail = await refused(await ada.get("/api/v1/channels/1/messages", params={"before": -1, "limit": 201}))

    assert code == "invalid"
    assert sorted(each.partition(":")[0] for each in detail.split("; ")) == ["before", "limit"]


async def test_a_body_above_the_bound(browse):
    answer = await browse().post("/api/v1/session", content=b" " * (LARGEST_BODY + 1), headers=JSON)

    assert (await refused(answer))[0] == "too_large"


async def test_a_body_above_the_bound_that_does_not_say_its_length(browse):
    """It is stopped at the bound and not read to its end."""
    read = 0

    async def endless():
        nonlocal read
        while read < 100 * LARGEST_BODY:
            read += 65_536
            yield b" " * 65_536

    answer = await browse().post("/api/v1/session", content=endless(), headers=JSON)

    assert (await refused(answer))[0] == "too_large"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
async def test_a_body_that_is_not_json(browse, kind):
    """A form of another site's page could be read as JSON."""
    answer = await browse().post("/api/v1/session", content=b'{"a":1}', headers={"content-type": kind})

    assert (await refused(answer))[0] == "unsupported_media_type"


async def test_a_body_that_is_not_json_and_does_not_say_its_length(browse):
    async def pieces():
        yield b'{"a":1}'

    answer = await browse().post("/api/v1/session", content=pieces(), headers={"content-type": "text/plain"})

    assert (await refused(answer))[0] == "unsupported_media_type"


async def test_nobody_signed_in(browse):
    for method, path in [("GET", "/me"), ("GET", "/bootstrap"), ("GET", "/channels"), ("DELETE", "/session")]:
        assert (await refused(await browse().request(method, f"/api/v1{path}")))[0] == "unauthenticated"


async def test_another_sites_page(sign_up):
    ada = await sign_up()

    answer = await ada.post("/api/v1/channels/1/messages", json=message(), headers={"origin": "https://evil.example"})

    assert (await refused(answer))[0] == "forbidden"


async def test_cookies_without_an_origin(sign_up):
    ada = await sign_up(origin=False)

    answer = await ada.post("/api/v1/channels/1/messages", json=message())

    assert (await refused(answer))[0] == "forbidden"


async def test_the_refresh_cookie_alone_without_an_origin(sign_up):
    """Row 5: what a browser has left when the access cookie is over."""
    ada = await sign_up(origin=False)
    ada.cookies.delete("chorus_access")

    assert (await refused(await ada.post("/api/v1/session/refresh")))[0] == "forbidden"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://chat.test"])
async def test_a_made_up_bearer_token_beside_cookies(sign_up, origin):
    """Row 5: the token wins, so it cannot be used to have the cookies count without their origin."""
    ada = await sign_up()

    made_up = {"origin": origin, "authorization": "Bearer made-up"}
    answer = await ada.post("/api/v1/channels/1/messages", json=message(), headers=made_up)

    assert (await refused(answer))[0] == "unauthenticated"


async def test_another_sites_page_may_not_sign_somebody_in(sign_up, browse):
    await sign_up()

    answer = await browse().post("/api/v1/session", json=account(), headers={"origin": "https://evil.example"})

    assert (await refused(answer))[0] == "forbidden"


async def test_an_allowed_origin_passes(sign_up):
    ada = await sign_up()

    answer = await ada.post(
        "/api/v1/channels/1/messages", json=message(), headers={"origin": "https://allowed.example"}
    )

    assert answer.status_code == 201


async def test_a_program_needs_no_origin(sign_up, browse):
    ada = await sign_up()
    bearer = {"authorization": f"Bearer {ada.cookies['chorus_access']}"}

    answer = await browse(origin=False).post("/api/v1/channels/1/messages", json=message(), headers=bearer)

    assert answer.status_code == 201


async def test_the_database_is_away(sign_up, chat, monkeypatch, caplog):
    """People are told what to do, and only the log says which address or file it is about."""
    ada = await sign_up()

    async def away(*_, **__):
        raise DatabaseUnavailable("10.1.2.3:5432/chat: connection refused")

    monkeypatch.setattr(chat.store, "session", away)
    answer = await ada.get("/api/v1/me")

    code, detail = await refused(answer)
    assert (code, "10.1.2.3" in detail, "try again" in detail) == ("unavailable", False, True)
    assert "10.1.2.3:5432/chat: connection refused" in caplog.text
    assert answer.headers["retry-after"] == "1"


async def test_an_error_that_nobody_expected(sign_up, chat, monkeypatch):
    ada = await sign_up()

    async def broken(*_, **__):
        raise LookupError("secret")

    monkeypatch.setattr(chat.store, "session", broken)
    answer = await ada.get("/api/v1/me")

    assert (await refused(answer))[0] == "internal"
    assert "secret" not in answer.text


async def test_answers_of_the_api_are_not_kept_by_anybody(sign_up):
    ada = await sign_up()

    assert (await ada.get("/api/v1/me")).headers["cache-control"] == "no-store"
