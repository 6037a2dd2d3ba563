"""What is changed at one instance is so at the other in the very next request, with and without Redis."""

import pytest

from parts.databases import on_both
from parts.people import message


@pytest.fixture(params=["with Redis", "without Redis"])
def redis(request, valkey):
    """Called when everything stands: takes Redis away, or does not."""
    return valkey.kill if request.param == "without Redis" else lambda: None


def at(browser, instance):
    """The same browser at another instance."""
    browser.base_url = instance.address
    browser.headers["origin"] = instance.address
    return browser


@on_both
async def test_memberships_sessions_and_roles_are_never_old(instances, redis):
    """Nothing of them is kept in memory, so nothing has to be told for them to be right."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    tea = (await ada.post("/api/v1/channels", json={"name": "tea", "kind": "private"})).json()["id"]
    there = f"/api/v1/channels/{tea}/messages"
    at(bob, other)
    redis()

    before = await bob.get(there)
    await ada.put(f"/api/v1/channels/{tea}/members/2")
    member = await bob.post(there, json=message())
    await ada.delete(f"/api/v1/channels/{tea}/members/2")
    removed = [await bob.get(there), await bob.post(there, json=message())]
    await ada.patch("/api/v1/accounts/2", json={"role": "guest"})
    guest = await bob.post("/api/v1/channels", json={"name": "mine"})
    await ada.patch("/api/v1/accounts/2", json={"deactivated": True})
    deactivated = await bob.get("/api/v1/me")

    assert before.status_code == 404
    assert member.status_code == 201, member.text
    assert [answer.status_code for answer in removed] == [404, 404]
    assert guest.status_code == 403
    assert deactivated.status_code == 401
