"""Row 16 over HTTP: incoming webhooks take Slack's payload."""

import threading

import pytest

from chorus.chat.domain.limits import INCOMING
from parts.bots import API, make_bot
from parts.databases import on_both


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


async def make_hook(owner, channel=1):
    """A bot's webhook; its description and path."""
    bot = await make_bot(owner, "builds")
    answer = await owner.post(f"{API}/webhooks/incoming", json={"bot": bot, "channel": channel, "name": "CI"})
    assert answer.status_code == 201, answer.text
    return answer.json()["webhook"], answer.json()["path"]


async def said(reader, channel=1):
    page = (await reader.get(f"{API}/channels/{channel}/messages")).json()
    return [(entry["sender"], entry["html"]) for entry in page["entries"]]


@on_both
async def test_what_is_posted_is_said_by_the_bot_in_the_channel(ada, browse):
    """Row 16: JSON or form."""
    webhook, path = await make_hook(ada)

    by_json = await browse(origin=False).post(path, json={"text": "*Build 7* is <https://ci.example|up>"})
    by_form = await browse(origin=False).post(path, data={"payload": '{"text": "and _well_"}'})

    assert [(each.status_code, each.text) for each in (by_json, by_form)] == [(200, "ok")] * 2
    assert by_json.headers["content-type"].startswith("text/plain")
    link = '<a href="https://ci.example" target="_blank" rel="noopener noreferrer nofollow ugc">up</a>'
    assert await said(ada) == [
        (webhook["bot"], f"<p><strong>Build 7</strong> is {link}</p>"),
        (webhook["bot"], "<p>and <em>well</em></p>"),
    ]


async def test_a_webhook_calls_people(ada, browse):
    _, path = await make_hook(ada)
    await browse(origin=False).post(path, json={"text": "<@ada> look"})

    [entry] = (await ada.get(f"{API}/channels/1/messages")).json()["entries"]
    assert entry["mentions"] == [1]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [(b"nothing", 400, "invalid_payload"), (b"{}", 400, "no_text"), (b'{"blocks":[{}]}', 400, "invalid_blocks")],
)
async def test_what_is_wrong_is_answered_in_slacks_words(ada, browse, body, status, word):
    """Row 16."""
    _, path = await make_hook(ada)

    answer = await browse(origin=False).post(path, content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.text) == (status, word)


@on_both
async def test_a_webhook_that_was_taken_away_is_no_service(ada, browse):
    webhook, path = await make_hook(ada)

    gone = await ada.delete(f"{API}/webhooks/incoming/{webhook['id']}")
    answer = await browse(origin=False).post(path, json={"text": "Hello"})

    assert gone.status_code == 204
    assert (answer.status_code, answer.text) == (404, "no_service")
    assert (await ada.get(f"{API}/webhooks/incoming")).json() == []
    assert (await ada.delete(f"{API}/webhooks/incoming/{webhook['id']}")).status_code == 404


@pytest.mark.parametrize("forge", [lambda path: path[:-1] + "~", lambda path: path.rpartition(".")[0], lambda _: "x"])
async def test_without_its_secret_nothing_is_posted(ada, browse, forge):
    _, path = await make_hook(ada)
    token = forge(path.rpartition("/")[2])

    answer = await browse(origin=False).post(f"{API}/hooks/{token}", json={"text": "Hello"})

    assert (answer.status_code, answer.text) == (404, "no_service")


async def test_a_deactivated_bot_says_nothing_more(ada, browse):
    """Row 2."""
    webhook, path = await make_hook(ada)
    await ada.patch(f"{API}/accounts/{webhook['bot']}", json={"deactivated": True})

    assert (await browse(origin=False).post(path, json={"text": "Hello"})).text == "no_service"


async def test_a_bot_that_was_taken_out_of_the_channel_says_nothing_there(ada, browse):
    """Row 6: every write is scoped by membership."""
    webhook, path = await make_hook(ada)
    await ada.delete(f"{API}/channels/1/members/{webhook['bot']}")

    answer = await browse(origin=False).post(path, json={"text": "Hello"})

    assert (answer.status_code, answer.text) == (404, "channel_not_found")


async def test_nothing_is_posted_to_an_archived_channel(ada, browse):
    plans = (await ada.post(f"{API}/channels", json={"name": "plans"})).json()["id"]
    _, path = await make_hook(ada, plans)
    await ada.patch(f"{API}/channels/{plans}", json={"archived": True})

    answer = await browse(origin=False).post(path, json={"text": "Hello"})

    assert (answer.status_code, answer.text) == (410, "channel_is_archived")


async def test_a_post_that_is_repeated_with_its_key_is_one_message(ada, browse):
    _, path = await make_hook(ada)
    for _ in range(3):
        await browse(origin=False).post(path, json={"text": "Once"}, headers={"idempotency-key": "build 7"})
    await browse(origin=False).post(path, json={"text": "Twice"}, headers={"idempotency-key": "build 8"})

    assert [html for _, html in await said(ada)] == ["<p>Once</p>", "<p>Twice</p>"]


async def test_a_key_of_one_webhook_is_none_of_anothers_of_the_same_bot(ada, browse):
    """Row 16: two programs may count alike."""
    webhook, path = await make_hook(ada)
    hook = {"bot": webhook["bot"], "channel": 1, "name": "Another"}
    other = (await ada.post(f"{API}/webhooks/incoming", json=hook)).json()["path"]

    for each in (path, other):
        await browse(origin=False).post(each, json={"text": "Hello"}, headers={"idempotency-key": "build 7"})

    assert len(await said(ada)) == 2


async def test_a_text_that_is_too_long_loses_its_end(ada, browse):
    _, path = await make_hook(ada)

    answer = await browse(origin=False).post(path, json={"text": "long " * 5000})

    [entry] = (await ada.get(f"{API}/channels/1/messages")).json()["entries"]
    assert (answer.text, len(entry["text"]) <= 16_000, entry["text"][-2:]) == ("ok", True, "\n…")


@pytest.mark.usefixtures("standing")
async def test_a_long_post_is_read_beside_the_event_loop(ada, browse, monkeypatch):
    """Row 16: a quarter of a megabyte of stars takes a second, in which others are served."""
    threads = []

    def text_of(payload):
        threads.append(threading.current_thread())
        return "Done" if payload.text else ""

    monkeypatch.setattr("chorus.chat.actions.incoming.text_of", text_of)
    _, path = await make_hook(ada)
    for text in ("*" * 200_000, "*"):
        assert (await browse(origin=False).post(path, json={"text": text})).text == "ok"

    assert [each is threading.main_thread() for each in threads] == [False, True]


async def test_a_webhook_posts_no_more_than_it_may(ada, browse):
    """Row 16: bounded."""
    _, path = await make_hook(ada)
    poster = browse(origin=False)

    answers = [await poster.post(path, json={}) for _ in range(INCOMING.burst + 1)]

    assert [each.status_code for each in answers] == [400] * INCOMING.burst + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_other_sites_pages_do_not_post(ada, browse):
    _, path = await make_hook(ada)

    answer = await browse(origin=False).post(
        path, json={"text": "x"}, headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 403


async def test_members_make_no_webhooks(ada, sign_up):
    await make_hook(ada)
    grace = await sign_up("grace")

    made = await grace.post(f"{API}/webhooks/incoming", json={"bot": 2, "channel": 1, "name": "Mine"})

    assert (made.status_code, (await grace.get(f"{API}/webhooks/incoming")).status_code) == (403, 403)


async def test_a_webhook_is_made_for_a_bot_and_a_channel_of_ones_own(ada):
    bot = await make_bot(ada)
    wrong = [{"bot": 1, "channel": 1}, {"bot": 99, "channel": 1}, {"bot": bot, "channel": 99}]

    answers = [await ada.post(f"{API}/webhooks/incoming", json={**each, "name": "CI"}) for each in wrong]

    assert [each.status_code for each in answers] == [404, 404, 404]


async def test_the_webhook_is_listed_without_its_secret(ada):
    webhook, path = await make_hook(ada)

    listed = await ada.get(f"{API}/webhooks/incoming")

    assert listed.json() == [webhook]
    assert path.rpartition(".")[2] not in listed.text
