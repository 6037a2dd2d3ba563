"""Row 7: a session polls at one instance, and its WebSocket reaches another: the session moves there."""

import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st

from parts.upgrading import Browser, two
from waiting import eventually


async def test_the_session_is_where_the_websocket_is_and_all_it_had_is_with_it():
    """Row 7: its sids, rooms and data; no handler is told that it left or came."""
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        [client] = home.namespace("/").clients()
        client.state = {"name": "ann"}

        await browser.upgrade()
        browser.send('42["who"]')

        await eventually(browser.heard)
        assert browser.heard() == [["who", browser.sid, ["a"], {"name": "ann"}, "1"]]
        assert (len(home), len(away), home.told, away.told) == (0, 1, [], [])


async def test_its_sid_and_its_rooms_still_reach_it_from_everywhere():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        await browser.upgrade()

        for number, sender in enumerate((home, away)):
            sender.namespace("/").to(browser.sid).emit("alone", number)
            sender.namespace("/").to("a").emit("room", number)

        await eventually(lambda: len(browser.heard()) == 4)
        assert sorted(browser.heard()) == [["alone", 0], ["alone", 1], ["room", 0], ["room", 1]]


async def test_what_is_posted_while_it_stands_still_is_handled_where_it_goes_before_what_comes_by_websocket():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        await browser.post('42["echo",1]')
        await browser.probe()
        assert (await browser.post('42["echo",2]', '42["who"]')).body == b"ok"
        browser.send("5")
        browser.send('42["echo",3]')
        await eventually(lambda: len(away))
        browser.send('42["echo",4]')

        await eventually(lambda: len(browser.heard()) == 5)
        assert browser.heard() == [
            ["echo", 1], ["echo", 2], ["who", browser.sid, ["a"], None, "1"], ["echo", 3], ["echo", 4],
        ]  # fmt: skip


async def test_a_poll_that_waits_is_answered_at_once_and_what_it_is_sent_then_comes_by_websocket():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        polling = asyncio.create_task(browser.poll())
        await browser.probe()
        await asyncio.wait_for(polling, 30)
        home.namespace("/").to("a").emit("n", 1)
        browser.send("5")

        await eventually(lambda: browser.heard() == [["n", 1]])
        assert browser.got == ["6"]
        assert (await browser.wire.poll()).status == 400


async def test_a_websocket_that_is_lost_after_the_probe_leaves_the_session_polling_with_all_that_came():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        await browser.probe()
        await browser.post('42["echo",1]')
        home.namespace("/").to("a").emit("n", 1)

        browser.socket.driver.lost("transport close")

        while len(browser.heard()) < 2:
            await browser.poll()
        assert sorted(browser.heard()) == [["echo", 1], ["n", 1]]
        assert (len(home), len(away), home.told) == (1, 0, [])
        hub = away.namespace("/").hub
        await eventually(lambda: not hub._receivers)


async def test_a_session_without_a_namespace_moves_too():
    async with two() as (home, away):
        browser = Browser(home, away)
        await browser.poll()
        browser.session = json.loads(browser.got.pop()[1:])["sid"]

        await browser.upgrade()
        browser.send("40")

        await eventually(lambda: any(packet.startswith("40") for packet in browser.socket.got))


STEPS = st.lists(st.sampled_from(["post", "socket", "room", "far room", "alone", "turn", "poll"]), max_size=12)


@given(before=STEPS, probed=STEPS, moving=STEPS, after=STEPS)
def test_nothing_is_lost_doubled_or_overtaken_whenever_it_is_sent(before, probed, moving, after):
    """Row 7, for any order of posts, polls, WebSocket messages and events from both instances around the upgrade."""
    asyncio.run(_upgraded(before, probed, moving, after))


async def _upgraded(before, probed, moving, after):
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        sent: dict[str, list[int]] = {kind: [] for kind in ("echo", "room", "far room", "alone")}

        async def take(steps, *, by_socket):
            for step in steps:
                match step:
                    case "post" | "socket":
                        number = len(sent["echo"])
                        sent["echo"].append(number)
                        if by_socket:
                            browser.send(f'42["echo",{number}]')
                        else:
                            await browser.post(f'42["echo",{number}]')
                    case "turn":
                        await asyncio.sleep(0)
                    case "poll":
                        if not by_socket and browser.wire.waiting():
                            await browser.poll()
                    case kind:
                        number = len(sent[kind])
                        sent[kind].append(number)
                        sender = home if kind == "room" else away
                        sender.namespace("/").to(browser.sid if kind == "alone" else "a").emit(kind, number)

        await take(before, by_socket=False)
        browser.open_socket()
        browser.send("2probe")
        await take(before, by_socket=False)
        await eventually(lambda: browser.socket.got == ["3probe"])
        await take(probed, by_socket=False)
        browser.send("5")
        await take(moving, by_socket=True)
        await eventually(lambda: len(away))
        await take(after, by_socket=True)

        await eventually(lambda: len(browser.heard()) >= sum(map(len, sent.values())))
        for kind, numbers in sent.items():
            assert [number for name, number in browser.heard() if name == kind] == numbers
        for sender in (home, away):
            sender.namespace("/").to("a").emit("last", 0)
        await eventually(lambda: browser.heard().count(["last", 0]) == 2)
        assert len(browser.heard()) == sum(map(len, sent.values())) + 2
