"""Signing up, in and out over HTTP, one sentence a test."""

import contextlib

import pytest

from chorus.chat.actions.settings import ChatSettings
from chorus.chat.storage.store import SqlStore
from parts.databases import on_both
from parts.people import PASSWORD, account


def cookies_of(answer):
    """Name → its attributes, in lower case."""
    found = {}
    for header in answer.headers.get_list("set-cookie"):
        name, _, rest = header.partition("=")
        found[name] = [part.strip().lower() for part in rest.split(";")[1:]]
    return found


@on_both
async def test_signing_up_gives_the_account_and_a_token(browse):
    answer = await browse().post("/api/v1/accounts", json=account())

    assert answer.status_code == 201
    assert answer.json()["account"] == {"id": 1, "handle": "ada", "name": "Ada", "role": "owner"}
    assert answer.json()["expires_in"] == 900


async def test_a_token_is_good_for_a_program(browse):
    made = await browse().post("/api/v1/accounts", json=account())

    answer = await browse().get("/api/v1/me", headers={"authorization": f"Bearer {made.json()['access_token']}"})

    assert answer.json()["handle"] == "ada"


async def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(browse):
    answer = await browse().post("/api/v1/accounts", json=account())

    cookies = cookies_of(answer)
    assert {"httponly", "samesite=lax", "path=/", "max-age=900"} <= set(cookies["chorus_access"])
    assert {"httponly", "samesite=strict", "path=/api/v1/session", "max-age=2592000"} <= set(cookies["chorus_refresh"])


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_cookies_are_secure_over_tls(browse, scheme, secure):
    answer = await browse(scheme=scheme).post("/api/v1/accounts", json=account())

    assert ["secure" in attributes for attributes in cookies_of(answer).values()] == [secure, secure]


async def test_the_second_account_is_a_member(sign_up):
    await sign_up("ada")
    grace = await sign_up("grace")

    assert (await grace.get("/api/v1/me")).json()["role"] == "member"


@on_both
async def test_a_handle_is_given_once(sign_up, browse):
    await sign_up("ada")

    answer = await browse().post("/api/v1/accounts", json=account("ADA"))

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_a_short_password_is_refused_with_both_lengths(browse):
    answer = await browse().post("/api/v1/accounts", json=account(password="short"))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"] == "password: found 5 characters, expected at least 8"


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="closed")])
async def test_closed_sign_up_lets_the_owner_in_and_nobody_else(sign_up, browse):
    await sign_up("ada")

    answer = await browse().post("/api/v1/accounts", json=account("eve"))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_signing_in_again_works_on_another_device(sign_up, browse):
    await sign_up("ada")
    phone = browse()

    answer = await phone.post("/api/v1/session", json={"handle": "@Ada", "password": PASSWORD})

    assert answer.status_code == 200
    assert (await phone.get("/api/v1/me")).json()["handle"] == "ada"


async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(sign_up, browse):
    await sign_up("ada")

    wrong = await browse().post("/api/v1/session", json={"handle": "ada", "password": "not hers at all"})
    unknown = await browse().post("/api/v1/session", json={"handle": "nobody", "password": "not hers at all"})

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"] == "Bearer"


async def test_refreshing_gives_new_tokens(sign_up):
    ada = await sign_up()
    before = ada.cookies["chorus_refresh"]

    answer = await ada.post("/api/v1/session/refresh")

    assert answer.status_code == 200
    assert ada.cookies["chorus_refresh"] != before
    assert (await ada.get("/api/v1/me")).status_code == 200


@on_both
async def test_a_refresh_whose_answer_was_lost_does_not_sign_out(sign_up):
    ada = await sign_up()
    before = ada.cookies["chorus_refresh"]
    lost = await ada.post("/api/v1/session/refresh")
    ada.cookies.clear()
    ada.cookies.set("chorus_refresh", before, path="/api/v1/session")
    answer = await ada.post("/api/v1/session/refresh")

    assert answer.status_code == 200
    assert answer.cookies["chorus_refresh"] == lost.cookies["chorus_refresh"]
    assert (await ada.get("/api/v1/me")).status_code == 200


@on_both
async def test_an_old_refresh_token_ends_the_session(sign_up, browse):
    """Two hold it, so one of them stole it."""
    ada = await sign_up()
    stolen = ada.cookies["chorus_refresh"]
    for _ in range(2):
        await ada.post("/api/v1/session/refresh")

    thief = browse()
    thief.cookies.set("chorus_refresh", stolen, path="/api/v1/session")
    answer = await thief.post("/api/v1/session/refresh")

    assert answer.status_code == 401
    assert (await ada.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/session", {"handle": "ada", "password": "x" * 20}),
        ("POST", "/api/v1/accounts", account("bob")),
        ("PUT", "/api/v1/me/password", {"old": PASSWORD, "new": "x" * 20}),
    ],
)
async def test_a_flood_of_passwords_is_told_to_come_back_and_costs_the_database_nothing(
    sign_up, chat, method, path, body, monkeypatch
):
    ada = await sign_up()
    asked = []
    monkeypatch.setattr(SqlStore, "credentials", lambda *_: asked.append(1))
    monkeypatch.setattr(SqlStore, "create_account", lambda *_, **__: asked.append(1))
    with contextlib.ExitStack() as inside:
        for _ in range(66):
            inside.enter_context(chat.passwords.place())
        refused = await ada.request(method, path, json=body)
        elsewhere = await ada.get("/api/v1/me")

    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "unavailable", "1")
    assert asked == []
    assert elsewhere.status_code == 200


async def test_refreshing_without_the_cookie_is_refused(browse):
    answer = await browse().post("/api/v1/session/refresh")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_signing_out_ends_the_session_and_takes_the_cookies_away(sign_up, announced):
    ada = await sign_up()
    token = ada.cookies["chorus_access"]

    answer = await ada.delete("/api/v1/session")

    assert answer.status_code == 204
    assert not ada.cookies
    assert announced.heard[-1][0] == "session ended"
    assert (await ada.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})).status_code == 401


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", "x" * 5000])
async def test_a_token_that_is_not_ours_is_nobodys(browse, token):
    answer = await browse().get("/api/v1/me", headers={"authorization": f"Bearer {token}".encode()})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
