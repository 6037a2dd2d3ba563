"""Row 26, the second half: whatever live clients say, the worker goes on, and others do not notice."""

import asyncio
import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parts.instance import Instance
from parts.people import message
from parts.sockets import LiveClient

EVENTS = (
    "message.send",
    "message.edit",
    "message.delete",
    "message.react",
    "message.unreact",
    "channel.follow",
    "channel.look",
    "typing",
    "presence.watch",
    "presence.set",
    "nonesuch",
)
FIELDS = ("channel", "client_id", "text", "seq", "emoji", "thread", "files", "after", "active", "accounts", "state")

numbers = st.one_of(st.integers(-2, 3), st.integers(-(2**70), 2**70), st.floats(allow_nan=False))
texts = st.one_of(st.text(max_size=20), st.sampled_from(["", "\0", "\ud800", "👍", "active", "<script>", "@here" * 9]))
identities = st.uuids().map(str)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, identities),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
nearly = st.dictionaries(st.sampled_from(FIELDS), st.one_of(anything, st.just(1), identities), max_size=8)
"""Payloads with the right names, and values that are often right, too."""

events = st.tuples(st.sampled_from(EVENTS), st.lists(st.one_of(nearly, anything), max_size=3)).map(
    lambda said: json.dumps([said[0], *said[1]])
)
packets = st.one_of(
    st.tuples(st.sampled_from(["42", "421", "4299999999999", "42/other,1", "43", "431", "451-"]), events).map("".join),
    st.text(max_size=40),
    st.sampled_from(["40", "41", "44", "2", "3", "5", "6", "42[", '42["message.send"', "45-9[]", '42["",{}]', "421[]"]),
)


class Deaf(LiveClient):
    """Hears nothing once it is let in: what answers its nonsense is not for it to understand."""

    def on_ws_frame(self, transport, frame):
        if not self._connected.done():
            super().on_ws_frame(transport, frame)


async def let_in(instance, browser):
    return await Deaf.open(instance.address, auth={"token": browser.cookies["chorus_access"]})


@pytest.fixture
async def served(environment):
    """An instance that looks at nobody's rate, somebody who behaves, and a way to make clients who do not."""
    async with Instance(0, **environment, CHORUS_RATE_LIMIT="0") as instance:
        ada, eve = await instance.sign_up("ada"), await instance.sign_up("eve")
        client = await instance.connect(ada)
        await client.wait_for("caught_up")
        yield instance, client, eve


async def say(client: LiveClient, packet: str) -> None:
    client.send(packet.encode("utf-8", "replace").decode())
    await asyncio.sleep(0)


async def test_whatever_live_clients_say_nobody_else_notices_and_nothing_of_ours_fails(served, caplog):
    instance, client, eve = served
    loop = asyncio.get_running_loop()
    done = 0

    async def attack(said):
        nonlocal done
        bad = await let_in(instance, eve)
        for packet in said:
            await say(bad, packet)
        answer = await client.ask("message.send", {"channel": 1, **message(f"still here {done}")})
        bad.close()
        done += 1
        assert answer["ok"], answer

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(packets, min_size=1, max_size=12))
    def attacks(said):
        asyncio.run_coroutine_threadsafe(attack(said), loop).result(timeout=60)

    with caplog.at_level(logging.ERROR):
        await asyncio.to_thread(attacks)

    assert done >= 60
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert not client.closed


@pytest.mark.parametrize("packet", ["4" * 2_000_000, '42["message.send",' + "[" * 100_000, "45-1" + "0" * 300 + "[]"])
async def test_what_is_too_large_or_too_deep_costs_its_sender_the_connection_only(served, packet):
    instance, client, eve = served
    bad = await let_in(instance, eve)

    await say(bad, packet)

    assert (await client.ask("message.send", {"channel": 1, **message()}))["ok"]
    assert not client.closed
