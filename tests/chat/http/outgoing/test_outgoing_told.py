"""Row 16: who is told by an outgoing webhook, and of what; over a real store and real sockets."""

import asyncio

from chorus.chat.actions import delivering
from chorus.chat.actions.delivering import Deliverer
from parts.bots import API
from parts.databases import fresh_sqlite
from parts.hooks import called, make_hook, say
from parts.instance import Instance
from parts.people import message
from parts.programs import Program
from waiting import eventually


async def test_a_running_server_tells_by_itself(home, tmp_path, program):
    """Row 16."""
    environment = {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": fresh_sqlite(tmp_path),
        "SOCKET_IO_REDIS_ADAPTER": "false",
        "CHORUS_CALLABLE_NETWORKS": "127.0.0.0/8",
    }
    async with Instance(0, **environment) as instance:
        ada = await instance.sign_up()
        await make_hook(ada, program)
        await say(ada, "Hello")
        await called(program)

    assert program.bodies[0]["data"]["message"]["text"] == "Hello"


async def test_messages_of_two_channels_have_two_ids(ada, program, deliverer):
    """Row 16: whoever receives a call passes over an id that they know."""
    made = await make_hook(ada, program, channel=None, words=["deploy"])
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    for channel in (1, plans):
        await ada.put(f"{API}/channels/{channel}/members/{made['webhook']['bot']}")
        await ada.post(f"{API}/channels/{channel}/messages", json=message("deploy"))
    await called(program, 2)

    assert len({headers["webhook-id"] for headers, _ in program.calls}) == 2


async def test_what_was_said_while_no_instance_ran_is_told_by_the_next(ada, program, chat):
    """Row 16: from a durable queue; Row 18: acknowledged is durable."""
    await make_hook(ada, program)
    await say(ada, "Hello")
    deliverer = Deliverer(chat)
    deliverer.start()
    await called(program)
    await deliverer.close()

    assert program.bodies[0]["data"]["message"]["text"] == "Hello"


async def test_an_instance_that_ends_waits_for_no_answer(ada, program, chat):
    program.silent = True
    await make_hook(ada, program)
    await say(ada, "Hello")
    deliverer = Deliverer(chat)
    deliverer.start()
    await called(program)

    async with asyncio.timeout(10):
        await deliverer.close()


async def test_one_that_does_not_answer_holds_up_no_other(ada, program, deliverer, monkeypatch):
    monkeypatch.setattr(delivering, "PATIENCE", 60.0)
    async with Program() as silent:
        silent.silent = True
        made = await make_hook(ada, silent)
        for number in range(delivering.CALLS + 4):
            await say(ada, str(number))
        await called(silent, delivering.CALLS_OF_ONE)
        other = {"bot": made["webhook"]["bot"], "name": "Other", "url": program.url, "channel": 1}
        assert (await ada.post(f"{API}/webhooks/outgoing", json=other)).status_code == 201
        await say(ada, "Hello")

        await called(program)

        assert len(silent.calls) == delivering.CALLS_OF_ONE


async def test_a_chat_without_webhooks_asks_for_nothing_but_whether_there_is_one(chat, monkeypatch):
    """It does so after every message, so it has to cost next to nothing."""
    store, asked = chat.store.integrations, []

    class Recording:
        def __getattr__(self, name):
            asked.append(name)
            return getattr(store, name)

    monkeypatch.setattr(chat.store, "integrations", Recording())
    deliverer = Deliverer(chat)
    deliverer.start()
    await eventually(lambda: asked, what="its first look")
    chat.spoken.set()
    await eventually(lambda: len(asked) > 1, what="its second look")
    await deliverer.close()

    assert set(asked) == {"has_outgoing"}


async def test_a_webhook_that_was_taken_away_is_told_nothing_more(ada, program, deliverer):
    made = await make_hook(ada, program)
    assert (await ada.delete(f"{API}/webhooks/outgoing/{made['webhook']['id']}")).status_code == 204
    assert (await ada.delete(f"{API}/webhooks/outgoing/{made['webhook']['id']}")).status_code == 404
    assert (await ada.get(f"{API}/webhooks/outgoing")).json() == []


async def test_it_is_made_by_whoever_runs_the_server_for_what_can_be_called(ada, program, sign_up):
    made = await make_hook(ada, program)
    grace = await sign_up("grace")
    body = {"bot": made["webhook"]["bot"], "name": "CI", "url": program.url, "channel": 1}

    statuses = [
        (await client.post(f"{API}/webhooks/outgoing", json={**body, **wrong})).status_code
        for client, wrong in (
            (grace, {}), (ada, {"url": "ftp://x"}), (ada, {"channel": None}), (ada, {"bot": 1}), (ada, {"channel": 99}),
        )
    ]  # fmt: skip

    assert statuses == [403, 400, 400, 404, 404]
    assert (await grace.get(f"{API}/webhooks/outgoing")).status_code == 403
    assert made["secret"] not in (await ada.get(f"{API}/webhooks/outgoing")).text
