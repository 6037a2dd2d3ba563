"""Rows 2, 5 and 16 live: bots over real sockets, two instances and one Valkey."""

import pytest

from chorus.chat.actions import limits
from chorus.chat.domain.limits import Limit
from parts.bots import API, make_bot, make_token
from parts.databases import on_both
from parts.people import message
from parts.sockets import LiveClient, Refused


async def connect(instance, secret):
    client = await LiveClient.open(instance.address, auth={"token": secret})
    await client.wait_for("caught_up")
    return client


@on_both
async def test_a_bot_hears_the_channels_that_it_was_added_to(instances):
    """Row 2: bot."""
    one, other = instances
    ada = await one.sign_up()
    bot = await make_bot(ada)
    _, secret = await make_token(ada, bot, "read")
    helper = await connect(other, secret)
    unheard = await ada.post(f"{API}/channels/1/messages", json=message("Before"))

    await ada.put(f"{API}/channels/1/members/{bot}")
    await helper.wait_for("channel.joined")
    heard = await ada.post(f"{API}/channels/1/messages", json=message("After"))
    await helper.wait_for("entry")

    assert (unheard.status_code, heard.status_code) == (201, 201)
    assert [entry["text"] for entry in helper.got("entry")] == ["After"]


async def test_a_live_connection_may_what_its_token_may(instances):
    """Row 5: bot tokens are scoped."""
    ada = await instances[0].sign_up()
    bot = await make_bot(ada, "helper", 1)
    _, secret = await make_token(ada, bot, "read", "react")
    helper = await connect(instances[0], secret)
    await ada.post(f"{API}/channels/1/messages", json=message("Hello"))

    sent = await helper.ask("message.send", {"channel": 1, **message()})
    typed = await helper.ask("typing", {"channel": 1})
    watched = await helper.ask("presence.watch", {"accounts": [1]})
    reacted = await helper.ask(
        "message.react", {"channel": 1, "seq": 1, "emoji": "👋", "client_id": message()["client_id"]}
    )

    assert [each["ok"] for each in (sent, typed, watched, reacted)] == [False, False, False, True]
    assert sent["error"]["detail"] == "this token may not send messages: it lacks the scope 'send'"


async def test_a_bot_is_told_who_is_here_with_the_scope_people_alone(instances):
    """Row 5."""
    one, other = instances
    ada = await one.sign_up()
    bot = await make_bot(ada, "helper", 1)
    tokens = [await make_token(ada, bot, *scopes) for scopes in (["read"], ["read", "people"])]
    without, seeing = [await connect(other, secret) for _, secret in tokens]

    await one.sign_up("eve")
    await ada.patch(f"{API}/me", json={"name": "Ada L"})
    await ada.post(f"{API}/channels/1/messages", json=message("After it"))
    await seeing.wait_for("account.joined")
    await seeing.wait_for("account.changed")
    await without.wait_for("entry")

    assert without.got("account.joined") == without.got("account.changed") == []


async def test_scopes_outlast_a_change_of_the_account(instances):
    """Row 5: what is announced of an account says nothing of what its tokens may."""
    one, other = instances
    ada = await one.sign_up()
    bot = await make_bot(ada, "helper", 1)
    _, secret = await make_token(ada, bot, "read", "people")
    helper = await connect(other, secret)

    await ada.patch(f"{API}/accounts/{bot}", json={})
    await helper.wait_for("account.changed")

    assert (await helper.ask("message.send", {"channel": 1, **message()}))["ok"] is False


async def test_scopes_travel_with_a_connection_to_another_process(instances):
    """Row 5."""
    one, other = instances
    ada = await one.sign_up()
    bot = await make_bot(ada, "helper", 1)
    _, secret = await make_token(ada, bot, "read")
    helper = await connect(one, secret)

    await one.give(other)

    assert (await helper.ask("message.send", {"channel": 1, **message()}))["ok"] is False


async def test_without_the_scope_read_nobody_listens(instances):
    """Row 5."""
    ada = await instances[0].sign_up()
    bot = await make_bot(ada, "helper", 1)
    _, secret = await make_token(ada, bot, "send")

    with pytest.raises(Refused) as refused:
        await connect(instances[0], secret)

    assert refused.value.data["code"] == "forbidden"


async def test_a_revoked_tokens_connections_end_on_every_instance_and_the_others_go_on(instances):
    """Row 5: revocable."""
    ada = await instances[0].sign_up()
    bot = await make_bot(ada, "helper", 1)
    token, secret = await make_token(ada, bot, "read")
    _, kept = await make_token(ada, bot, "read")
    both = [await connect(each, secret) for each in instances]
    other = await connect(instances[1], kept)

    await ada.delete(f"{API}/bots/{bot}/tokens/{token}")
    for each in both:
        await each.wait_for("session.ended")

    assert other.got("session.ended") == []


async def test_deactivation_ends_a_bots_connections(instances):
    """Row 2."""
    ada = await instances[0].sign_up()
    bot = await make_bot(ada, "helper", 1)
    _, secret = await make_token(ada, bot, "read")
    helper = await connect(instances[1], secret)

    await ada.patch(f"{API}/accounts/{bot}", json={"deactivated": True})

    assert await helper.wait_for("session.ended")


async def test_tokens_that_are_nobodys_are_slowed_on_live_connections_too(instances, monkeypatch):
    """Row 24: before the database is asked."""
    monkeypatch.setattr(limits, "FAILED_TOKENS", Limit("token:address", burst=2, interval=1000.0))
    refusals = []
    for number in range(3):
        with pytest.raises(Refused) as refused:
            await connect(instances[0], f"chorus-bot-{number:022d}.{number:043d}")
        refusals.append((refused.value.data["code"], refused.value.data["retryable"]))

    assert refusals == [("unauthenticated", False)] * 2 + [("rate_limited", True)]
