"""Messages over HTTP, one sentence a test."""

import json
import uuid

import pytest

from parts.databases import on_both
from parts.people import message

MESSAGES = "/api/v1/channels/1/messages"


async def send(client, count):
    for number in range(1, count + 1):
        answer = await client.post(MESSAGES, json=message(f"Number {number}"))
        assert answer.status_code == 201, answer.text


def seqs(answer):
    return [entry["seq"] for entry in answer.json()["entries"]]


@on_both
async def test_a_sent_message_is_an_entry(sign_up):
    ada = await sign_up()
    body = message("Hello *there*")

    answer = await ada.post(MESSAGES, json=body)

    entry = answer.json()
    assert answer.status_code == 201
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "channel": 1, "seq": 1, "kind": "posted", "sender": 1, "client_id": body["client_id"],
        "text": "Hello *there*", "html": entry["html"],
    }  # fmt: skip
    assert "<em>there</em>" in entry["html"]


@on_both
async def test_the_same_client_id_again_is_the_same_entry(sign_up, announced):
    ada = await sign_up()
    body = message()

    first, again = await ada.post(MESSAGES, json=body), await ada.post(MESSAGES, json=body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert announced.heard.count(("entry", 1, 1)) == 1


async def test_history_without_a_cursor_is_its_end(sign_up):
    ada = await sign_up()
    await send(ada, 5)

    page = await ada.get(MESSAGES, params={"limit": 2})

    assert seqs(page) == [4, 5]
    assert (page.json()["first"], page.json()["last"]) == (False, True)


@pytest.mark.parametrize(
    ("where", "expected"), [({"before": 3}, [1, 2]), ({"after": 3}, [4, 5]), ({"around": 3, "limit": 3}, [2, 3, 4])]
)
@on_both
async def test_history_before_after_and_around_a_seq(sign_up, where, expected):
    ada = await sign_up()
    await send(ada, 5)

    assert seqs(await ada.get(MESSAGES, params=where)) == expected


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=0", "limit: Expected `int` >= 1"),
        ("limit=201", "limit: Expected `int` <= 200"),
        ("limit=many", "limit: Expected `int`, got `str`"),
        ("before=-1", "before: Expected `int` >= 0"),
        (f"after={10**20}", "after: Expected `int` <= 9007199254740991"),
        ("before=1&after=2", "before, after, around: expected at most one of them"),
    ],
)
async def test_a_page_out_of_bounds_is_refused_by_name(sign_up, query, detail):
    ada = await sign_up()

    answer = await ada.get(f"{MESSAGES}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"] == detail


async def test_a_page_of_200_is_the_largest(sign_up):
    ada = await sign_up()

    assert (await ada.get(MESSAGES, params={"limit": 200})).status_code == 200


@on_both
async def test_a_cursor_far_beyond_the_end_is_an_empty_page(sign_up):
    ada = await sign_up()

    page = await ada.get(MESSAGES, params={"after": 2**53 - 1})

    assert page.json() == {"entries": [], "first": True, "last": True, "as_of": 0}


async def test_who_is_not_in_the_channel_neither_reads_nor_writes(sign_up):
    ada, grace = await sign_up("ada"), await sign_up("grace")
    await ada.post("/api/v1/channels", json={"name": "plans"})

    read = await grace.get("/api/v1/channels/2/messages")
    written = await grace.post("/api/v1/channels/2/messages", json=message())

    assert (read.status_code, written.status_code) == (404, 404)


@pytest.mark.parametrize("text", ["", "   ", "\n", "a\0b", "\ud800"])
@on_both
async def test_a_text_that_says_nothing_or_cannot_be_kept_is_refused(sign_up, text):
    ada = await sign_up()
    body = f'{{"client_id": "{uuid.uuid4()}", "text": {json.dumps(text)}}}'

    answer = await ada.post(MESSAGES, content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


async def test_a_text_above_its_bound_is_too_large(sign_up):
    ada = await sign_up()

    answer = await ada.post(MESSAGES, json=message("x" * 16_001))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_the_longest_text_passes_with_every_character_escaped(sign_up):
    ada = await sign_up()
    text = json.dumps("\U0001f600" * 16_000)  # two escapes of six characters each
    body = f'{{"client_id": "{uuid.uuid4()}", "text": {text}}}'

    answer = await ada.post(MESSAGES, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 201


async def test_a_client_id_that_is_none_is_refused(sign_up):
    ada = await sign_up()

    answer = await ada.post(MESSAGES, json={"client_id": "first", "text": "Hello"})

    assert answer.json()["detail"] == "client_id: Invalid UUID"


async def test_row_15_the_names_of_emoji_that_are_told_are_those_that_are_shown(sign_up):
    ada = await sign_up()

    named = (await ada.get("/api/v1/emoji")).json()
    sent = await ada.post("/api/v1/channels/1/messages", json=message(f":{named[0]['name']}: :{named[-1]['name']}:"))

    assert sent.json()["html"].strip() == f"<p>{named[0]['emoji']} {named[-1]['emoji']}</p>"
