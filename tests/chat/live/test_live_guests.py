"""Row 2 over live connections: a guest is told of those who share a channel with it, and of nobody else."""

import asyncio
from unittest.mock import AsyncMock

import pytest

from chorus.chat.live import gateway
from chorus.chat.live.guests import Guests
from chorus.chat.storage.store import SqlStore
from parts.databases import on_both
from parts.people import account, message
from waiting import eventually

API = "/api/v1"


class Scene:
    """Ada, who owns the server, and Bob on the first instance; Gus, a guest in #work alone, on the second."""

    def __init__(self, one, other):
        self.one, self.other = one, other

    async def begin(self):
        self.ada, self.bob = await self.one.sign_up("ada"), await self.one.sign_up("bob")
        self.work = (await self.ada.post(f"{API}/channels", json={"name": "work", "kind": "private"})).json()["id"]
        self.gus = await self.other.sign_up("gus")
        (await self.ada.patch(f"{API}/accounts/3", json={"role": "guest"})).raise_for_status()
        (await self.gus.delete(f"{API}/channels/1/members/me")).raise_for_status()
        await self.add(3)
        self.live = await self.connected()

    async def connected(self):
        live = await self.other.connect(self.gus)
        await live.wait_for("caught_up")
        return live

    async def add(self, who, channel=None):
        (await self.ada.put(f"{API}/channels/{channel or self.work}/members/{who}")).raise_for_status()

    async def remove(self, who, channel=None):
        (await self.ada.delete(f"{API}/channels/{channel or self.work}/members/{who}")).raise_for_status()

    async def people(self):
        """Whom the guest sees over HTTP, by both ways."""
        listed = (await self.gus.get(f"{API}/accounts")).json()
        begun = (await self.gus.get(f"{API}/bootstrap")).json()["accounts"]
        assert listed == begun
        return [each["handle"] for each in listed]

    def told(self):
        """What the guest's connection was told of accounts, in order."""
        names = ("account.seen", "account.unseen", "account.joined", "account.changed")
        return [(name, told["account"]) for name, told in self.live.events if name in names]


@pytest.fixture
async def scene(instances):
    scene = Scene(*instances)
    await scene.begin()
    return scene


def seen(account_id, handle, **more):
    shown = {"id": account_id, "handle": handle, "name": handle.title(), "role": "member"} | more
    return ("account.seen", shown)


@on_both
async def test_somebody_who_comes_into_a_guests_channel_comes_into_its_sight_and_goes_with_it(scene):
    """Row 2: on another instance, over HTTP and live; who joins is told, who leaves as well."""
    assert await scene.people() == ["ada", "gus"]
    await scene.add(2)
    await scene.live.wait_for("account.seen")
    assert await scene.people() == ["ada", "bob", "gus"]

    await scene.remove(2)

    await scene.live.wait_for("account.unseen")
    assert await scene.people() == ["ada", "gus"]
    assert scene.told() == [seen(2, "bob"), ("account.unseen", 2)]


@on_both
async def test_a_guest_who_is_added_to_a_channel_sees_its_people_and_taken_out_sees_them_no_more(scene):
    """Row 2."""
    other = (await scene.bob.post(f"{API}/channels", json={"name": "other"})).json()["id"]
    (await scene.ada.post(f"{API}/channels/{other}/members")).raise_for_status()
    await scene.add(3, other)
    await scene.live.wait_for("account.seen")
    await scene.remove(3, other)
    await scene.live.wait_for("account.unseen")

    assert scene.told() == [seen(2, "bob"), ("account.unseen", 2)]  # ada is in both


async def test_strangers_who_sign_up_or_change_are_not_told_and_acquaintances_are(scene):
    """Row 2."""
    await scene.one.sign_up("eve")
    await scene.bob.patch(f"{API}/me", json={"name": "Bob the Stranger"})
    await scene.ada.patch(f"{API}/me", json={"name": "Ada L"})

    await scene.live.wait_for("account.changed")
    changed = {"id": 1, "handle": "ada", "name": "Ada L", "role": "owner"}
    assert scene.told() == [("account.changed", changed)]


async def test_a_guest_hears_of_no_channel_that_it_is_not_in(scene):
    """Row 2: neither that there is a new one, nor what becomes of it."""
    other = (await scene.bob.post(f"{API}/channels", json={"name": "other"})).json()["id"]
    for channel, client in ((other, scene.bob), (scene.work, scene.ada)):
        (await client.patch(f"{API}/channels/{channel}", json={"topic": "Hear hear"})).raise_for_status()
    await eventually(
        lambda: [each for each in scene.live.got("channel.changed") if each["channel"]["topic"]],
        what="the guest's own channel to change",
    )

    assert {each["channel"]["id"] for each in scene.live.got("channel.changed")} == {scene.work}
    assert scene.live.got("channel.created") == []


async def test_who_signs_up_into_a_guests_channel_is_seen(scene):
    """Row 2: those of #general are in it from the start, and of an invite's channels as well."""
    await scene.add(3, 1)
    await scene.live.wait_for("account.seen")

    await scene.one.sign_up("eve")

    await scene.live.wait_for("account.seen", 2)
    assert scene.told() == [seen(2, "bob"), seen(4, "eve")]
    assert await scene.people() == ["ada", "bob", "gus", "eve"]


async def test_presence_of_strangers_is_not_told(scene):
    """Row 2: neither at once, nor when they come, nor after they left."""
    bob = await scene.one.connect(scene.bob)
    await bob.wait_for("caught_up")
    await scene.add(2)
    await scene.live.wait_for("account.seen")
    await eventually(lambda: _present(scene.live, 1, 2), what="bob to be there")

    await scene.remove(2)
    await scene.live.wait_for("account.unseen")
    told = len(scene.live.got("presence"))
    assert await _watch(scene.live, 1, 2) == {}
    await bob.ask("presence.set", {"state": "away"})
    ada = await scene.one.connect(scene.ada)
    await scene.live.wait_for("presence", told + 1)

    assert [each["account"] for each in scene.live.got("presence")[told:]] == [1]
    ada.close()


async def _watch(live, *accounts):
    return (await live.ask("presence.watch", {"accounts": accounts}))["present"]


async def _present(live, *accounts):
    return "2" in await _watch(live, *accounts)


async def test_whoever_becomes_a_guest_is_told_of_its_own_people_alone_and_of_all_when_it_is_none_any_more(scene):
    """Row 2: from the change on, over the connection that stands."""
    live, ada = await scene.one.connect(scene.bob), await scene.one.connect(scene.ada)
    await live.wait_for("caught_up")
    (await scene.bob.delete(f"{API}/channels/1/members/me")).raise_for_status()
    await eventually(lambda: _sees_ada(live), what="ada to be there")
    (await scene.ada.patch(f"{API}/accounts/2", json={"role": "guest"})).raise_for_status()
    await eventually(lambda: _sees_nobody(live), what="bob to be a guest")
    await scene.one.sign_up("eve")
    (await scene.ada.patch(f"{API}/accounts/2", json={"role": "member"})).raise_for_status()
    await eventually(lambda: _sees_ada(live), what="bob to be a member")
    await scene.one.sign_up("ivy")
    await eventually(lambda: live.got("account.joined"), what="ivy to be told")

    assert [each["account"]["handle"] for each in live.got("account.joined")] == ["ivy"]
    assert [each["account"]["role"] for each in live.got("account.changed")][-1] == "member"
    ada.close()


async def test_whoever_becomes_a_guest_is_told_again_when_it_was_looked_whom_it_sees(scene, monkeypatch):
    """Row 2: whom it learned of in between, and who has gone meanwhile, it would take for somebody it sees."""
    live = await scene.one.connect(scene.bob)
    await live.wait_for("caught_up")
    look, may_look = Guests.look, asyncio.Event()

    async def later(guests, **what):
        await may_look.wait()
        await look(guests, **what)

    monkeypatch.setattr(Guests, "look", later)
    (await scene.ada.patch(f"{API}/accounts/2", json={"role": "guest"})).raise_for_status()
    await live.wait_for("account.changed")
    (await scene.bob.delete(f"{API}/channels/1/members/me")).raise_for_status()
    await live.wait_for("channel.left")
    before = len(live.got("account.changed"))
    may_look.set()

    changed = await live.wait_for("account.changed", before + 1)
    assert (changed[-1]["account"]["handle"], changed[-1]["account"]["role"]) == ("bob", "guest")


async def _sees_ada(live):
    return await _watch(live, 1) == {"1": "active"}


async def _sees_nobody(live):
    return await _watch(live, 1) == {}


async def test_what_was_never_said_is_found_when_everybody_is_looked_up(scene, monkeypatch):
    """Notices may be lost: the database alone knows."""
    monkeypatch.setattr(gateway, "AWAY", 0.02)
    monkeypatch.setattr(gateway, "ALWAYS", 0.05)
    monkeypatch.setattr("chorus.chat.live.announcements.LiveAnnouncer.announce_membership", lambda *_, **__: None)
    live = await scene.connected()
    await scene.add(2)

    await eventually(lambda: live.got("account.seen"), within=30, what="bob to be seen")
    assert live.got("account.seen")[0]["account"]["handle"] == "bob"


async def test_a_connection_that_moves_is_told_of_what_happened_on_its_way(scene, monkeypatch):
    monkeypatch.setattr(gateway, "MOVED", 0.01)

    await scene.other.give(scene.one, lambda: scene.add(2))
    await scene.live.wait_for("account.seen")

    assert scene.told() == [seen(2, "bob")]


async def test_a_guest_who_comes_back_sees_who_came_while_no_guest_was_there(scene, monkeypatch):
    """Row 2: an instance without guests of that channel did not look who is in it."""
    ada = await scene.other.connect(scene.ada)
    await ada.wait_for("caught_up")
    scene.live.close()
    await eventually(lambda: _absent(ada, 3), what="gus to be gone")
    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "people_in", asked := AsyncMock(return_value={}))
        await scene.add(2)
        await scene.ada.patch(f"{API}/channels/{scene.work}", json={"topic": "Said after it"})
        await ada.wait_for("channel.changed")
        asked.assert_not_called()

    live = await scene.connected()
    await scene.bob.patch(f"{API}/me", json={"name": "Bob B"})

    [changed] = await live.wait_for("account.changed")
    assert changed["account"]["name"] == "Bob B"
    ada.close()


async def _absent(live, account):
    return await _watch(live, account) == {}


async def test_a_guest_cannot_find_out_by_a_mention_whether_somebody_is_here(scene):
    """Row 2: a handle of a stranger is a word like any other."""
    said = await scene.gus.post(f"{API}/channels/{scene.work}/messages", json=message("@ada @bob @nobody"))
    members = await scene.ada.post(f"{API}/channels/{scene.work}/messages", json=message("@bob"))

    assert said.json()["html"] == ('<p><span class="mention" data-mention="1">@ada</span> @bob @nobody</p>')
    assert "data-mention" in members.json()["html"]


async def test_a_guest_cannot_find_out_by_a_command_or_by_searching(scene):
    """Row 2: the answer is the same for a stranger as for nobody."""
    answers = [
        await scene.gus.post(
            f"{API}/channels/{scene.work}/commands",
            json={"client_id": message()["client_id"], "text": f"/invite @{handle}"},
        )
        for handle in ("bob", "nobody")
    ]
    hits = [(await scene.gus.get(f"{API}/search", params={"q": f"from:{each}"})).json() for each in ("bob", "nobody")]

    assert [(each.status_code, each.json()["detail"]) for each in answers] == [
        (403, "guest accounts may not add people to channels")
    ] * 2
    assert hits == [{"hits": [], "next": None}] * 2


async def test_a_guest_in_no_channel_sees_itself(scene):
    await scene.remove(3)
    await scene.live.wait_for("account.unseen")

    assert await scene.people() == ["gus"]


async def test_members_see_everybody_as_before(scene):
    bob = await scene.one.connect(scene.bob)
    await bob.wait_for("caught_up")
    await scene.other.browse().post(f"{API}/accounts", json=account("eve"))

    await bob.wait_for("account.joined")
    assert bob.got("account.seen") == []
    people = (await scene.bob.get(f"{API}/accounts")).json()
    assert [each["handle"] for each in people] == ["ada", "bob", "gus", "eve"]
