"""Rows 6 and 7 over HTTP: private channels, conversations, and who may do what in them."""

import pytest

from parts.databases import on_both
from parts.people import message

API = "/api/v1"


async def make(client, name, **options):
    answer = await client.post(f"{API}/channels", json={"name": name, **options})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(client):
    return [each["name"] for each in (await client.get(f"{API}/channels")).json()]


@pytest.fixture
async def people(sign_up):
    """Ada, who owns the server, Grace and Linus, as clients; their ids are 1, 2, 3."""
    return [await sign_up(handle) for handle in ("ada", "grace", "linus")]


@on_both
async def test_a_private_channel_is_there_for_those_in_it_and_for_nobody_else(people):
    """Row 7: private channels. Row 6: every read and write is scoped by membership."""
    ada, grace, linus = people
    plans = await make(grace, "plans", kind="private")
    path = f"{API}/channels/{plans['id']}"
    await grace.post(f"{path}/messages", json=message("Between us"))

    assert "plans" in await names(grace)
    for outsider in (ada, linus):
        assert "plans" not in await names(outsider)
        refused = [
            await outsider.get(f"{path}/messages"),
            await outsider.get(f"{path}/messages/1"),
            await outsider.get(f"{path}/messages/1/edits"),
            await outsider.get(f"{path}/threads/1"),
            await outsider.get(f"{path}/members"),
            await outsider.post(f"{path}/messages", json=message("Let me in")),
            await outsider.patch(f"{path}/messages/1", json=message("Mine")),
            await outsider.delete(f"{path}/messages/1"),
            await outsider.put(f"{path}/messages/1/reactions/%F0%9F%91%8B"),
            await outsider.post(f"{path}/members"),
            await outsider.put(f"{path}/members/3"),
            await outsider.delete(f"{path}/members/2"),
            await outsider.delete(f"{path}/members/me"),
            await outsider.patch(path, json={"topic": "Ours"}),
            await outsider.put(f"{path}/read", json={"seq": 1}),
        ]
        assert {(each.status_code, each.json()["code"]) for each in refused} == {(404, "not_found")}
    bootstrap = (await linus.get(f"{API}/bootstrap")).json()
    assert [each["name"] for each in bootstrap["channels"]] == ["general"]


@on_both
async def test_somebody_in_it_adds_others_and_its_maker_takes_them_out(people, announced):
    """Row 7: invite."""
    _, grace, linus = people
    plans = await make(grace, "plans", kind="private")
    path = f"{API}/channels/{plans['id']}"

    added = await grace.put(f"{path}/members/3")
    assert (added.status_code, added.json()["members"]) == (200, 2)
    assert (await linus.get(f"{path}/members")).json() == [2, 3]
    assert ("membership", 3, plans["id"], True) in announced.heard

    assert (await linus.delete(f"{path}/members/2")).status_code == 403
    assert (await grace.delete(f"{path}/members/3")).status_code == 200
    assert ("membership", 3, plans["id"], False) in announced.heard
    assert (await linus.get(f"{path}/messages")).status_code == 404
    assert (await linus.post(f"{path}/messages", json=message("Still here?"))).status_code == 404


async def test_nobody_is_added_who_is_not_there(people):
    ada, *_ = people

    answer = await ada.put(f"{API}/channels/1/members/99")

    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no account 99, or it is deactivated")


@on_both
async def test_there_is_one_conversation_for_each_set_of_people(people):
    """Row 7: direct messages and group direct messages."""
    ada, grace, linus = people

    first = (await ada.post(f"{API}/conversations", json={"people": [2]})).json()
    again = (await grace.post(f"{API}/conversations", json={"people": [1]})).json()
    group = (await linus.post(f"{API}/conversations", json={"people": [1, 2, 1]})).json()
    notes = (await ada.post(f"{API}/conversations", json={"people": []})).json()

    assert (first["kind"], first["name"], first["people"]) == ("direct", "", [1, 2])
    assert again["id"] == first["id"]
    assert (group["kind"], group["people"], group["members"]) == ("group", [1, 2, 3], 3)
    assert (notes["kind"], notes["people"]) == ("direct", [1])
    sent = await grace.post(f"{API}/channels/{first['id']}/messages", json=message("Hello you"))
    assert sent.status_code == 201
    assert (await linus.get(f"{API}/channels/{first['id']}/messages")).status_code == 404


@pytest.mark.parametrize("others", [[2], [2, 3]], ids=["direct", "group"])
async def test_a_conversation_keeps_its_people_and_has_no_name(people, sign_up, others):
    ada, *_ = people
    await sign_up("ken")
    conversation = (await ada.post(f"{API}/conversations", json={"people": others})).json()
    path = f"{API}/channels/{conversation['id']}"

    refused = [
        await ada.put(f"{path}/members/4"),
        await ada.delete(f"{path}/members/2"),
        await ada.delete(f"{path}/members/me"),
        await ada.patch(path, json={"name": "us"}),
        await ada.patch(path, json={"topic": "Ours"}),
        await ada.patch(path, json={"archived": True}),
    ]

    assert {each.status_code for each in refused} == {403}
    [found] = [each for each in (await ada.get(f"{API}/channels")).json() if each["id"] == conversation["id"]]
    assert (found["name"], found["people"], found["archived"]) == ("", [1, *others], False)


async def test_a_conversation_wants_people_that_are_there(people):
    ada, *_ = people

    assert (await ada.post(f"{API}/conversations", json={"people": [2, 99]})).status_code == 404


@on_both
async def test_an_archived_channel_is_read_and_nothing_is_added_to_it(people):
    """Row 7: archive."""
    _, grace, linus = people
    plans = await make(grace, "plans")
    path = f"{API}/channels/{plans['id']}"
    await grace.post(f"{path}/messages", json=message("The last word"))

    archived = await grace.patch(path, json={"archived": True})

    assert (archived.status_code, archived.json()["archived"]) == (200, True)
    refused = [
        await grace.post(f"{path}/messages", json=message("One more")),
        await grace.post(f"{path}/messages", json=message("@ada look")),
        await grace.put(f"{path}/messages/1/reactions/%F0%9F%91%8B"),
        await grace.put(f"{path}/members/3"),
        await grace.patch(path, json={"topic": "Gone"}),
        await grace.patch(path, json={"name": "gone"}),
        await grace.patch(path, json={"archived": True}),
        await linus.post(f"{path}/members"),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(403, "forbidden")}
    assert [each["text"] for each in (await grace.get(f"{path}/messages")).json()["entries"]] == ["The last word"]

    assert (await grace.patch(path, json={"archived": False})).json()["archived"] is False
    assert (await grace.post(f"{path}/messages", json=message("One more"))).status_code == 201


async def test_general_is_not_archived(people):
    ada, *_ = people

    assert (await ada.patch(f"{API}/channels/1", json={"archived": True})).status_code == 403


@on_both
async def test_anybody_in_it_sets_the_topic_and_its_maker_or_an_admin_the_name(people, announced):
    """Row 7: topic, rename."""
    ada, grace, linus = people
    plans = await make(grace, "plans")
    path = f"{API}/channels/{plans['id']}"
    for client in (ada, linus):
        await client.post(f"{path}/members")

    assert (await linus.patch(path, json={"topic": "What comes"})).json()["topic"] == "What comes"
    assert (await linus.patch(path, json={"name": "ideas"})).status_code == 403
    assert (await grace.patch(path, json={"name": "Ideas"})).json()["name"] == "ideas"
    assert (await ada.patch(path, json={"name": "dreams"})).json()["name"] == "dreams"
    assert (await ada.patch(path, json={"name": "general"})).status_code == 409
    assert announced.heard.count(("changed", plans["id"])) == 5
