"""Finding messages through HTTP: row 13."""

import pytest

from parts.databases import on_both
from parts.people import message


async def say(client, text, channel=1):
    answer = await client.post(f"/api/v1/channels/{channel}/messages", json=message(text))
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def search(chat):
    """Ask, once everything is indexed."""

    async def ask(client, q, **options):
        while await chat.store.index():
            pass
        return await client.get("/api/v1/search", params={"q": q, **options})

    return ask


@on_both
async def test_row_13_a_hit_is_the_message_and_the_stretch_that_fits(sign_up, search):
    ada = await sign_up()
    sent = await say(ada, "Shall we *meet* at nine?")

    answer = await search(ada, "meet")

    assert answer.json() == {
        "hits": [{"entry": sent, "excerpt": ["Shall we *", "meet", "* at nine?"]}],
        "next": None,
    }


@on_both
async def test_row_13_only_what_the_searcher_may_read_is_found(sign_up, search):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    made = (await ada.post("/api/v1/channels", json={"name": "plans"})).json()
    await say(ada, "the needle", made["id"])

    assert len((await search(ada, "needle")).json()["hits"]) == 1
    assert (await search(bob, "needle")).json()["hits"] == []


async def test_pages_go_on_where_the_last_one_ended(sign_up, search):
    ada = await sign_up()
    for number in range(5):
        await say(ada, f"needle {number}")

    first = (await search(ada, "needle", limit=3)).json()
    second = (await search(ada, "needle", limit=3, after=first["next"])).json()

    assert [hit["entry"]["text"][-1] for hit in first["hits"] + second["hits"]] == list("43210")
    assert second["next"] is None


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"q": ""}, 400, "invalid"),
        ({"q": "has:money"}, 400, "invalid"),
        ({"q": "x", "limit": 101}, 400, "invalid"),
        ({"q": "x", "after": "yesterday"}, 400, "invalid"),
        ({"q": "x", "after": "1-2-3"}, 400, "invalid"),
        ({"q": "x" * 501}, 413, "too_large"),
        ({}, 400, "invalid"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused_by_name(sign_up, options, status, code):
    ada = await sign_up()

    answer = await ada.get("/api/v1/search", params=options)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nobody_signed_in_finds_nothing(browse):
    assert (await browse().get("/api/v1/search", params={"q": "x"})).status_code == 401
