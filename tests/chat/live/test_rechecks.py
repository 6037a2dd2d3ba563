"""What live connections rely on is looked up again from time to time, whatever the instances tell each other."""

import asyncio
import sqlite3
import uuid

import pytest

from chorus.chat.actions import channels, sessions
from chorus.chat.live import gateway
from chorus.chat.storage.store import SqlStore
from parts.bots import make_bot, make_token
from parts.instance import Instance, both
from parts.sockets import LiveClient, Refused
from parts.talking import post
from waiting import eventually


@pytest.fixture
def often(monkeypatch):
    """Looks are taken many times a second."""
    monkeypatch.setattr(gateway, "AWAY", 0.02)
    monkeypatch.setattr(gateway, "ALWAYS", 0.05)


@pytest.fixture
def change(tmp_path):
    """Changes the database behind everybody's back, all at once."""

    def change(*statements):
        with sqlite3.connect(tmp_path / "chat.db") as database:
            for statement in statements:
                database.execute(statement)

    return change


async def settled(client):
    await client.wait_for("caught_up")
    return client


async def test_a_session_that_expired_ends_its_connection_although_all_is_well(often, instances, change):
    one, _ = instances
    client = await settled(await one.connect(await one.sign_up()))

    change("UPDATE sessions SET expires_at = 1")

    assert await client.wait_for("session.ended") == [{}]
    await eventually(lambda: client.disconnected, what="the end of the connection")


async def test_a_membership_that_changed_without_a_word_is_found(often, instances, change):
    one, _ = instances
    client = await settled(await one.connect(await one.sign_up()))

    change("DELETE FROM memberships")

    assert await client.wait_for("channel.left") == [{"channel": 1}]


async def test_row_2_a_role_that_changed_without_a_word_is_found(often, instances, change):
    one, _ = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    (await ada.patch("/api/v1/accounts/2", json={"role": "guest"})).raise_for_status()
    client = await settled(await one.connect(bob))

    change("UPDATE accounts SET role = 'member' WHERE handle = 'bob'")

    async def hears_of_channels() -> bool:
        await ada.post("/api/v1/channels", json={"name": f"plans-{uuid.uuid4().hex[:8]}"})
        return bool(client.got("channel.created"))

    await eventually(hears_of_channels, what="a channel that guests are not told of")
    assert [each["account"]["role"] for each in client.got("account.changed")] == ["member"]


async def test_row_2_a_look_undoes_no_change_that_was_told_meanwhile(often, instances, monkeypatch):
    one, _ = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    client = await settled(await one.connect(bob))
    standing, looks, looked, go_on = SqlStore.standing, [], asyncio.Event(), asyncio.Event()

    async def slowly(store, sessions, accounts, **named):
        found = await standing(store, sessions, accounts, **named)
        looked.set()
        await go_on.wait()
        looks.append(accounts)
        return found

    monkeypatch.setattr(SqlStore, "standing", slowly)
    await looked.wait()
    (await ada.patch("/api/v1/accounts/2", json={"role": "admin"})).raise_for_status()
    await client.wait_for("account.changed")
    go_on.set()
    await eventually(lambda: len(looks) >= 3, what="this look and two more")

    assert [each["account"]["role"] for each in client.got("account.changed")] == ["admin"]


async def test_all_connections_are_looked_up_in_one_question(often, instances, monkeypatch):
    one, _ = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    _, secret = await make_token(ada, await make_bot(ada, "helper", 1), "read")
    clients = [await settled(await one.connect(each)) for each in (ada, ada, bob)]
    clients.append(await settled(await LiveClient.open(one.address, auth={"token": secret})))
    asked = []
    for name in ("standing", "session", "channels", "joined_channel"):
        monkeypatch.setattr(SqlStore, name, _noted(name, getattr(SqlStore, name), asked))

    await eventually(lambda: len(asked) >= 3, what="three looks")

    assert set(asked) == {"standing"}
    assert not any(client.disconnected or client.got("account.changed") for client in clients)


def _noted(name, method, asked):
    async def noted(self, *arguments, **named):
        asked.append(name)
        return await method(self, *arguments, **named)

    return noted


async def test_a_look_that_failed_unexpectedly_is_not_the_last(often, instances, change, monkeypatch, caplog):
    one, _ = instances
    client = await settled(await one.connect(await one.sign_up()))
    standing = SqlStore.standing
    failed = []

    async def fail_once(self, *arguments, **named):
        if not failed:
            failed.append(1)
            raise ZeroDivisionError
        return await standing(self, *arguments, **named)

    monkeypatch.setattr(SqlStore, "standing", fail_once)
    await eventually(lambda: failed, what="the look that fails")
    change("DELETE FROM sessions")

    assert await client.wait_for("session.ended") == [{}]
    assert "looking them up again failed" in caplog.text


async def test_a_session_that_ends_while_it_connects_does_not_stay_connected(instances, change, monkeypatch):
    one, _ = instances
    ada = await one.sign_up()
    authenticate = sessions.authenticate

    async def and_then_end_it(chat, **shown):
        session = await authenticate(chat, **shown)
        change("DELETE FROM sessions")
        return session

    monkeypatch.setattr(sessions, "authenticate", and_then_end_it)

    with pytest.raises(Refused) as refused:
        await one.connect(ada)
    assert refused.value.data["code"] == "unauthenticated"


async def test_a_session_that_is_ended_while_it_connects_is_refused_at_once(instances, monkeypatch):
    """The notice finds a connection that was asked for already, and not let in: it is told, not left waiting."""
    one, other = instances
    ada = await one.sign_up()
    watching = await settled(await other.connect(ada))
    connecting, go_on = asyncio.Event(), asyncio.Event()
    list_followed = channels.list_followed

    async def slowly(chat, **named):
        connecting.set()
        await go_on.wait()
        return await list_followed(chat, **named)

    monkeypatch.setattr(channels, "list_followed", slowly)
    coming = asyncio.create_task(other.connect(ada))
    await connecting.wait()
    (await ada.delete("/api/v1/session")).raise_for_status()
    await watching.wait_for("session.ended")
    go_on.set()
    with pytest.raises(Refused) as refused:
        await coming

    assert refused.value.data["code"] == "unauthenticated"


@pytest.mark.parametrize("step", ["authenticate", "check"])
async def test_who_becomes_a_guest_while_it_connects_is_one(step, instances, monkeypatch):
    """The notice finds no connection yet, or one that is being looked up; what was found of the account is older."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    watching = await settled(await other.connect(ada))
    connecting, go_on = asyncio.Event(), asyncio.Event()
    find = getattr(sessions, step)

    async def slowly(chat, **named):
        found = await find(chat, **named)
        if chat.settings.instance == "1" and found.account.id == 2:
            connecting.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(sessions, step, slowly)
    coming = asyncio.create_task(other.connect(bob))
    await connecting.wait()
    (await ada.patch("/api/v1/accounts/2", json={"role": "guest"})).raise_for_status()
    (await ada.patch("/api/v1/channels/1", json={"topic": "Said after it"})).raise_for_status()
    await watching.wait_for("channel.changed")
    go_on.set()
    client = await settled(await coming)
    await ada.post("/api/v1/channels", json={"name": "plans"})
    await post(ada, 1)
    await client.wait_for("entry")

    assert client.got("channel.created") == []


async def test_row_18_a_look_while_somebody_connects_has_them_sent_nothing_twice(often, instances, monkeypatch):
    one, _ = instances
    ada = await one.sign_up()
    await post(ada, 3)
    looks, connecting, go_on = [], asyncio.Event(), asyncio.Event()
    check = sessions.check

    async def slowly(chat, **named):
        connecting.set()
        await go_on.wait()
        return await check(chat, **named)

    monkeypatch.setattr(SqlStore, "standing", _noted("look", SqlStore.standing, looks))
    monkeypatch.setattr(sessions, "check", slowly)
    coming = asyncio.create_task(one.connect(ada, auth={"cursors": {"1": 3}}))
    await connecting.wait()
    await eventually(lambda: looks, what="a look that finds the connection")
    await post(ada, 1)
    go_on.set()
    client = await settled(await coming)
    await post(ada, 1)
    await client.wait_for("entry", 2)

    assert client.seqs() == [4, 5]


async def test_row_18_a_look_says_nothing_of_a_connection_that_moved_meanwhile(often, instances, change, monkeypatch):
    """Whoever has it looks itself, and has it hear the channel until then; and looks no more when it has gone."""
    one, other = instances
    ada, bob = await one.sign_up("ada"), await one.sign_up("bob")
    client = await settled(await one.connect(bob))
    standing, looks, looked, go_on = SqlStore.standing, [], asyncio.Event(), asyncio.Event()

    async def slowly(store, sessions, accounts, **named):
        looks.append(accounts)
        found = await standing(store, sessions, accounts, **named)
        if 2 in accounts and not found.channels[2] and not go_on.is_set():
            looked.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(SqlStore, "standing", slowly)
    change("DELETE FROM memberships WHERE account_id = 2", "UPDATE accounts SET name = 'Bob B' WHERE id = 2")
    await looked.wait()
    await one.give(other)
    await settled(await one.connect(ada))
    looks.clear()
    go_on.set()
    await eventually(lambda: looks.count({1}) >= 2, what="another look, after this one")
    await client.wait_for("channel.left")
    await client.wait_for("account.changed")

    assert client.got("channel.left") == [{"channel": 1}]
    assert [each["account"]["name"] for each in client.got("account.changed")] == ["Bob B"]
    client.close()
    await eventually(lambda: looks[-3:] == [{1}] * 3, what="looks at nobody but those who are here")


async def test_instances_without_a_backplane_say_so_and_find_sign_outs_when_they_look(often, environment, caplog):
    environment["SOCKET_IO_REDIS_ADAPTER"] = "false"
    async with both(Instance(0, **environment), Instance(1, **environment)) as (one, other):
        ada = await one.sign_up()
        client = await settled(await other.connect(ada))

        await ada.delete("/api/v1/session")

        assert await client.wait_for("session.ended") == [{}]
    said = [record.getMessage() for record in caplog.records if "SOCKET_IO_REDIS_ADAPTER" in record.getMessage()]
    assert len(said) == 1
    assert "instance 1 of several" in said[0]
