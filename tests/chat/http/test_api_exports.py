"""Row 17 over HTTP: taking out what the server, a channel or one person has."""

import asyncio
import io
import itertools
import json
import os
import uuid
import zipfile

import httpx
import pytest

from chorus.chat.actions import exports
from chorus.chat.domain.errors import Unavailable
from chorus.chat.domain.limits import EXPORTS
from chorus.chat.domain.sessions import Origin
from chorus.chat.export import exporting
from chorus.chat.export.places import LEASE, Place, Places
from chorus.chat.files.contract import BlobsUnavailable
from chorus.chat.files.folder import FolderBlobs
from parts.databases import fresh_sqlite, on_both
from parts.instance import Instance, both
from waiting import eventually

API = "/api/v1"


@pytest.fixture
async def people(sign_up):
    """Ada, who owns the server, Grace, a member, and Linus, a guest in no channel; their ids are 1, 2, 3."""
    ada, grace, linus = [await sign_up(handle) for handle in ("ada", "grace", "linus")]
    (await ada.patch(f"{API}/accounts/3", json={"role": "guest"})).raise_for_status()
    (await linus.delete(f"{API}/channels/1/members/me")).raise_for_status()
    return ada, grace, linus


async def say(client, channel, text, **more):
    said = {"client_id": str(uuid.uuid4()), "text": text, **more}
    answer = await client.post(f"{API}/channels/{channel}/messages", json=said)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def attach(client, channel, name, content):
    file = (await client.post(f"{API}/channels/{channel}/files", files={"file": (name, content)})).json()
    await say(client, channel, "look", files=[file["id"]])
    return file


async def make(client, name, kind="public"):
    return (await client.post(f"{API}/channels", json={"name": name, "kind": kind})).json()["id"]


class Taken:
    """An archive that was answered."""

    def __init__(self, answer):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/zip"
        self.called = answer.headers["content-disposition"]
        self.archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert self.archive.testzip() is None
        assert self.archive.namelist()[-1] == "manifest.json"
        self.manifest = json.loads(self.archive.read("manifest.json"))
        listed = [name for name in self.archive.namelist() if name.endswith(".jsonl")]
        assert self.manifest["counts"] == {name: len(self.lines(name)) for name in listed}

    def lines(self, name):
        return [json.loads(line) for line in self.archive.read(name).splitlines()]

    def channels(self):
        return {each["channel"]["name"] for each in self.lines("channels.jsonl")}

    def said(self):
        """Texts by channel."""
        logs = [name for name in self.archive.namelist() if name.startswith("log/")]
        return {int(name[4:-6]): [entry["text"] for entry in self.lines(name)] for name in logs}


@on_both
async def test_an_owner_takes_out_the_channels_that_they_may_read_with_their_files(people, chat):
    """Row 17; what is in it follows membership (row 6): no private channel of others, and nobody's direct messages."""
    ada, grace, _ = people
    mine, theirs = await make(ada, "mine", "private"), await make(grace, "theirs", "private")
    for client, channel in ((ada, 1), (ada, mine), (grace, theirs)):
        await say(client, channel, f"in {channel}")
    talk = (await ada.post(f"{API}/conversations", json={"people": [2]})).json()["id"]
    await say(ada, talk, "between us")
    file = await attach(grace, 1, "words.txt", b"some words\n" * 100_000)
    await attach(grace, theirs, "theirs.txt", b"theirs")
    invite = (await ada.post(f"{API}/invites", json={})).json()["invite"]

    taken = Taken(await ada.get(f"{API}/export"))

    assert taken.manifest["scope"] == "server as seen"
    assert (taken.manifest["account"], taken.manifest["missing"]) == (1, [])
    assert (taken.manifest["server"], taken.manifest["chorus"]) == (chat.settings.name, "1.2.3")
    assert taken.manifest["at"] == pytest.approx(chat.now(), abs=120_000)
    assert taken.channels() == {"general", "mine"}
    assert taken.said() == {1: ["in 1", "look"], mine: [f"in {mine}"]}
    assert [each["handle"] for each in taken.lines("accounts.jsonl")] == ["ada", "grace", "linus"]
    [kept] = taken.lines("files.jsonl")
    assert kept["path"] == f"files/{file['id']}/words.txt"
    assert taken.archive.read(kept["path"]) == b"some words\n" * 100_000
    assert taken.lines("channels.jsonl")[0]["members"] == [1, 2]
    assert [each["id"] for each in taken.lines("invites.jsonl")] == [invite["id"]]
    assert [each["act"] for each in taken.lines("audit.jsonl")] == [
        "export.made", "invite.created", "account.role_changed"
    ]  # fmt: skip
    assert "chorus-server-" in taken.called


@on_both
async def test_a_channel_is_taken_out_with_who_is_or_was_heard_in_it(people):
    """Row 17."""
    ada, grace, _ = people
    plans = await make(ada, "plans")
    await grace.post(f"{API}/channels/{plans}/members")
    await say(grace, plans, "I was here")
    await grace.delete(f"{API}/channels/{plans}/members/me")
    await attach(ada, plans, "a.txt", b"in it")
    await attach(ada, 1, "b.txt", b"elsewhere")

    taken = Taken(await ada.get(f"{API}/channels/{plans}/export"))

    assert (taken.manifest["scope"], taken.channels()) == ("channel", {"plans"})
    assert taken.said() == {plans: ["I was here", "look"]}
    assert [taken.archive.read(each["path"]) for each in taken.lines("files.jsonl")] == [b"in it"]
    assert [each["handle"] for each in taken.lines("accounts.jsonl")] == ["ada", "grace"]
    assert taken.lines("channels.jsonl")[0]["members"] == [1]
    assert not {"invites.jsonl", "audit.jsonl"} & set(taken.archive.namelist())


@on_both
async def test_a_person_takes_out_what_is_theirs(people):
    """Row 17: their own words anywhere, also where they are no more; their conversations whole."""
    ada, grace, _ = people
    plans = await make(ada, "plans")
    await grace.post(f"{API}/channels/{plans}/members")
    await say(grace, plans, "mine")
    await say(ada, plans, "not mine")
    await grace.delete(f"{API}/channels/{plans}/members/me")
    talk = (await ada.post(f"{API}/conversations", json={"people": [2]})).json()["id"]
    await say(ada, talk, "to you")
    others = (await ada.post(f"{API}/conversations", json={"people": [3]})).json()["id"]
    await attach(ada, talk, "a.txt", b"from ada")
    await attach(ada, others, "c.txt", b"not for her")
    await attach(ada, 1, "b.txt", b"for all")
    await attach(grace, 1, "d.txt", b"from her")
    await grace.put(f"{API}/saved/1/1")
    await grace.put(f"{API}/drafts", json={"channel": 1, "text": "well"})

    taken = Taken(await grace.get(f"{API}/me/export"))

    assert (taken.manifest["scope"], taken.manifest["account"]) == ("account", 2)
    assert taken.said() == {1: ["look"], plans: ["mine"], talk: ["to you", "look"]}
    assert {each["file"]["file"]["name"] for each in taken.lines("files.jsonl")} == {"a.txt", "d.txt"}
    assert {each["channel"]["id"] for each in taken.lines("channels.jsonl")} == {1, talk}
    assert [(each["channel"], each["seq"], each["text"]) for each in taken.lines("saved.jsonl")] == [(1, 1, "look")]
    assert [(each["channel"], each["text"]) for each in taken.lines("drafts.jsonl")] == [(1, "well")]
    assert len(taken.lines("devices.jsonl")) == 1
    assert [each["handle"] for each in taken.lines("accounts.jsonl")] == ["grace"]


async def test_what_is_more_than_a_page_is_whole(people, monkeypatch):
    """Row 17."""
    ada, grace, _ = people
    for number in range(5):
        for client in (ada, grace):
            await say(client, 1, str(number))
        await attach(grace, 1, f"{number}.txt", b"words")
        await ada.post(f"{API}/invites", json={})

    async def taken():
        return Taken(await ada.get(f"{API}/export")), Taken(await grace.get(f"{API}/me/export"))

    whole = await taken()
    monkeypatch.setattr(exporting, "PAGE", 2)
    monkeypatch.setattr(exporting, "LARGEST_PAGE", 2)
    in_pages = await taken()

    assert [each.said() for each in in_pages] == [each.said() for each in whole]
    assert [each.lines("files.jsonl") for each in in_pages] == [each.lines("files.jsonl") for each in whole]
    assert in_pages[0].lines("audit.jsonl")[2:] == whole[0].lines("audit.jsonl")


async def test_each_leaves_a_line_in_the_audit_log(people):
    ada, grace, _ = people
    for client, path in ((ada, "export"), (ada, "channels/1/export"), (grace, "me/export")):
        Taken(await client.get(f"{API}/{path}"))
    lines = (await ada.get(f"{API}/audit", params={"act": "export."})).json()["lines"]

    assert [(each["actor"], each["account"], each["channel"], each["details"]) for each in lines] == [
        (2, 2, 0, {"scope": "account"}),
        (1, 0, 1, {"scope": "channel"}),
        (1, 0, 0, {"scope": "server as seen"}),
    ]
    assert all(each["address"] for each in lines)


async def test_the_servers_is_for_those_who_run_it_and_ones_own_for_every_person(people):
    ada, grace, linus = people
    theirs = await make(grace, "theirs", "private")
    talk = (await ada.post(f"{API}/conversations", json={"people": [2]})).json()["id"]

    assert [(await grace.get(f"{API}/{path}")).status_code for path in ("export", "channels/1/export")] == [403, 403]
    assert (await linus.get(f"{API}/export")).status_code == 403
    assert Taken(await linus.get(f"{API}/me/export")).manifest["scope"] == "account"
    assert (await ada.get(f"{API}/channels/{theirs}/export")).status_code == 404
    assert (await ada.get(f"{API}/channels/{talk}/export")).status_code == 403
    assert (await ada.get(f"{API}/channels/99/export")).status_code == 404


async def test_head_says_whether_one_may_begin_and_begins_none(people):
    ada, *_ = people

    for _ in range(2 * EXPORTS.burst):
        assert (await ada.head(f"{API}/export")).status_code == 200
    assert (await ada.get(f"{API}/audit", params={"act": "export."})).json()["lines"] == []


async def test_exports_are_limited_by_account_and_say_when_to_ask_again(people):
    ada, grace, _ = people
    for _ in range(EXPORTS.burst):
        Taken(await ada.get(f"{API}/me/export"))
    refused = await ada.get(f"{API}/me/export")

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= EXPORTS.interval
    assert (await ada.head(f"{API}/me/export")).status_code == 429
    Taken(await grace.get(f"{API}/me/export"))


async def test_an_account_has_one_at_a_time(people, chat):
    ada, grace, _ = people

    async with Places(chat.store, now=chat.now).take(1):
        refused, asked = await ada.get(f"{API}/export"), await ada.head(f"{API}/export")
        Taken(await grace.get(f"{API}/me/export"))
    assert asked.status_code == 429
    assert (refused.status_code, refused.json()["detail"]) == (
        429,
        "Another export of yours is on its way; wait until it has ended",
    )
    Taken(await ada.get(f"{API}/export"))


@on_both
async def test_the_place_of_one_whose_worker_died_is_free_after_a_while(people, chat):
    ada, grace, _ = people

    await Place(chat.store, 1, chat.now).begin()
    refused = await ada.get(f"{API}/export")
    await Place(chat.store, 2, lambda: chat.now() - LEASE).begin()

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    Taken(await grace.get(f"{API}/me/export"))


async def test_one_that_takes_long_keeps_its_place(people, chat, monkeypatch):
    """Row 17: so that nobody else is given it meanwhile."""
    ada, *_ = people
    begun, keep, kept = chat.now(), chat.store.keep_export, []

    async def note(account, **named):
        kept.append((account, named["until"] > begun + LEASE))
        return await keep(account, **named)

    monkeypatch.setattr(chat.store, "keep_export", note)
    moments = itertools.count(chat.clock(), 40.0)
    object.__setattr__(chat, "clock", lambda: next(moments))
    Taken(await ada.get(f"{API}/export"))

    assert set(kept) == {(1, True)}


async def test_one_whose_place_was_given_away_meanwhile_goes_no_further(chat):
    moments = iter([0, LEASE, 2 * LEASE])
    place = Place(chat.store, 1, lambda: next(moments))
    await place.begin()
    await Place(chat.store, 1, lambda: LEASE).begin()

    with pytest.raises(Unavailable, match="stood still"):
        await place.keep()


async def test_a_file_whose_content_is_gone_is_named_and_the_rest_is_there(people, chat):
    ada, *_ = people
    lost, kept = await attach(ada, 1, "lost.txt", b"lost"), await attach(ada, 1, "kept.txt", b"kept")
    await chat.blobs.delete(lost["id"])

    taken = Taken(await ada.get(f"{API}/export"))

    assert taken.manifest["missing"] == [lost["id"]]
    assert [each["path"] for each in taken.lines("files.jsonl")] == [f"files/{kept['id']}/kept.txt"]


@pytest.fixture
async def environment(home, tmp_path):
    return {"CHORUS_HOME": str(home), "DATABASE_URL": fresh_sqlite(tmp_path), "SOCKET_IO_REDIS_ADAPTER": "false"}


@pytest.fixture
async def instance(environment):
    """A server on a port: what becomes of half an answer is the connection's to show."""
    async with Instance(0, **environment) as running:
        yield running


async def noise(client, files):
    """Files of 4 MB that no compression makes smaller."""
    for number in range(files):
        await attach(client, 1, f"{number}.bin", os.urandom(4 * 1024 * 1024))


async def test_a_reader_who_hangs_up_has_their_place_back_on_every_instance(environment):
    async with both(Instance(0, **environment), Instance(1, **environment)) as (instance, other):
        ada, there = await instance.sign_up(), other.browse()
        there.cookies = ada.cookies
        await noise(ada, 6)  # more than sockets hold
        async with ada.stream("GET", f"{API}/export") as answer:
            parts = answer.aiter_raw()
            await anext(parts)
            busy = await there.get(f"{API}/export")
        await eventually(lambda: _is_free(there), what="the place to be free")

    assert (busy.status_code, busy.headers["retry-after"]) == (429, "30")


async def _is_free(client):
    return (await client.head(f"{API}/export")).status_code == 200


async def test_one_that_nobody_takes_any_further_ends_at_once(people, chat):
    """Row 17: and its place is free."""
    await noise(people[0], 1)
    export = await exports.of_server(chat, by=await chat.store.account(1), origin=Origin())
    parts = await export.begin()
    await anext(parts)

    async with asyncio.timeout(10):
        await parts.aclose()
    assert await chat.store.exporting(at=chat.now()) == []


async def test_what_is_cut_off_on_the_way_is_no_whole_answer_and_one_line_in_the_log(instance, caplog, monkeypatch):
    ada = await instance.sign_up()
    await noise(ada, 1)
    read = FolderBlobs.read

    async def failing(*args):
        async for part in read(*args):
            yield part
            yield part
            raise BlobsUnavailable("the disk was taken out")

    monkeypatch.setattr(FolderBlobs, "read", failing)
    with pytest.raises(httpx.RemoteProtocolError):
        await ada.get(f"{API}/export")

    assert "an export (server as seen) by account 1 was cut off: the disk was taken out" in caplog.messages
    assert not [each for each in caplog.records if each.exc_info]
    assert (await ada.head(f"{API}/export")).status_code == 200
