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


@pytest.fixture
async def admin(ada, browse):
    """Grace, who runs the server beside its owner."""
    grace = browse()
    token = (await invite(ada, role="admin", most=1))["token"]
    joined = await grace.post(f"{API}/accounts", json={**account("grace"), "invite": token})
    assert joined.status_code == 201, joined.text
    return grace


async def private(client, name="plans"):
    """A private channel of its own; its id."""
    return (await client.post(f"{API}/channels", json={"name": name, "kind": "private"})).json()["id"]


@pytest.mark.parametrize("role", ["owner", "admin"])
async def test_an_admin_is_not_shown_the_link_to_a_role_that_admins_do_not_give(ada, admin, role):
    """Row 6: whoever could take it would be more than they are."""
    made = await invite(ada, role=role)

    listed = {each["invite"]["id"]: each["token"] for each in (await admin.get(f"{API}/invites")).json()}
    own = {each["invite"]["id"]: each["token"] for each in (await ada.get(f"{API}/invites")).json()}

    assert listed[made["invite"]["id"]] is None
    assert own[made["invite"]["id"]] == made["token"]


@on_both
async def test_an_admin_is_not_shown_the_link_into_a_channel_that_they_are_not_in(ada, admin):
    """Row 6: nobody lets others in, or themselves again, where they are not."""
    plans = await private(ada)
    made = await invite(ada, channels=[plans])
    before = (await admin.get(f"{API}/invites")).json()[0]
    await ada.put(f"{API}/channels/{plans}/members/2")
    after = (await admin.get(f"{API}/invites")).json()[0]

    assert (before["invite"]["id"], before["token"]) == (made["invite"]["id"], None)
    assert after["token"] == made["token"]


async def test_an_admin_is_shown_the_links_of_others_that_they_could_have_made(ada, admin):
    made = await invite(ada, role="guest", channels=[1])

    assert (await admin.get(f"{API}/invites")).json()[0]["token"] == made["token"]


@on_both
@pytest.mark.parametrize("leaves", [True, False], ids=["left", "taken out"])
async def test_an_invite_leads_into_no_private_channel_that_its_maker_is_not_in_any_more(ada, admin, browse, leaves):
    """Row 6: who was taken out does not come back, as somebody else, by a link that they kept."""
    plans = await private(ada)
    await ada.put(f"{API}/channels/{plans}/members/2")
    token = (await invite(admin, channels=[plans, 1]))["token"]
    gone = (
        admin.delete(f"{API}/channels/{plans}/members/me")
        if leaves
        else ada.delete(f"{API}/channels/{plans}/members/2")
    )
    assert (await gone).is_success
    again = browse()
    joined = await again.post(f"{API}/accounts", json={**account("grace2"), "invite": token})

    assert joined.status_code == 201
    assert [each["name"] for each in (await again.get(f"{API}/channels")).json()] == ["general"]
    assert (await again.get(f"{API}/channels/{plans}/messages")).status_code == 404


async def test_an_invite_leads_into_a_public_channel_that_its_maker_has_left(ada, admin, browse):
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    token = (await invite(ada, role="guest", channels=[plans]))["token"]
    assert (await ada.delete(f"{API}/channels/{plans}/members/me")).is_success
    guest = browse()
    await guest.post(f"{API}/accounts", json={**account("guest"), "invite": token})

    assert [each["name"] for each in (await guest.get(f"{API}/channels")).json()] == ["plans"]
