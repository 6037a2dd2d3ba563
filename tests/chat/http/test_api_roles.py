"""Row 2 over HTTP: roles, and deactivation."""

import pytest

from parts.databases import on_both
from parts.people import PASSWORD

API = "/api/v1"


@pytest.fixture
async def people(sign_up):
    """Ada, who owns the server, Grace, an admin, and Linus, a member; their ids are 1, 2, 3."""
    ada, grace, linus = [await sign_up(handle) for handle in ("ada", "grace", "linus")]
    (await ada.patch(f"{API}/accounts/2", json={"role": "admin"})).raise_for_status()
    return ada, grace, linus


async def sign_in(browse, handle):
    return await browse().post(f"{API}/session", json={"handle": handle, "password": PASSWORD})


@on_both
async def test_a_role_given_counts_from_the_next_request_on(people, announced):
    """Row 2."""
    ada, _, linus = people

    changed = await ada.patch(f"{API}/accounts/3", json={"role": "guest"})

    assert (changed.status_code, changed.json()["role"]) == (200, "guest")
    assert (await linus.post(f"{API}/channels", json={"name": "mine"})).status_code == 403
    assert (await linus.get(f"{API}/me")).json()["role"] == "guest"
    assert announced.heard[-1] == ("account changed", announced.heard[-1][1])


async def test_admins_run_members_and_guests_and_neither_owners_nor_each_other(people):
    ada, grace, _ = people

    assert (await grace.patch(f"{API}/accounts/3", json={"role": "guest"})).status_code == 200
    refused = [
        await grace.patch(f"{API}/accounts/3", json={"role": "admin"}),
        await grace.patch(f"{API}/accounts/1", json={"role": "member"}),
        await grace.patch(f"{API}/accounts/1", json={"deactivated": True}),
        await grace.patch(f"{API}/accounts/2", json={"role": "member"}),
        await ada.patch(f"{API}/accounts/1", json={"deactivated": True}),
    ]
    assert {each.status_code for each in refused} == {403}


async def test_members_change_nobody(people):
    _, _, linus = people

    assert (await linus.patch(f"{API}/accounts/2", json={"role": "guest"})).status_code == 403
    assert (await linus.patch(f"{API}/accounts/99", json={"role": "guest"})).status_code == 403


async def test_an_account_that_is_not_there_is_not_found(people):
    ada, *_ = people

    assert (await ada.patch(f"{API}/accounts/99", json={"role": "guest"})).status_code == 404


async def test_a_second_owner_may_take_the_first_ones_place_but_somebody_owns_the_server(people):
    ada, grace, _ = people
    (await ada.patch(f"{API}/accounts/2", json={"role": "owner"})).raise_for_status()

    assert (await grace.patch(f"{API}/accounts/1", json={"role": "member"})).status_code == 200
    assert (await ada.patch(f"{API}/accounts/2", json={"role": "member"})).status_code == 403


@on_both
async def test_deactivation_ends_every_session_and_lets_nobody_back_in(people, browse):
    """Row 2: deactivation."""
    ada, _, linus = people
    other_device = browse()
    await other_device.post(f"{API}/session", json={"handle": "linus", "password": PASSWORD})

    done = await ada.patch(f"{API}/accounts/3", json={"deactivated": True})

    assert (done.status_code, done.json()["deactivated"]) == (200, True)
    for device in (linus, other_device):
        assert (await device.get(f"{API}/me")).status_code == 401
        assert (await device.post(f"{API}/session/refresh")).status_code == 401
    refused = await sign_in(browse, "linus")
    assert (refused.status_code, refused.json()["detail"]) == (401, "This account is deactivated")
    wrong = await browse().post(f"{API}/session", json={"handle": "linus", "password": "not the password"})
    assert wrong.json()["detail"] == "Handle or password is wrong"

    (await ada.patch(f"{API}/accounts/3", json={"deactivated": False})).raise_for_status()
    assert (await sign_in(browse, "linus")).status_code == 200


@on_both
@pytest.mark.parametrize(
    ("change", "still"),
    [({"deactivated": True}, []), ({"role": "member"}, []), ({"role": "admin"}, ["member"]), ({}, ["member", "owner"])],
)
async def test_links_do_not_outlive_the_right_to_make_them(people, change, still):
    """Of an owner's links for an owner and a member."""
    ada, grace, _ = people
    (await ada.patch(f"{API}/accounts/2", json={"role": "owner"})).raise_for_status()
    for role in ("owner", "member"):
        (await grace.post(f"{API}/invites", json={"role": role})).raise_for_status()
        (await ada.post(f"{API}/invites", json={"role": role})).raise_for_status()

    (await ada.patch(f"{API}/accounts/2", json=change)).raise_for_status()

    links = [each["invite"] for each in (await ada.get(f"{API}/invites")).json()]
    assert sorted(each["role"] for each in links if each["creator"] == 2) == still
    assert sorted(each["role"] for each in links if each["creator"] == 1) == ["member", "owner"]


async def test_a_deactivated_account_is_still_shown_as_somebody_who_was_here(people):
    ada, *_ = people
    await ada.patch(f"{API}/accounts/3", json={"deactivated": True})

    assert (await ada.get(f"{API}/accounts")).json() == [
        {"id": 1, "handle": "ada", "name": "Ada", "role": "owner"},
        {"id": 2, "handle": "grace", "name": "Grace", "role": "admin"},
        {"id": 3, "handle": "linus", "name": "Linus", "role": "member", "deactivated": True},
    ]


async def test_somebody_changes_their_name(people, announced):
    _, grace, _ = people

    answer = await grace.patch(f"{API}/me", json={"name": "Grace Hopper"})

    assert answer.json()["name"] == "Grace Hopper"
    assert announced.heard[-1][0] == "account changed"
