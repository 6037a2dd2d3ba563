"""Row 17 over HTTP: the audit log of administrative acts."""

import uuid

import pytest

from parts.databases import on_both

API = "/api/v1"


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


@pytest.fixture
async def grace(ada, sign_up):
    return await sign_up("grace")


async def who(client):
    return (await client.get(f"{API}/me")).json()["id"]


async def lines(client, **asked):
    answer = await client.get(f"{API}/audit", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


@on_both
async def test_what_owners_do_to_others_stands_there_with_their_address(ada, grace):
    """Row 17: who, what, whom, when, from where."""
    her = await who(grace)
    said = await grace.post(f"{API}/channels/1/messages", json={"client_id": str(uuid.uuid4()), "text": "hm"})
    await ada.delete(f"{API}/channels/1/messages/{said.json()['seq']}")
    await ada.patch(f"{API}/accounts/{her}", json={"role": "admin"})
    await ada.patch(f"{API}/accounts/{her}", json={"role": "admin"})
    made = (await ada.post(f"{API}/invites", json={})).json()
    await ada.delete(f"{API}/invites/{made['invite']['id']}")
    await ada.patch(f"{API}/channels/1", json={"name": "town"})
    await ada.delete(f"{API}/channels/1/members/{her}")
    await ada.patch(f"{API}/accounts/{her}", json={"deactivated": True})

    page = await lines(ada)
    assert [each["act"] for each in page["lines"]] == [
        "account.deactivated",
        "channel.member_removed",
        "channel.renamed",
        "invite.revoked",
        "invite.created",
        "account.role_changed",
        "message.deleted",
    ]
    assert page["next"] is None
    assert {each["actor"] for each in page["lines"]} == {await who(ada)}
    assert {each["address"] for each in page["lines"]} == {"127.0.0.1"}
    changed = page["lines"][5]
    assert (changed["account"], changed["details"]) == (her, {"from": "member", "to": "admin"})


async def test_it_is_for_owners_and_admins(ada, grace):
    refused = await grace.get(f"{API}/audit")
    await ada.patch(f"{API}/accounts/{await who(grace)}", json={"role": "admin"})

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert [each["act"] for each in (await lines(grace))["lines"]] == ["account.role_changed"]


async def test_it_is_read_in_pages_and_filtered(ada):
    for _ in range(3):
        await ada.post(f"{API}/invites", json={})

    first = await lines(ada, limit=2, act="invite.")
    rest = await lines(ada, limit=2, act="invite.", before=first["next"])
    assert [len(each["lines"]) for each in (first, rest)] == [2, 1]
    assert rest["next"] is None
    assert (await lines(ada, act="account."))["lines"] == []


@on_both
async def test_what_is_undone_stands_there_too_with_whom_and_where(ada, grace):
    """Row 17: and what is so already is not done."""
    her = await who(grace)
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    said = await grace.post(f"{API}/channels/1/messages", json={"client_id": str(uuid.uuid4()), "text": "hm"})
    await ada.delete(f"{API}/channels/1/messages/{said.json()['seq']}")
    await ada.patch(f"{API}/channels/1", json={"name": "town"})
    await ada.patch(f"{API}/channels/1", json={"name": "town"})
    await ada.delete(f"{API}/channels/1/members/{her}")
    for archived in (True, False, False):
        await ada.patch(f"{API}/channels/{plans}", json={"archived": archived})
    for deactivated in (True, True, False, False):
        await ada.patch(f"{API}/accounts/{her}", json={"deactivated": deactivated})
    made = (await ada.post(f"{API}/invites", json={"role": "guest", "most": 3, "expires_in": 3600})).json()["invite"]
    await ada.delete(f"{API}/invites/{made['id']}")

    told = [
        (each["act"], each["account"], each["channel"], each["details"])
        for each in reversed((await lines(ada))["lines"])
    ]
    assert told == [
        ("message.deleted", her, 1, {"seq": said.json()["seq"]}),
        ("channel.renamed", 0, 1, {"from": "general", "to": "town"}),
        ("channel.member_removed", her, 1, {"name": "town"}),
        ("channel.archived", 0, plans, {"name": "plans"}),
        ("channel.unarchived", 0, plans, {"name": "plans"}),
        ("account.deactivated", her, 0, {}),
        ("account.reactivated", her, 0, {}),
        ("invite.created", 0, 0, {"invite": made["id"], "role": "guest", "most": 3, "expires_in": 3600}),
        ("invite.revoked", 0, 0, {"invite": made["id"]}),
    ]


async def test_it_is_narrowed_by_each_of_what_is_asked(ada, grace):
    """Row 17: who, what, whom, when and where."""
    await ada.patch(f"{API}/accounts/2", json={"role": "admin"})
    await grace.patch(f"{API}/channels/1", json={"name": "town"})

    async def acts(**asked):
        return [each["act"] for each in (await lines(ada, **asked))["lines"]]

    assert await acts() == ["channel.renamed", "account.role_changed"]
    assert await acts(act="channel.renamed") == ["channel.renamed"]
    assert await acts(actor=2) == ["channel.renamed"]
    assert await acts(account=2) == ["account.role_changed"]
    assert await acts(channel=1) == ["channel.renamed"]
    assert await acts(until=1) == await acts(since=2**45) == []


async def test_what_one_does_to_ones_own_messages_is_no_act_of_administration(ada, grace):
    said = await grace.post(f"{API}/channels/1/messages", json={"client_id": str(uuid.uuid4()), "text": "hm"})
    await grace.delete(f"{API}/channels/1/messages/{said.json()['seq']}")

    assert (await lines(ada))["lines"] == []


@pytest.mark.parametrize("asked", [{"limit": 0}, {"limit": 201}, {"actor": "x"}, {"since": -1}])
async def test_a_wrong_question_is_refused(ada, asked):
    assert (await ada.get(f"{API}/audit", params=asked)).status_code == 400
