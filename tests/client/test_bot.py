"""Row 16: a bot in ten lines; it misses nothing and says nothing twice."""

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from chorus.client import ApiError, Bot, Unreachable
from parts.bots import API, make_bot, make_token
from parts.instance import Instance
from parts.people import message
from waiting import eventually

EXAMPLE = Path(__file__).parents[2] / "examples" / "greeter.py"


async def say(client, text, channel=1):
    answer = await client.post(f"{API}/channels/{channel}/messages", json=message(text))
    assert answer.status_code == 201, answer.text
    return answer.json()["seq"]


async def texts(client, channel=1):
    page = (await client.get(f"{API}/channels/{channel}/messages", params={"limit": 200})).json()
    return [entry["text"] for entry in page["entries"] if entry["kind"] == "posted"]


async def is_said(client, text):
    return text in await texts(client)


def test_a_bot_is_ten_lines():
    """Row 16."""
    code = [line for line in EXAMPLE.read_text().splitlines() if line.strip() and not line.strip().startswith('"""')]

    assert len(code) <= 10


@pytest.mark.processes
async def test_the_example_greets_who_calls_it(instance, ada, secret):
    """Row 16: a bot in ten lines of Python."""
    environment = {**os.environ, "CHORUS_URL": instance.address, "CHORUS_TOKEN": secret}
    watcher = await instance.connect(ada)
    people = (await ada.get(f"{API}/bootstrap")).json()["accounts"]
    [bot] = [each["id"] for each in people if each["handle"] == "helper"]
    greeter = subprocess.Popen([sys.executable, str(EXAMPLE)], env=environment)

    async def is_here():
        assert greeter.poll() is None, "the example ended"
        return (await watcher.ask("presence.watch", {"accounts": [bot]}))["present"]

    try:
        await eventually(is_here, within=30, what="the example to connect")
        await say(ada, "@helper, are you there?")
        await eventually(lambda: is_said(ada, "Hello, Ada!"), within=30, what="its greeting")
        assert greeter.poll() is None, "the example ended"
        watcher.close()
    finally:
        greeter.kill()
        greeter.wait()


async def test_it_hears_what_others_say_and_not_itself(instance, ada, secret, running):
    bot, heard = Bot(instance.address, secret), []

    @bot.on_message
    async def note(received):
        heard.append((received.text, received.sender.name, received.channel.name, received.calls_me))
        await received.react("👀")
        if received.calls_me:
            await received.reply("Yes?")

    await running(bot)
    await say(ada, "Morning")
    await say(ada, "@helper?")
    await eventually(lambda: is_said(ada, "Yes?"), what="an answer")
    await say(ada, "Bye")
    await eventually(lambda: "Bye" in [text for text, *_ in heard], what="the last message")

    assert heard == [
        ("Morning", "Ada", "general", False),
        ("@helper?", "Ada", "general", True),
        ("Bye", "Ada", "general", False),
    ]
    assert await texts(ada) == ["Morning", "@helper?", "Yes?", "Bye"]
    [first, *_] = (await ada.get(f"{API}/channels/1/messages")).json()["entries"]
    assert first["reactions"] == [{"emoji": "👀", "accounts": [bot.me.id]}]


async def test_a_bot_that_has_too_many_connections_waits_for_one_of_them(
    instance, ada, secret, running, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, "chorus.client")
    monkeypatch.setattr("chorus.chat.live.gateway.MOST_CONNECTIONS", 0)
    bot = Bot(instance.address, secret)
    run = asyncio.create_task(running(bot))
    await eventually(lambda: "connecting again" in caplog.text, what="it to be refused")
    monkeypatch.setattr("chorus.chat.live.gateway.MOST_CONNECTIONS", 1)

    await run


async def test_a_message_is_heard_once_whatever_becomes_of_it(instance, ada, secret, running):
    """Row 16: edits and reactions are entries, and no messages."""
    bot, heard, entries = Bot(instance.address, secret), [], []

    @bot.on_message
    async def note(received):
        heard.append(received.text)

    @bot.on_entry
    async def keep(entry):
        entries.append(entry.kind)

    await running(bot)
    first = await say(ada, "Morning")
    await ada.patch(f"{API}/channels/1/messages/{first}", json=message("Good morning"))
    await ada.put(f"{API}/channels/1/messages/{first}/reactions/%F0%9F%91%8B")
    await say(ada, "Evening")
    await eventually(lambda: len(heard) >= 2, what="the last message")

    assert heard == ["Morning", "Evening"]
    assert entries == ["posted", "edited", "reacted", "posted"]


async def test_it_knows_who_comes_and_what_they_are_called_now(instance, ada, secret, running):
    """Row 16."""
    bot, heard = Bot(instance.address, secret), []

    @bot.on_message
    async def note(received):
        heard.append(received.sender.name)

    await running(bot)
    await ada.patch(f"{API}/me", json={"name": "Countess"})
    await eventually(lambda: bot.accounts[1].name == "Countess", what="the bot to hear of it")
    await say(ada, "Morning")
    await eventually(lambda: heard, what="a message")

    assert heard == ["Countess"]


async def test_it_misses_nothing_while_its_connection_is_broken(instance, ada, secret, running, caplog):
    """Row 19: whoever was away resumes by cursors."""
    bot, heard, broken = Bot(instance.address, secret), [], []

    @bot.on_message
    async def note(received):
        heard.append(received.text)
        if received.text in ("2", "5"):
            broken.append(bot.ready.is_set())
            instance.application._realtime.namespace("/").to("onlookers").disconnect_sockets()

    await running(bot)
    for number in range(8):
        await say(ada, str(number))
    await eventually(lambda: len(heard) >= 8, within=20, what="eight messages")

    assert heard == [str(number) for number in range(8)]
    assert (len(broken), caplog.records) == (2, [])
    await eventually(lambda: bot.ready.is_set() and bot._failures == 0, what="a patience that is whole again")


async def test_its_next_process_goes_on_after_what_was_handled(instance, ada, secret, running, tmp_path):
    """Row 16: what is said while no bot runs is heard by the next one, once."""
    state, heard = str(tmp_path / "positions.json"), []
    for texts_then in (["one", "two"], ["three"]):
        bot = Bot(instance.address, secret, state=state)

        @bot.on_message
        async def note(received):
            heard.append(received.text)

        task = await running(bot)
        for text in texts_then:
            await say(ada, text)
        await eventually(lambda expected=texts_then[-1]: heard[-1:] == [expected], what="the last of them")
        task.cancel()
        await asyncio.wait([task])
        await say(ada, f"after {texts_then[-1]}")

    assert heard == ["one", "two", "after two", "three"]


async def test_what_was_being_handled_when_it_ended_is_handled_by_its_next_process(
    instance, ada, secret, running, tmp_path
):
    """Row 16: misses nothing."""
    state, heard, stuck = str(tmp_path / "positions.json"), [], asyncio.Event()
    for times in (1, 2):
        bot = Bot(instance.address, secret, state=state)

        @bot.on_message
        async def note(received):
            heard.append(received.text)
            if len(heard) == 1:
                await stuck.wait()

        task = await running(bot)
        if times == 1:
            await say(ada, "Hello")
        await eventually(lambda expected=times: len(heard) == expected, what="a message")
        task.cancel()
        await asyncio.wait([task])

    assert heard == ["Hello", "Hello"]


async def test_a_handler_that_runs_again_says_nothing_twice(instance, ada, secret, running, tmp_path):
    """Row 8: once, also when the bot is killed between saying something and remembering it."""
    state = tmp_path / "positions.json"
    runs = []
    for times in (1, 2):
        bot = Bot(instance.address, secret, state=str(state))

        @bot.on_message
        async def answer(received):
            await received.reply("Once")
            await received.reply("And once more")
            runs.append(received.text)

        task = await running(bot)
        if times == 1:
            before = state.read_bytes()
            await say(ada, "Hello")
        await eventually(lambda expected=times: len(runs) == expected, what="a handled message")
        task.cancel()
        await asyncio.wait([task])
        state.write_bytes(before)  # as if it had been killed before it could write

    assert runs == ["Hello", "Hello"]
    assert await texts(ada) == ["Hello", "Once", "And once more"]


async def test_it_hears_a_channel_that_it_is_added_to(instance, ada, secret, running):
    bot, heard = Bot(instance.address, secret), []

    @bot.on_message
    async def note(received):
        heard.append((received.channel.name, received.text))

    await running(bot)
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    await ada.put(f"{API}/channels/{plans}/members/{bot.me.id}")
    await say(ada, "Welcome", plans)
    await eventually(lambda: heard, what="a message")

    assert heard == [("plans", "Welcome")]
    assert (await bot.send("#plans", "Thanks")).channel == plans
    await ada.delete(f"{API}/channels/{plans}/members/{bot.me.id}")
    await eventually(lambda: plans not in bot.channels, what="the bot to know that it was taken out")
    with pytest.raises(KeyError, match="no channel #plans; it is in general"):
        await bot.send("plans", "Wait")


async def test_what_it_heard_in_a_channel_that_it_was_added_to_is_not_heard_again(
    instance, ada, secret, running, tmp_path
):
    """Row 16: once, also by its next process."""
    state, heard = str(tmp_path / "positions.json"), []
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    await say(ada, "Before", plans)
    for text in ("Welcome", "Welcome back"):
        bot = Bot(instance.address, secret, state=state)

        @bot.on_message
        async def note(received):
            heard.append(received.text)

        task = await running(bot)
        await ada.put(f"{API}/channels/{plans}/members/{bot.me.id}")
        await eventually(lambda bot=bot: plans in bot.channels, what="the bot to be there")
        await say(ada, text, plans)
        await eventually(lambda expected=text: heard[-1:] == [expected], what="a message")
        await eventually(lambda bot=bot: bot._positions.kept.get(plans) == bot._positions.taken[plans], what="its end")
        task.cancel()
        await asyncio.wait([task])

    assert heard == ["Welcome", "Welcome back"]


async def test_a_handler_that_fails_does_not_end_the_bot(instance, ada, secret, running, caplog):
    bot, heard = Bot(instance.address, secret), []

    @bot.on_message
    async def fail(received):
        if received.text == "bad":
            raise ValueError("no good")
        heard.append(received.text)

    await running(bot)
    await say(ada, "bad")
    await say(ada, "good")
    await eventually(lambda: heard, what="the next message")

    assert heard == ["good"]
    assert [each.levelno for each in caplog.records if each.name == "chorus.client"] == [logging.ERROR]


async def test_a_revoked_token_ends_it_with_the_reason(instance, ada, running):
    bot_id = await make_bot(ada, "helper", 1)
    token, secret = await make_token(ada, bot_id, "read")
    task = await running(Bot(instance.address, secret))

    await ada.delete(f"{API}/bots/{bot_id}/tokens/{token}")

    with pytest.raises(ApiError, match="unauthenticated"):
        await asyncio.wait_for(asyncio.shield(task), 20)


async def test_what_it_says_is_said_once_however_often_the_answer_is_lost(instance, ada, secret, monkeypatch):
    """Row 8: send with a client id."""
    bot = Bot(instance.address, secret)
    reach = httpx.AsyncHTTPTransport.handle_async_request
    lost = iter([True, True, False])

    async def lose(self, request):
        answer = await reach(self, request)
        if next(lost, False):
            raise httpx.ReadError("the answer got lost")
        return answer

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", lose)
    monkeypatch.setattr("chorus.client.backoff.FIRST", 0.01)
    await bot.send(1, "Hello")
    monkeypatch.undo()

    assert await texts(ada) == ["Hello"]


async def test_it_waits_as_long_as_it_is_told_to(environment, monkeypatch):
    """Row 24: Retry-After."""
    async with Instance(0, **{**environment, "CHORUS_RATE_LIMIT": "40"}) as instance:
        ada = await instance.sign_up()
        _, secret = await make_token(ada, await make_bot(ada, "helper", 1), "send")
        bot, waited = Bot(instance.address, secret), []
        sleep = asyncio.sleep

        async def note(seconds):
            waited.append(seconds)
            await sleep(seconds)

        monkeypatch.setattr("chorus.client.api.asyncio", SimpleNamespace(sleep=note))  # its own, not the server's
        said = 0
        while not waited and said < 200:  # ten at once, and then one each second and a half
            await bot.send(1, str(said))
            said += 1

        assert await texts(ada) == [str(number) for number in range(said)]
        assert waited[0] >= 1  # at the first refusal, where it would come back sooner by itself


async def test_it_gives_up_after_its_patience(monkeypatch):
    bot = Bot("http://127.0.0.1:9", "chorus-bot-x", patience=0.05)

    with pytest.raises(Unreachable, match=r"no answer in 0\.05 s"):
        await bot.send(1, "Hello")


def test_it_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("CHORUS_URL", raising=False)

    with pytest.raises(ValueError, match="CHORUS_URL and CHORUS_TOKEN"):
        Bot(token="chorus-bot-x")


def test_a_handler_is_a_coroutine_function():
    bot = Bot("http://127.0.0.1:9", "chorus-bot-x")

    with pytest.raises(TypeError, match="async def"):
        bot.on_message(lambda _: None)
