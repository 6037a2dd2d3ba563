"""Row 7: who gets a session that polls elsewhere, when, and that it goes on polling where nobody does."""

import asyncio
import contextlib
from unittest.mock import patch

import pytest

from chorus.realtime.handover import claims
from chorus.realtime.handover import neighbours as neighbours_end
from chorus.realtime.transport.contract import Refusal
from parts.upgrading import Browser, looks, two
from waiting import eventually


async def test_a_session_whose_handler_runs_moves_when_that_has_ended():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        going = asyncio.Event()

        @home.namespace("/").on("long")
        async def long(client):
            await going.wait()
            client.join("b")

        await browser.post('42["long"]')
        with looks(home) as looked:
            upgrading = asyncio.create_task(browser.upgrade())
            await eventually(lambda: len(looked) >= 3, what="the owner to look whether the handler has ended")
        assert browser.socket.got == []
        going.set()
        await upgrading

        away.namespace("/").to("b").emit("n", 1)
        await eventually(lambda: browser.heard() == [["n", 1]])


@contextlib.asynccontextmanager
async def claimed_while_a_handler_runs(home, away):
    """Its browser, its owner's side, a claim that waits for the handler to end, and what ends it."""
    browser = await Browser(home, away).connect()
    owned, going = home._neighbours._owned, asyncio.Event()

    @home.namespace("/").on("long")
    async def long(client):
        await going.wait()

    await browser.post('42["long"]')
    claim = claims.Claim(browser.session, claims.Claimant("1", 7), away._neighbours.format)
    assert isinstance(await owned.answer(claim), claims.Watch)
    asked = asyncio.create_task(owned.answer(claim))
    await asyncio.sleep(0)
    yield browser, owned, claim, asked, going
    assert isinstance(await asyncio.wait_for(asked, 30), claims.Refused)


async def test_a_claim_that_is_given_up_while_a_handler_runs_does_not_stop_the_session_when_it_ends():
    async with two() as (home, away):
        async with claimed_while_a_handler_runs(home, away) as (browser, owned, claim, _, going):
            owned.give_up(browser.session, claim.claimant)
            going.set()

        await browser.post('42["echo",1]')
        await asyncio.wait_for(browser.poll(), 5)
        assert browser.heard() == [["echo", 1]]


async def test_a_claim_that_is_given_up_takes_nothing_from_the_next_one():
    async with two() as (home, away):
        async with claimed_while_a_handler_runs(home, away) as (browser, owned, claim, asked, going):
            owned.give_up(browser.session, claim.claimant)
            following = claims.Claim(claim.sid, claims.Claimant("1", 8), claim.format)
            assert isinstance(await owned.answer(following), claims.Watch)
            await asyncio.wait([asked], timeout=5)
            going.set()

        assert await owned.answer(following) == claims.Ready()
        owned.give_up(browser.session, following.claimant)


async def test_a_word_of_another_release_is_told_in_one_line_and_changes_nothing(caplog):
    async with two() as (home, away):
        await Browser(home, away).connect()
        for word in (b"\xc1", claims.encode(claims.Noted(b"\xc1"))):
            away.backplane.publish("crossing:0", word)

        await eventually(lambda: len(caplog.records) == 2)
        assert [(each.levelname, each.exc_info) for each in caplog.records] == [("WARNING", None)] * 2
        assert len(home) == 1


async def test_a_session_that_nobody_can_write_down_goes_on_polling():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        [client] = home.namespace("/").clients()
        client.state = object()

        await browser.upgrade()
        await browser.post('42["echo",1]')
        await browser.poll()

        assert browser.socket.closed[0] == 1002
        assert browser.heard() == [["echo", 1]]


async def test_a_session_goes_on_polling_when_the_other_instance_writes_sessions_otherwise():
    """Another release, or other namespaces."""
    async with two() as (home, away):
        home.namespace("/new")
        browser = await Browser(home, away).connect()

        await browser.upgrade()
        await browser.post('42["echo",1]')
        await browser.poll()

        assert browser.socket.closed[0] == 1002
        assert browser.heard() == [["echo", 1]]


async def test_a_websocket_for_a_session_that_is_nowhere_is_closed_and_one_whose_owner_is_not_named_is_refused():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        browser.session = "0.nobody"
        await browser.probe()
        assert browser.socket.closed[0] == 1002

        for unknown in ("nobody", "1.nobody"):
            browser.session = unknown
            with pytest.raises(Refusal):
                browser.open_socket()


async def test_so_many_websockets_ask_at_a_time_and_no_more_wherever_their_ids_say_that_they_poll():
    """Whoever connects may make up an owner; one that has its session, or has given up, makes room."""
    with patch.object(neighbours_end, "_MOST_CLAIMS", 2):
        async with two() as (home, away):
            real = await Browser(home, away).connect()
            await real.probe()
            made_up = [Browser(home, away) for _ in range(3)]
            for browser in made_up:
                browser.session = "made up.nobody"
            made_up[0].open_socket()
            with pytest.raises(Refusal):
                made_up[1].open_socket()

            real.send("5")
            await eventually(lambda: len(away))
            made_up[1].open_socket()
            with pytest.raises(Refusal):
                made_up[2].open_socket()

            made_up[0].socket.driver.lost("transport close")
            made_up[2].open_socket()


async def test_one_address_keeps_nobody_else_from_upgrading_whatever_ids_it_makes_up():
    """Row 2: its own oldest one that no instance has answered gives way."""
    with patch.object(neighbours_end, "_MOST_CLAIMS", 3):
        async with two() as (home, away):
            made_up = [Browser(home, away) for _ in range(3)]
            for number, browser in enumerate(made_up):
                browser.session = f"made up.{number}"
                browser.open_socket(f"203.0.113.9:{4000 + number}")
            real = await Browser(home, away).connect()
            real.open_socket("198.51.100.7:5000")
            real.send("2probe")
            await eventually(lambda: real.socket.got == ["3probe"])
            real.send("5")
            await eventually(lambda: len(away))

            assert [each.socket.closed for each in made_up] == [
                (1013, "too many upgrades from this address"),
                None,
                None,
            ]
            assert real.socket.closed is None


async def test_two_websockets_for_one_session_get_it_once():
    async with two() as (home, away):
        one = await Browser(home, away).connect()
        other = Browser(home, away)
        other.session = one.session
        await one.probe()
        await other.probe()
        one.send("5")

        await eventually(lambda: len(away))
        assert other.socket.closed[0] == 1002
        assert one.socket.closed is None


async def test_messages_out_of_turn_close_the_websocket_and_not_the_session():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        browser.open_socket()
        browser.send("5")

        assert browser.socket.closed[0] == 1002
        await browser.post('42["echo",1]')
        await browser.poll()
        assert browser.heard() == [["echo", 1]]


async def test_an_upgrade_that_is_not_finished_in_time_is_given_up_on_both_sides():
    async with two(upgrade_timeout=0.7) as (home, away):
        browser = await Browser(home, away).connect()
        await browser.probe()
        await browser.post('42["echo",1]')

        await eventually(lambda: browser.socket.closed)
        while not browser.heard():
            await browser.poll()
        assert browser.heard() == [["echo", 1]]
