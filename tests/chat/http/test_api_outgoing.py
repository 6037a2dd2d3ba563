"""Row 16: outgoing webhooks, signed, tried again, told once; over a real store and real sockets."""

import asyncio

import msgspec
import pytest

from chorus.chat.actions import delivering
from chorus.chat.actions.delivering import Deliverer
from chorus.chat.domain.errors import DatabaseUnavailable
from chorus.chat.domain.outgoing import WAITS
from parts.bots import API, make_bot
from parts.clock import Clock
from parts.databases import fresh_sqlite, on_both
from parts.instance import Instance
from parts.people import message
from parts.programs import Program, respond, verified
from waiting import eventually


@pytest.fixture
def settings(settings):
    """Whoever waits for what a program says asks often."""
    return msgspec.structs.replace(settings, rate_limit=0)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """What is slow on a busy machine is no failure."""
    monkeypatch.setattr(delivering, "PATIENCE", 30.0)


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


@pytest.fixture
async def program():
    async with Program() as program:
        yield program


@pytest.fixture
async def deliverer(chat):
    deliverer = Deliverer(chat)
    deliverer.start()
    yield deliverer
    await deliverer.close()


def stand(chat):
    """Have its clock stand, and be moved by the test alone, however long the test takes."""
    clock = Clock(chat.clock())
    object.__setattr__(chat, "clock", clock)
    return clock


async def make_hook(owner, program, **wanted):
    body = {"bot": await make_bot(owner), "name": "CI", "url": program.url, "channel": 1, **wanted}
    answer = await owner.post(f"{API}/webhooks/outgoing", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def say(client, text, **more):
    assert (await client.post(f"{API}/channels/1/messages", json={**message(text), **more})).status_code == 201


async def texts(client):
    page = (await client.get(f"{API}/channels/1/messages")).json()
    return [(entry["sender"], entry["text"], entry.get("thread", 0)) for entry in page["entries"]]


async def hook(client):
    [listed] = (await client.get(f"{API}/webhooks/outgoing")).json()
    return listed


async def called(program, times=1):
    await eventually(lambda: len(program.calls) >= times, within=20, what=f"{times} calls")


@on_both
async def test_what_is_said_is_told_signed_and_what_is_answered_is_said(ada, program, deliverer, chat):
    """Row 16: outgoing webhooks signed with a timestamp."""
    made = await make_hook(ada, program, words=["deploy"])
    program.answer = respond({"text": "On its *way*"})

    await say(ada, "Morning")
    await say(ada, "deploy now")
    await called(program)
    await eventually(lambda: is_said(ada, "On its *way*"), what="the answer")

    [(headers, body)] = program.calls
    assert verified(headers, body, made["secret"])
    assert int(headers["webhook-timestamp"]) == pytest.approx(chat.now() / 1000, abs=120)
    [told] = program.bodies
    assert told["type"] == "message.posted"
    assert told["data"]["channel"] == {"id": 1, "name": "general"}
    assert (told["data"]["sender"]["handle"], told["data"]["word"]) == ("ada", "deploy")
    assert (told["data"]["message"]["text"], told["data"]["message"]["seq"]) == ("deploy now", 2)
    assert (await texts(ada))[-1] == (made["webhook"]["bot"], "On its *way*", 0)


async def is_said(client, text):
    return text in [said for _, said, _ in await texts(client)]


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


async def test_a_message_of_a_thread_is_answered_there(ada, program, deliverer):
    await make_hook(ada, program, words=["deploy"])
    program.answer = respond({"text": "Yes"})
    await say(ada, "Root")
    await say(ada, "deploy", thread=1)
    await eventually(lambda: is_said(ada, "Yes"), what="the answer")

    assert (await texts(ada))[-1][2] == 1


async def test_what_is_not_taken_is_told_again_later_with_the_same_id(ada, program, deliverer, chat):
    """Row 16: tried again with back-off."""
    clock = stand(chat)
    await make_hook(ada, program)
    program.answer = respond(b"", "500 Oh")
    await say(ada, "Hello")
    await eventually(lambda: failed(ada), what="the trouble")
    assert len(program.calls) == 1

    clock.now += 1.2 * WAITS[0] + 1
    program.answer = respond(b"ok")
    chat.spoken.set()
    await called(program, 2)
    await eventually(lambda: well(ada), what="no trouble")

    (first, _), (second, _) = program.calls
    assert first["webhook-id"] == second["webhook-id"]


async def test_what_is_never_taken_is_given_up_after_the_last_wait(ada, program, deliverer, chat):
    """Row 16: bounded."""
    clock = stand(chat)
    await make_hook(ada, program)
    program.answer = respond(b"", "500 Oh")
    await say(ada, "Hello")
    await eventually(lambda: failed_now(deliverer, chat), what="the first attempt to fail")
    for wait in WAITS:
        clock.now += 1.2 * wait + 1
        chat.spoken.set()
        await eventually(lambda: failed_now(deliverer, chat), what="an attempt to fail")

    [listed] = await deliverer._store.outgoing()
    assert (len(program.calls), listed.dropped) == (1 + len(WAITS), 1)
    assert await nothing_waits(deliverer)


async def failed_now(deliverer, chat):
    [listed] = await deliverer._store.outgoing()
    return listed.failed_at == chat.now()


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "410 Gone"])
async def test_what_is_answered_with_no_success_is_not_taken(ada, program, deliverer, status):
    """Row 16."""
    await make_hook(ada, program)
    program.answer = respond(b"", status)
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, f"answered {status[:3]}"), what="the trouble")
    assert not await nothing_waits(deliverer)


async def test_what_is_told_again_because_its_end_was_not_stored_is_answered_once(
    ada, program, deliverer, chat, monkeypatch
):
    """Row 16; Row 8: once."""
    delivered, away = deliverer._store.delivered, iter([True])

    async def settle(key):
        if next(away, False):
            raise DatabaseUnavailable("away")
        await delivered(key)

    monkeypatch.setattr(deliverer._store, "delivered", settle)
    clock = stand(chat)
    await make_hook(ada, program)
    program.answer = respond({"text": "Yes"})
    await say(ada, "Hello")
    await eventually(lambda: is_said(ada, "Yes"), what="the answer")
    clock.now += delivering.LEASE / 1000 + 1
    chat.spoken.set()
    await called(program, 2)
    await eventually(lambda: nothing_waits(deliverer), what="it to be settled")

    assert [text for _, text, _ in await texts(ada)] == ["Hello", "Yes"]


async def test_two_webhooks_of_a_bot_are_both_answered_for(ada, program, deliverer):
    """Row 16."""
    made = await make_hook(ada, program)
    other = {"bot": made["webhook"]["bot"], "name": "Other", "url": program.url, "channel": 1}
    await ada.post(f"{API}/webhooks/outgoing", json=other)
    program.answer = respond({"text": "Yes"})
    await say(ada, "Hello")
    await called(program, 2)
    await eventually(lambda: nothing_waits(deliverer), what="both to be settled")

    assert [text for _, text, _ in await texts(ada)] == ["Hello", "Yes", "Yes"]


async def test_messages_of_two_channels_have_two_ids(ada, program, deliverer):
    """Row 16: whoever receives a call passes over an id that they know."""
    made = await make_hook(ada, program, channel=None, words=["deploy"])
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    for channel in (1, plans):
        await ada.put(f"{API}/channels/{channel}/members/{made['webhook']['bot']}")
        await ada.post(f"{API}/channels/{channel}/messages", json=message("deploy"))
    await called(program, 2)

    assert len({headers["webhook-id"] for headers, _ in program.calls}) == 2


async def test_an_answer_in_another_protocol_is_told_again_later(ada, program, deliverer):
    await make_hook(ada, program)
    program.answer = b"HTTP/1.1 101 Over\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, "answered 101"), what="the trouble")


async def test_a_fault_of_ours_is_put_off_too_and_so_ends(ada, program, deliverer, chat, monkeypatch, caplog):
    """Row 16: bounded."""

    async def break_down(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(chat.caller, "post", break_down)
    await make_hook(ada, program)
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, "a fault of the chat itself"), what="the trouble")
    assert await deliverer._store.next_due() < chat.now() + delivering.LEASE
    assert "ZeroDivisionError" in caplog.text


async def trouble(client, words):
    return words in (await hook(client))["trouble"]


async def failed(client):
    return (await hook(client))["trouble"] == "answered 500"


async def well(client):
    return (await hook(client))["trouble"] == ""


async def test_what_was_said_while_no_instance_ran_is_told_by_the_next(ada, program, chat):
    """Row 16: from a durable queue; Row 18: acknowledged is durable."""
    await make_hook(ada, program)
    await say(ada, "Hello")
    deliverer = Deliverer(chat)
    deliverer.start()
    await called(program)
    await deliverer.close()

    assert program.bodies[0]["data"]["message"]["text"] == "Hello"


async def test_a_program_that_does_not_answer_in_time_is_told_again_later(ada, program, deliverer, monkeypatch):
    """Row 16."""
    monkeypatch.setattr(delivering, "PATIENCE", 0.2)
    program.silent = True
    await make_hook(ada, program)
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, "no answer within 0.2 s"), what="the trouble")


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


async def test_an_answer_that_is_too_long_loses_its_end(ada, program, deliverer):
    await make_hook(ada, program)
    program.answer = respond({"text": "long " * 4000})
    await say(ada, "Hello")
    await called(program)
    await eventually(lambda: nothing_waits(deliverer), what="it to be settled")

    assert (await texts(ada))[-1][1].endswith("\n…")


async def test_an_answer_where_nothing_can_be_said_any_more_is_nobodys_message(ada, program, chat):
    """Row 16: and is not asked for again."""
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    await make_hook(ada, program, channel=plans)
    program.answer = respond({"text": "Yes"})
    await ada.post(f"{API}/channels/{plans}/messages", json=message("Hello"))
    await ada.patch(f"{API}/channels/{plans}", json={"archived": True})
    deliverer = Deliverer(chat)
    deliverer.start()
    await called(program)
    await eventually(lambda: nothing_waits(deliverer), what="it to be settled")
    await deliverer.close()

    assert ((await hook(ada))["trouble"], len(program.calls)) == ("", 1)


@pytest.mark.parametrize("body", [b"<html>thank you</html>", b'{"text": "\xff"}', b'{"x":' + b"[" * 9_000])
async def test_an_answer_that_is_none_of_ours_is_nobodys_message(ada, program, deliverer, body):
    await make_hook(ada, program)
    program.answer = respond(body)
    await say(ada, "Hello")
    await called(program)
    await eventually(lambda: nothing_waits(deliverer), what="it to be settled")

    assert (await hook(ada))["trouble"] == ""
    assert len(await texts(ada)) == 1


async def test_a_chat_without_webhooks_asks_for_nothing_but_whether_there_is_one(chat):
    """It does so after every message, so it has to cost next to nothing."""
    deliverer, asked = Deliverer(chat), []
    store = deliverer._store

    class Recording:
        def __getattr__(self, name):
            asked.append(name)
            return getattr(store, name)

    deliverer._store = Recording()
    deliverer.start()
    await eventually(lambda: asked, what="its first look")
    chat.spoken.set()
    await eventually(lambda: len(asked) > 1, what="its second look")
    await deliverer.close()

    assert set(asked) == {"has_outgoing"}


async def nothing_waits(deliverer):
    return await deliverer._store.next_due() is None


async def test_what_may_not_be_called_is_told_to_those_who_run_it(ada, program, deliverer):
    """Row 16: no surprise on this side of the firewall."""
    await make_hook(ada, program, url="http://169.254.169.254/latest/meta-data")
    await say(ada, "Hello")
    await eventually(lambda: refused(ada), what="the trouble")

    assert program.calls == []


async def refused(client):
    return "169.254.169.254 may not be called" in (await hook(client))["trouble"]


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
