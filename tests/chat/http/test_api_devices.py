"""Row 4 over HTTP: where one is signed in, and ending any of it; another password."""

import pytest

from parts.databases import on_both
from parts.people import PASSWORD

API = "/api/v1"


@pytest.fixture
async def ada(sign_up):
    return await sign_up("ada")


@pytest.fixture
async def phone(ada, browse):
    """Ada's other device."""
    client = browse()
    body = {"handle": "ada", "password": PASSWORD}
    (await client.post(f"{API}/session", json=body, headers={"user-agent": "Telephone/1"})).raise_for_status()
    return client


@on_both
async def test_devices_are_listed_and_any_of_them_is_ended(ada, phone, announced):
    """Row 4: a list of devices that ends any of them."""
    devices = (await ada.get(f"{API}/sessions")).json()
    [other] = [each for each in devices if not each["current"]]

    ended = await ada.delete(f"{API}/sessions/{other['id']}")

    assert (len(devices), other["agent"]) == (2, "Telephone/1")
    assert ended.status_code == 204
    assert ("session ended", other["id"]) in announced.heard
    assert (await phone.get(f"{API}/me")).status_code == 401
    assert len((await ada.get(f"{API}/sessions")).json()) == 1


async def test_what_a_device_calls_itself_is_kept_up_to_a_bound(ada, browse):
    body = {"handle": "ada", "password": PASSWORD}
    await browse().post(f"{API}/session", json=body, headers={"user-agent": "x" * 5000})

    agents = [each["agent"] for each in (await ada.get(f"{API}/sessions")).json() if not each["current"]]

    assert agents == ["x" * 300]


async def test_somebody_elses_device_is_not_found(ada, sign_up):
    grace = await sign_up("grace")
    [device] = (await ada.get(f"{API}/sessions")).json()

    assert (await grace.delete(f"{API}/sessions/{device['id']}")).status_code == 404
    assert (await ada.get(f"{API}/me")).status_code == 200


@on_both
async def test_another_password_signs_the_other_devices_out(ada, phone, browse, announced):
    """Row 4."""
    [other] = [each["id"] for each in (await ada.get(f"{API}/sessions")).json() if not each["current"]]

    changed = await ada.put(f"{API}/me/password", json={"old": PASSWORD, "new": "another secret sentence"})

    assert changed.status_code == 204
    assert (await ada.get(f"{API}/me")).status_code == 200
    assert (await phone.get(f"{API}/me")).status_code == 401
    assert [each for each in announced.heard if each[0] == "session ended"] == [("session ended", other)]
    for password, status in ((PASSWORD, 401), ("another secret sentence", 200)):
        answer = await browse().post(f"{API}/session", json={"handle": "ada", "password": password})
        assert answer.status_code == status


async def test_the_old_password_has_to_be_right(ada):
    answer = await ada.put(f"{API}/me/password", json={"old": "not this one", "new": "another secret sentence"})

    assert (answer.status_code, answer.json()["detail"]) == (403, "old: this is not your password")


@pytest.mark.usefixtures("standing")
async def test_a_wrong_old_password_is_a_sign_in_that_failed(ada, browse):
    """Row 3: who finds an open device guesses no faster there than at the door."""
    body = {"old": "not this one", "new": "another secret sentence"}

    answers = [(await ada.put(f"{API}/me/password", json=body)).status_code for _ in range(11)]
    right = await browse().post(f"{API}/session", json={"handle": "ada", "password": PASSWORD})

    assert answers == [403] * 10 + [429]
    assert right.status_code == 429


async def test_a_new_password_that_is_none_is_refused_by_the_name_of_its_field(ada):
    answers = [await ada.put(f"{API}/me/password", json={"old": PASSWORD, "new": new}) for new in ("short", "x" * 1025)]

    assert [(each.status_code, each.json()["detail"]) for each in answers] == [
        (400, "new: found 5 characters, expected at least 8"),
        (413, "new: found 1025 characters, expected at most 1024"),
    ]
