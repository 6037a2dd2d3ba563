"""Row 1 over HTTP: the first account owns the server, and later ones need an invite link."""

import pytest

from chorus.chat.actions.settings import ChatSettings
from parts.databases import on_both
from parts.people import PASSWORD, account

API = "/api/v1"
DAY = 24 * 60 * 60


@pytest.fixture
def settings():
    return ChatSettings(secret="s" * 32)  # as it comes: by invite


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


async def invite(client, **wanted):
    answer = await client.post(f"{API}/invites", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def join(browse, handle, token=None):
    return await browse().post(f"{API}/accounts", json={**account(handle), "invite": token})


@on_both
async def test_the_first_account_owns_the_server_and_the_next_needs_an_invite(ada, browse):
    """Row 1."""
    assert (await ada.get(f"{API}/me")).json()["role"] == "owner"

    refused = await join(browse, "grace")
    token = (await invite(ada))["token"]
    joined = await join(browse, "grace", token)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (joined.status_code, joined.json()["account"]["role"]) == (201, "member")


@on_both
async def test_an_invite_makes_as_many_accounts_as_it_says_and_counts_them(ada, browse):
    """Row 1: countable."""
    made = await invite(ada, most=2)

    answers = [await join(browse, handle, made["token"]) for handle in ("grace", "linus", "ken")]

    assert [each.status_code for each in answers] == [201, 201, 403]
    [listed] = (await ada.get(f"{API}/invites")).json()
    assert (listed["invite"]["used"], listed["stands"], listed["token"]) == (2, False, made["token"])


async def test_a_sign_up_that_fails_does_not_use_the_invite_up(ada, browse):
    made = await invite(ada, most=1)

    taken = await join(browse, "ada", made["token"])
    joined = await join(browse, "grace", made["token"])

    assert (taken.status_code, joined.status_code) == (409, 201)


async def test_an_expired_invite_lets_nobody_in(ada, browse, chat):
    """Row 1: expiring."""
    made = await invite(ada, expires_in=DAY)
    later = chat.clock() + DAY + 1
    object.__setattr__(chat, "clock", lambda: later)
    ada_again = await browse().post(f"{API}/session", json={"handle": "ada", "password": PASSWORD})
    ada.headers["authorization"] = f"Bearer {ada_again.json()['access_token']}"  # it was a day

    assert (await join(browse, "grace", made["token"])).status_code == 403
    assert [each["stands"] for each in (await ada.get(f"{API}/invites")).json()] == [False]
    assert (await ada.get(f"{API}/server", params={"invite": made["token"]})).json()["invite"] is None


async def test_a_revoked_invite_lets_nobody_in(ada, browse):
    """Row 1: revocable."""
    made = await invite(ada)

    revoked = await ada.delete(f"{API}/invites/{made['invite']['id']}")

    assert revoked.status_code == 204
    assert (await join(browse, "grace", made["token"])).status_code == 403
    assert (await ada.delete(f"{API}/invites/{made['invite']['id']}")).status_code == 404


@pytest.mark.parametrize(
    "forge", [lambda token: token[:-1] + "_", lambda token: token.partition(".")[0], lambda _: "x.é"]
)
async def test_an_invites_id_without_our_seal_lets_nobody_in(ada, browse, forge):
    token = (await invite(ada))["token"]

    assert (await join(browse, "grace", forge(token))).status_code == 403


async def test_whoever_holds_a_link_sees_who_invites_them(ada, browse):
    token = (await invite(ada))["token"]

    told = (await browse().get(f"{API}/server", params={"invite": token})).json()
    nothing = (await browse().get(f"{API}/server", params={"invite": "made.up"})).json()

    assert (told["sign_up"], told["invite"]) == ("invite", {"by": "Ada", "role": "member"})
    assert nothing["invite"] is None


@on_both
async def test_an_invited_guest_is_in_the_invites_channels_and_sees_no_others(ada, browse):
    """Row 2: a guest sees only the channels it was added to."""
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()
    token = (await invite(ada, role="guest", channels=[plans["id"]]))["token"]
    guest = browse()
    await guest.post(f"{API}/accounts", json={**account("grace"), "invite": token})

    assert [each["name"] for each in (await guest.get(f"{API}/channels")).json()] == ["plans"]
    assert (await guest.post(f"{API}/channels/1/members")).status_code == 403
    assert (await guest.patch(f"{API}/channels/{plans['id']}", json={"topic": "Ours"})).status_code == 403
    assert (await guest.put(f"{API}/channels/{plans['id']}/members/1")).status_code == 403
    assert (await guest.get(f"{API}/channels/1/members")).status_code == 404
    assert (await guest.get(f"{API}/channels/1/messages")).status_code == 404


async def test_members_do_not_invite_and_admins_do_not_invite_owners(ada, browse):
    token = (await invite(ada, role="admin"))["token"]
    admin = browse()
    await admin.post(f"{API}/accounts", json={**account("grace"), "invite": token})
    member = browse()
    await member.post(f"{API}/accounts", json={**account("linus"), "invite": (await invite(admin))["token"]})

    assert (await member.post(f"{API}/invites", json={})).status_code == 403
    assert (await member.get(f"{API}/invites")).status_code == 403
    listed = (await ada.get(f"{API}/invites")).json()
    for each in listed:
        assert (await member.delete(f"{API}/invites/{each['invite']['id']}")).status_code == 403
    assert (await ada.get(f"{API}/invites")).json() == listed
    refused = await admin.post(f"{API}/invites", json={"role": "owner"})
    assert (refused.status_code, refused.json()["detail"]) == (
        400, "role: found 'owner', expected one that you may give: guest, member",
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "status"), [("private", 404), ("conversation", 403)])
async def test_an_invite_leads_to_no_channel_that_its_maker_is_not_in_and_to_no_conversation(ada, browse, kind, status):
    """Row 6: nobody lets others in where they are not themselves."""
    admin = browse()
    token = (await invite(ada, role="admin"))["token"]
    await admin.post(f"{API}/accounts", json={**account("grace"), "invite": token})
    if kind == "private":
        channel = (await ada.post(f"{API}/channels", json={"name": "plans", "kind": "private"})).json()
    else:
        channel = (await admin.post(f"{API}/conversations", json={"people": [1]})).json()

    refused = await admin.post(f"{API}/invites", json={"channels": [channel["id"]]})

    assert refused.status_code == status
