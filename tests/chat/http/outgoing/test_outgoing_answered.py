"""Row 16: what a program answers to an outgoing webhook is said, once."""

import pytest

from chorus.chat.actions import delivering
from chorus.chat.actions.delivering import Deliverer
from chorus.chat.domain.errors import DatabaseUnavailable
from parts.bots import API
from parts.databases import on_both
from parts.hooks import called, hook, is_said, make_hook, nothing_waits, say, stand, texts
from parts.people import message
from parts.programs import respond, verified
from waiting import eventually


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


async def test_a_message_of_a_thread_is_answered_there(ada, program, deliverer):
    await make_hook(ada, program, words=["deploy"])
    program.answer = respond({"text": "Yes"})
    await say(ada, "Root")
    await say(ada, "deploy", thread=1)
    await eventually(lambda: is_said(ada, "Yes"), what="the answer")

    assert (await texts(ada))[-1][2] == 1


async def test_what_is_told_again_because_its_end_was_not_stored_is_answered_once(
    ada, program, deliverer, chat, monkeypatch
):
    """Row 16; Row 8: once."""
    delivered, away = chat.store.integrations.delivered, iter([True])

    async def settle(key):
        if next(away, False):
            raise DatabaseUnavailable("away")
        await delivered(key)

    monkeypatch.setattr(chat.store.integrations, "delivered", settle)
    clock = stand(chat)
    await make_hook(ada, program)
    program.answer = respond({"text": "Yes"})
    await say(ada, "Hello")
    await eventually(lambda: is_said(ada, "Yes"), what="the answer")
    clock.now += delivering.LEASE / 1000 + 1
    chat.spoken.set()
    await called(program, 2)
    await eventually(lambda: nothing_waits(chat), what="it to be settled")

    assert [text for _, text, _ in await texts(ada)] == ["Hello", "Yes"]


async def test_two_webhooks_of_a_bot_are_both_answered_for(ada, program, deliverer, chat):
    """Row 16."""
    made = await make_hook(ada, program)
    other = {"bot": made["webhook"]["bot"], "name": "Other", "url": program.url, "channel": 1}
    await ada.post(f"{API}/webhooks/outgoing", json=other)
    program.answer = respond({"text": "Yes"})
    await say(ada, "Hello")
    await called(program, 2)
    await eventually(lambda: nothing_waits(chat), what="both to be settled")

    assert [text for _, text, _ in await texts(ada)] == ["Hello", "Yes", "Yes"]


async def test_an_answer_that_is_too_long_loses_its_end(ada, program, deliverer, chat):
    await make_hook(ada, program)
    program.answer = respond({"text": "long " * 4000})
    await say(ada, "Hello")
    await called(program)
    await eventually(lambda: nothing_waits(chat), what="it to be settled")

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
    await eventually(lambda: nothing_waits(chat), what="it to be settled")
    await deliverer.close()

    assert ((await hook(ada))["trouble"], len(program.calls)) == ("", 1)


@pytest.mark.parametrize("body", [b"<html>thank you</html>", b'{"text": "\xff"}', b'{"x":' + b"[" * 9_000])
async def test_an_answer_that_is_none_of_ours_is_nobodys_message(ada, program, deliverer, chat, body):
    await make_hook(ada, program)
    program.answer = respond(body)
    await say(ada, "Hello")
    await called(program)
    await eventually(lambda: nothing_waits(chat), what="it to be settled")

    assert (await hook(ada))["trouble"] == ""
    assert len(await texts(ada)) == 1
