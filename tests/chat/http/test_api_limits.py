"""Rows 3 and 24 over HTTP: how often one may ask, and what the answers say of it."""

import pytest

from chorus.chat.actions.settings import ChatSettings
from chorus.chat.domain.limits import FAILED_BY_ACCOUNT, FAILED_BY_ADDRESS
from parts.people import PASSWORD

API = "/api/v1"
pytestmark = pytest.mark.usefixtures("standing")


@pytest.fixture
def settings():
    return ChatSettings(secret="s" * 32, sign_up="open", rate_limit=24)  # 6 at once for an account, 3 for an address


async def sign_in(client, handle, password):
    return await client.post(f"{API}/session", json={"handle": handle, "password": password})


async def test_an_account_that_asks_too_often_is_told_when_to_come_back(sign_up):
    """Row 24: X-RateLimit-*, Retry-After."""
    ada = await sign_up("ada")

    answers = [await ada.get(f"{API}/me") for _ in range(7)]

    assert [each.status_code for each in answers] == [200] * 6 + [429]
    first, refused = answers[0].headers, answers[-1]
    assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"]) == ("6", "5")
    assert (refused.json()["code"], refused.headers["x-ratelimit-remaining"]) == ("rate_limited", "0")
    assert (first["x-ratelimit-reset"], 3 < int(refused.headers["x-ratelimit-reset"]) <= 15) == ("3", True)
    assert (refused.headers["retry-after"], refused.json()["detail"]) == ("3", "Too many requests; try again in 3 s")


async def test_an_account_is_counted_on_all_its_devices_and_others_are_not_held_up(sign_up, browse, chat):
    ada, grace = await sign_up("ada"), await sign_up("grace")
    for _ in range(6):
        await ada.get(f"{API}/me")

    assert (await ada.get(f"{API}/channels")).status_code == 429
    assert (await grace.get(f"{API}/me")).status_code == 200


async def test_an_address_without_a_session_has_a_limit_of_its_own(browse):
    client = browse()

    statuses = [(await client.get(f"{API}/server")).status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]


async def test_addresses_of_one_ipv6_network_are_counted_as_one(browse):
    """Row 3: whoever has one of them has all of them."""
    statuses = [
        (await browse(address=f"2001:db8:1:{network}::{n}").get(f"{API}/server")).status_code
        for network, n in ((2, 1), (2, 2), (2, 3), (2, 4), (3, 1))
    ]

    assert statuses == [200, 200, 200, 429, 200]


async def test_a_token_that_nobody_looks_at_does_not_take_the_limit_away(browse):
    client = browse()

    made_up = {"authorization": "Bearer made-up"}
    statuses = [(await client.get(f"{API}/server", headers=made_up)).status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]


async def test_whoever_shows_no_token_is_counted_by_address(browse):
    """Row 24: also where one would have to be signed in."""
    statuses = [(await browse().get(f"{API}/me")).status_code for _ in range(4)]

    assert statuses == [401, 401, 401, 429]


async def test_tokens_that_are_nobodys_are_counted_by_address(browse):
    """Row 24: whoever tries tokens out is slowed."""
    statuses = [
        (await browse().get(f"{API}/me", headers={"authorization": f"Bearer {n}"})).status_code for n in range(4)
    ]

    assert statuses == [401, 401, 401, 429]


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="open", rate_limit=1)])
async def test_the_smallest_limit_lets_one_in(browse):
    statuses = [(await browse().get(f"{API}/server")).status_code for _ in range(2)]

    assert statuses == [200, 429]


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="open", rate_limit=0)])
async def test_the_operator_may_have_no_limit(sign_up):
    ada = await sign_up("ada")

    answers = [await ada.get(f"{API}/me") for _ in range(9)]

    assert {each.status_code for each in answers} == {200}
    assert "x-ratelimit-limit" not in answers[0].headers


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="open", rate_limit=0)])
@pytest.mark.parametrize("handle", ["ada", "nobody"])
async def test_wrong_passwords_are_slowed_whether_there_is_such_an_account_or_not(sign_up, browse, handle):
    """Row 3: failed logins slowed by account."""
    await sign_up("ada")
    client = browse()

    failed = [await sign_in(client, handle, "not the password") for _ in range(FAILED_BY_ACCOUNT.burst + 1)]

    assert [each.status_code for each in failed] == [401] * FAILED_BY_ACCOUNT.burst + [429]
    assert int(failed[-1].headers["retry-after"]) >= 1
    assert (await sign_in(client, handle.upper(), PASSWORD)).status_code == 429


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="open", rate_limit=0)])
async def test_wrong_passwords_are_slowed_by_address_whomever_they_are_for(sign_up, browse):
    """Row 3: failed logins slowed by address."""
    await sign_up("ada")
    client = browse()

    failed = [await sign_in(client, f"somebody{n}", "not the password") for n in range(31)]

    assert [each.status_code for each in failed] == [401] * 30 + [429]
    assert (await sign_in(client, "ada", PASSWORD)).status_code == 429


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="open", rate_limit=0)])
async def test_wrong_passwords_are_slowed_by_ipv6_network(browse):
    """Row 3: failed logins slowed by address, of which an attacker has 2**64."""
    failed = [
        await sign_in(browse(address=f"2001:db8:1:2::{n}"), f"somebody{n}", "not the password")
        for n in range(FAILED_BY_ADDRESS.burst + 1)
    ]
    elsewhere = await sign_in(browse(address="2001:db8:1:3::1"), "somebody", "not the password")

    assert [each.status_code for each in failed] == [401] * FAILED_BY_ADDRESS.burst + [429]
    assert elsewhere.status_code == 401


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="open", rate_limit=0)])
async def test_whoever_is_slowed_by_their_address_slows_no_account_down(sign_up, browse):
    """Row 3: a refusal says nothing of anybody's password, and nobody else is locked out by it."""
    await sign_up("ada")
    attacker = browse(address="192.0.2.66")
    for n in range(FAILED_BY_ADDRESS.burst):
        await sign_in(attacker, f"somebody{n}", "not the password")

    refused = [await sign_in(attacker, "ada", "not the password") for _ in range(FAILED_BY_ACCOUNT.burst + 1)]

    assert {each.status_code for each in refused} == {429}
    assert (await sign_in(browse(), "ada", PASSWORD)).status_code == 200


@pytest.mark.parametrize("settings", [ChatSettings(secret="s" * 32, sign_up="open", rate_limit=0)])
async def test_right_passwords_are_not_counted(sign_up, browse):
    await sign_up("ada")
    client = browse()

    answers = [await sign_in(client, "ada", PASSWORD) for _ in range(FAILED_BY_ACCOUNT.burst + 5)]

    assert {each.status_code for each in answers} == {200}
