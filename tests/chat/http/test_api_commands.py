"""Row 16 over HTTP: slash commands."""

import uuid

import pytest

from chorus.chat.actions import commands
from chorus.chat.actions.delivering import CALLS
from parts.bots import API, make_bot
from parts.databases import on_both
from parts.programs import Program, respond, verified


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """What is slow on a busy machine is no failure."""
    monkeypatch.setattr(commands, "PATIENCE", 30.0)


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


@pytest.fixture
async def program():
    async with Program() as program:
        yield program


async def typed(client, text, channel=1, client_id=None, **more):
    body = {"client_id": str(client_id or uuid.uuid4()), "text": text, **more}
    return await client.post(f"{API}/channels/{channel}/commands", json=body)


async def told(client, text, **more):
    answer = await typed(client, text, **more)
    assert answer.status_code == 200, answer.text
    assert answer.json()["entry"] is None
    return answer.json()["told"]["text"]


async def said(client, text, **more):
    answer = await typed(client, text, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["entry"]


async def make_command(owner, program, *channels, **wanted):
    body = {"name": "deploy", "bot": await make_bot(owner, "helper", *channels), "url": program.url, **wanted}
    answer = await owner.post(f"{API}/commands", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


# What is built in


@on_both
async def test_me_and_shrug_are_said_by_whoever_types_them(ada):
    """Row 16."""
    assert (await said(ada, "/me waves"))["html"] == "<p><em>waves</em></p>"
    assert (await said(ada, "/shrug who knows"))["html"] == "<p>who knows ¯\\_(ツ)_/¯</p>"
    assert (await said(ada, "/SHRUG"))["html"] == "<p>¯\\_(ツ)_/¯</p>"


async def test_a_command_that_is_sent_again_says_nothing_twice(ada):
    """Row 8."""
    client_id = uuid.uuid4()

    first, second = [await said(ada, "/me waves", client_id=client_id) for _ in range(2)]

    assert first["seq"] == second["seq"] == 1


async def test_a_reply_is_typed_in_its_thread(ada):
    await said(ada, "/me waves")

    assert (await said(ada, "/me nods", thread=1))["thread"] == 1


async def test_the_topic_is_set_and_told(ada):
    assert await told(ada, "/topic") == "There is no topic."
    assert await told(ada, "/topic  What comes next ") == "The topic is now: What comes next"
    assert await told(ada, "/topic") == "The topic is: What comes next"


async def test_somebody_is_invited(ada, sign_up):
    await sign_up("grace")
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]

    assert await told(ada, "/invite @grace", channel=plans) == "Added @grace."
    assert (await ada.get(f"{API}/channels/{plans}/members")).json() == [1, 2]
    assert (await typed(ada, "/invite @nobody", channel=plans)).status_code == 400


async def test_a_channel_is_left(ada):
    answer = await typed(ada, "/leave")

    assert answer.json() == {"entry": None, "told": None}
    assert (await ada.get(f"{API}/channels/1/messages")).status_code == 404


async def test_help_lists_what_there_is(ada, program):
    await make_command(ada, program, hint="[what]", description="Deploys it")

    text = await told(ada, "/help")

    assert "`/deploy [what]` Deploys it" in text
    assert "`/topic " in text


async def test_what_is_no_command_is_said(ada):
    wrong = [await typed(ada, text) for text in ("/nothing", "hello", "/etc/hosts", "/me", "/ me")]

    assert [(each.status_code, each.json()["code"]) for each in wrong] == [
        (404, "not_found"), (400, "invalid"), (400, "invalid"), (400, "invalid"), (400, "invalid"),
    ]  # fmt: skip


async def test_a_command_is_typed_where_one_is(ada, sign_up):
    """Row 6."""
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]

    assert (await typed(await sign_up("grace"), "/me waves", channel=plans)).status_code == 404


# Those of bots


@on_both
async def test_a_commands_program_is_called_signed_and_its_answer_is_for_who_typed_it(ada, program, chat):
    """Row 16: slash commands."""
    made = await make_command(ada, program)
    program.answer = respond({"text": "On its *way*"})

    answer = (await typed(ada, "/deploy api now")).json()

    assert answer == {"entry": None, "told": {"text": "On its *way*", "html": "<p>On its <em>way</em></p>"}}
    [(headers, body)] = program.calls
    assert verified(headers, body, made["secret"])
    assert int(headers["webhook-timestamp"]) == pytest.approx(chat.now() / 1000, abs=120)
    [event] = program.bodies
    assert (event["type"], event["data"]["command"], event["data"]["text"]) == ("command", "deploy", "api now")
    assert (event["data"]["account"]["handle"], event["data"]["channel"]["name"]) == ("ada", "general")
    assert (await ada.get(f"{API}/channels/1/messages")).json()["entries"] == []


async def test_an_answer_in_the_channel_is_said_by_the_bot_once(ada, program):
    """Row 16."""
    made = await make_command(ada, program, 1)
    program.answer = respond({"text": "Deployed", "response_type": "in_channel"})
    client_id = uuid.uuid4()

    entries = [await said(ada, "/deploy", client_id=client_id) for _ in range(2)]

    assert [(each["seq"], each["sender"], each["text"]) for each in entries] == [
        (1, made["command"]["bot"], "Deployed")
    ] * 2


async def test_an_answer_that_is_too_long_loses_its_end(ada, program):
    await make_command(ada, program, 1)
    program.answer = respond({"text": "long " * 4000, "response_type": "in_channel"})

    assert (await said(ada, "/deploy"))["text"].endswith("\n…")


async def test_a_reply_is_answered_in_its_thread(ada, program):
    await make_command(ada, program, 1)
    program.answer = respond({"text": "Deployed", "response_type": "in_channel"})
    await said(ada, "/me waves")

    assert (await said(ada, "/deploy", thread=1))["thread"] == 1


async def test_two_people_with_the_same_client_id_are_both_answered(ada, program, sign_up):
    """Row 16: a client id is its sender's."""
    await make_command(ada, program, 1)
    program.answer = respond({"text": "Deployed", "response_type": "in_channel"})
    client_id, grace = uuid.uuid4(), await sign_up("grace")

    assert [(await said(each, "/deploy", client_id=client_id))["seq"] for each in (ada, grace)] == [1, 2]


async def test_where_the_bot_is_not_its_answer_is_for_who_typed_it(ada, program):
    """Row 6: a bot speaks where it was added."""
    await make_command(ada, program)
    program.answer = respond({"text": "Deployed", "response_type": "in_channel"})

    assert await told(ada, "/deploy") == "Deployed\n\nOnly you see this: @helper is not in this channel."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 101 Over\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "`/deploy` did not answer."),
        (respond(b"", "500 Oh"), "`/deploy` did not answer."),
        (respond(b"<html>"), "`/deploy` answered something that is none of its answers."),
        (respond(b'{"text": "\xff"}'), "`/deploy` answered something that is none of its answers."),
        (respond(b'{"x":' + b"[" * 9_000), "`/deploy` answered something that is none of its answers."),
        (b"", "`/deploy` did not answer."),
    ],
)
async def test_a_program_that_fails_is_told_to_who_typed_it(ada, program, answer, words):
    await make_command(ada, program)
    program.answer = answer

    assert await told(ada, "/deploy") == words


async def test_a_program_that_does_not_answer_in_time_is_told_to_who_typed_it(ada, program, monkeypatch):
    monkeypatch.setattr(commands, "PATIENCE", 0.2)
    program.silent = True
    await make_command(ada, program)

    assert await told(ada, "/deploy") == "`/deploy` did not answer."


async def test_why_a_program_was_not_reached_is_for_the_log_alone(ada, program, caplog):
    await make_command(ada, program, url="http://169.254.169.254/latest/meta-data")

    assert await told(ada, "/deploy") == "`/deploy` did not answer."
    assert "169.254.169.254 may not be called" in caplog.text


async def test_commands_that_wait_leave_places_for_what_webhooks_are_told(ada, program, monkeypatch):
    monkeypatch.setattr("chorus.chat.calling.caller.MOST_CALLS", CALLS)
    await make_command(ada, program)

    assert await told(ada, "/deploy") == "`/deploy` did not answer."
    assert program.calls == []


async def test_a_program_need_not_say_anything(ada, program):
    await make_command(ada, program)

    assert (await typed(ada, "/deploy")).json() == {"entry": None, "told": None}


async def test_commands_are_listed_by_name_and_without_their_secrets(ada, program):
    made = await make_command(ada, program, description="Deploys it")

    listed = await ada.get(f"{API}/commands")

    assert [each["name"] for each in listed.json()] == ["deploy", "help", "invite", "leave", "me", "shrug", "topic"]
    assert listed.json()[0] == made["command"]
    assert made["secret"] not in listed.text
    assert program.url not in listed.text


async def test_a_command_is_made_and_taken_away_by_whoever_runs_the_server(ada, program, sign_up):
    made = await make_command(ada, program)
    grace = await sign_up("grace")
    body = {"name": "other", "bot": made["command"]["bot"], "url": program.url}

    statuses = [
        (await client.post(f"{API}/commands", json={**body, **wrong})).status_code
        for client, wrong in (
            (grace, {}), (ada, {"name": "deploy"}), (ada, {"name": "topic"}), (ada, {"name": "a b"}), (ada, {"bot": 1}),
            (ada, {"url": "x"}), (ada, {"hint": "x" * 101}),
        )
    ]  # fmt: skip

    assert statuses == [403, 409, 409, 400, 404, 400, 413]
    assert (await grace.delete(f"{API}/commands/deploy")).status_code == 403
    assert (await ada.delete(f"{API}/commands/deploy")).status_code == 204
    assert (await ada.delete(f"{API}/commands/topic")).status_code == 404
    assert (await typed(ada, "/deploy")).status_code == 404
