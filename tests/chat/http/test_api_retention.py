"""Row 17 over HTTP: how long messages are kept."""

import uuid

import msgspec
import pytest
from sqlalchemy import create_engine

from chorus.chat.actions import retention
from chorus.chat.actions.retention import PERIOD, Expiry
from chorus.chat.domain.errors import DatabaseUnavailable
from parts.databases import fresh_sqlite, on_both
from parts.instance import Instance
from waiting import eventually

API = "/api/v1"
DAY = 86_400_000
"""Milliseconds."""


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


@pytest.fixture
async def grace(ada, sign_up):
    return await sign_up("grace")


async def say(client, text):
    said = {"client_id": str(uuid.uuid4()), "text": text}
    answer = await client.post(f"{API}/channels/1/messages", json=said)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@on_both
async def test_old_messages_go_where_the_owner_says_so_and_everybody_is_told(ada, grace, chat, announced):
    """Row 17."""
    await say(grace, "old")
    await ada.put(f"{API}/channels/1/retention", json={"days": 7})
    announced.heard.clear()
    later = _Later(chat, 8 * DAY)

    assert await sweep(chat) == 0
    assert await sweep(later) == 1
    page = (await ada.get(f"{API}/channels/1/messages")).json()
    [general] = [each for each in (await ada.get(f"{API}/channels")).json() if each["id"] == 1]
    assert (page["entries"], page["first"], page["last"]) == ([], True, True)
    assert (general["floor"], general["retention"], general["unread"]) == (1, 7, 0)
    assert announced.heard == [("forget", 1), ("changed", 1)]


async def test_everybody_is_told_of_a_channels_rule(ada, announced):
    announced.heard.clear()
    await ada.put(f"{API}/channels/1/retention", json={"days": 7})

    assert announced.heard == [("changed", 1)]


async def sweep(chat):
    """Take away what is too old by this chat's clock."""
    return await Expiry(chat).sweep(chat.now())


class _Later:
    """The same chat, some time later."""

    def __init__(self, chat, milliseconds):
        self.store, self.announcer, self.settings = chat.store, chat.announcer, chat.settings
        self.now = lambda: chat.now() + milliseconds


async def test_of_all_instances_one_takes_away_what_is_old_once_in_each_period(ada, chat, monkeypatch):
    """Row 17: by itself."""
    await say(ada, "old")
    await ada.put(f"{API}/channels/1/retention", json={"days": 7})
    claims, claim = [], chat.store.claim_sweep

    async def note(**asked):
        claims.append(await claim(**asked))
        return claims[-1]

    monkeypatch.setattr(chat.store, "claim_sweep", note)
    instances = [Expiry(_Later(chat, 8 * DAY + int(part * PERIOD * 1000))) for part in (0, 0.5, 1.5)]
    for number, instance in enumerate(instances, 1):
        instance.start()
        await eventually(lambda number=number: len(claims) == number, what="its turn, or that of another")
    await eventually(lambda: is_empty(ada), what="what is old to be gone")
    for instance in instances:
        await instance.close()

    assert [claim is not None for claim in claims] == [True, False, True]


async def test_a_clock_that_is_ahead_for_a_while_takes_away_nothing_that_is_not_nearly_due(ada, chat):
    """Row 17: as of a machine that is set right some minutes after it started; what goes is gone for good."""
    await say(ada, "young")
    await ada.put(f"{API}/channels/1/retention", json={"days": 7})
    gone = []
    for hours in (0, 24 * 3650, 1):
        claimed = await chat.store.claim_sweep(at=chat.now() + hours * DAY // 24, period=int(PERIOD * 1000))
        gone.append(await Expiry(chat).sweep(claimed))

    assert gone == [0, 0, 0]
    assert not await is_empty(ada)


async def test_a_running_server_looks_by_itself(home, tmp_path):
    """Row 17."""
    url = fresh_sqlite(tmp_path)
    environment = {"CHORUS_HOME": str(home), "DATABASE_URL": url, "SOCKET_IO_REDIS_ADAPTER": "false"}
    async with Instance(0, **environment) as instance:
        ada = await instance.sign_up()
        await say(ada, "old")
    with create_engine(url).begin() as connection:
        connection.exec_driver_sql("UPDATE entries SET at = 1")
        connection.exec_driver_sql("UPDATE server SET retention = 1, swept_at = 0")

    async with Instance(1, **environment) as instance:
        there = instance.browse()
        there.cookies = ada.cookies
        await eventually(lambda: is_empty(there), what="what is old to be gone")


async def is_empty(client):
    return (await client.get(f"{API}/channels/1/messages")).json()["entries"] == []


async def test_copies_of_what_is_gone_are_gone_although_the_database_goes_away_meanwhile(
    ada, chat, announced, monkeypatch
):
    """Row 17: of what is taken away in one transaction, nothing waits for the next."""
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    monkeypatch.setattr(retention, "PAUSE", 0.0)
    for text in ("old", "older"):
        await say(ada, text)
    await ada.put(f"{API}/channels/1/retention", json={"days": 7})
    announced.heard.clear()
    later, expire, asked = _Later(chat, 8 * DAY), chat.store.expire, []

    async def once(*arguments, **named):
        asked.append(arguments)
        if len(asked) > 1:
            raise DatabaseUnavailable("away")
        return await expire(*arguments, **named)

    monkeypatch.setattr(chat.store, "expire", once)
    with pytest.raises(DatabaseUnavailable):
        await sweep(later)

    assert announced.heard == [("forget", 1)]


async def test_the_server_says_it_for_channels_that_say_nothing(ada, chat):
    assert (await ada.get(f"{API}/retention")).json() == {"days": 0}
    assert (await ada.put(f"{API}/retention", json={"days": 30})).json() == {"days": 30}
    await say(ada, "old")

    assert await sweep(_Later(chat, 29 * DAY)) == 0
    assert await sweep(_Later(chat, 31 * DAY)) == 1


async def test_a_change_of_it_stands_in_the_audit_log_and_no_change_does_not(ada):
    for days in (7, 7, None):
        await ada.put(f"{API}/channels/1/retention", json={"days": days})
    for days in (30, 30):
        await ada.put(f"{API}/retention", json={"days": days})
    lines = (await ada.get(f"{API}/audit")).json()["lines"]

    assert [(each["act"], each["channel"], each["details"]) for each in lines] == [
        ("retention.changed", 0, {"from": 0, "to": 30}),
        ("retention.changed", 1, {"from": 7, "to": None}),
        ("retention.changed", 1, {"from": None, "to": 7}),
    ]


async def test_lines_of_the_audit_log_are_kept_for_their_own_time(ada, chat, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    for days in (9, 8):
        await ada.put(f"{API}/retention", json={"days": days})

    await sweep(_Later(chat, 399 * DAY))
    for_ever = _Later(chat, 401 * DAY)
    for_ever.settings = msgspec.structs.replace(chat.settings, audit_retention=0)
    await sweep(for_ever)
    assert len((await ada.get(f"{API}/audit")).json()["lines"]) == 2
    await sweep(_Later(chat, 401 * DAY))
    assert (await ada.get(f"{API}/audit")).json()["lines"] == []


async def test_it_is_for_owners_and_admins(ada, grace):
    answers = [
        await grace.get(f"{API}/retention"),
        await grace.put(f"{API}/retention", json={"days": 1}),
        await grace.put(f"{API}/channels/1/retention", json={"days": 1}),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403]


@pytest.mark.parametrize("days", [-1, 36501, "seven"])
async def test_a_number_out_of_range_is_refused(ada, days):
    assert (await ada.put(f"{API}/channels/1/retention", json={"days": days})).status_code == 400


async def test_a_private_channel_is_for_those_in_it_and_direct_messages_follow_the_server(ada, grace):
    mine = (await grace.post(f"{API}/channels", json={"name": "quiet", "kind": "private"})).json()
    talk = (await ada.post(f"{API}/conversations", json={"people": [2]})).json()

    assert (await ada.put(f"{API}/channels/{mine['id']}/retention", json={"days": 1})).status_code == 404
    assert (await ada.put(f"{API}/channels/{talk['id']}/retention", json={"days": 1})).status_code == 403
