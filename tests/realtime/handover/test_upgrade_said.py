"""Row 7: what becomes of a session once its client has said UPGRADE, and polls no more."""

import asyncio
from unittest.mock import patch

import pytest

from chorus.realtime.errors import NotMovable
from chorus.realtime.handover import owner as owners_end
from parts.upgrading import Browser, carried, looks, two
from waiting import eventually


async def test_a_session_whose_owner_is_gone_when_the_client_says_upgrade_is_over():
    """It polls no more, so it is told by a closed WebSocket, and connects anew."""
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        await browser.probe()
        await home.close()
        browser.send("5")

        await eventually(lambda: browser.socket.closed)
        assert browser.socket.closed[0] == 1011


async def test_a_session_that_was_sent_off_and_never_arrived_is_over_and_its_handlers_are_told():
    """The bus goes down between the question and its answer."""
    async with two(upgrade_timeout=1.5) as (home, away):
        browser = await Browser(home, away).connect()
        await browser.probe()
        bus = home.backplane._bus
        with patch.object(owners_end, "_UNSURE", 0.05):
            pack = home._neighbours._owned._pack

            def packed(claimed):
                state = pack(claimed)
                bus.go_down()
                return state

            with patch.object(home._neighbours._owned, "_pack", packed):
                browser.send("5")
                await eventually(lambda: browser.socket.closed and home.told)

        assert browser.socket.closed[0] == 1011
        assert (home.told, away.told, len(home), len(away)) == (["transport error"], [], 0, 0)
        bus.come_up()


async def test_a_session_whose_application_is_not_ready_when_the_client_says_upgrade_is_waited_for():
    async with two() as (home, away):
        ready = carried(home, away, lambda client: "bag")
        browser = await Browser(home, away).connect()
        await browser.probe()
        ready.clear()
        with looks(home) as looked:
            browser.send("5")
            await eventually(lambda: len(looked) >= 3, what="the owner to look whether the application is ready")
        assert (len(home), len(away)) == (1, 0)
        ready.set()

        await eventually(lambda: len(away))
        browser.send('42["echo",1]')
        await eventually(lambda: browser.heard() == [["echo", 1]])


@pytest.mark.parametrize("refusal", [NotMovable("not now", later=True), RuntimeError("what is this?")])
async def test_a_session_that_its_application_refuses_after_the_upgrade_is_over_at_once(refusal):
    """Its client polls no more: it is told by a closed WebSocket, and the handlers need not wait for a ping."""

    def pack(client):
        raise refusal

    async with two() as (home, away):
        carried(home, away, pack)
        browser = await Browser(home, away).connect()

        await browser.upgrade()

        await eventually(lambda: home.told)
        assert browser.socket.closed[0] == 1011
        assert (home.told, len(home), len(away)) == (["transport error"], 0, 0)


async def test_a_session_whose_application_never_gets_ready_after_the_upgrade_is_over_soon():
    with patch.object(owners_end, "_LEAVES_WITHIN", 0.05):
        async with two() as (home, away):
            ready = carried(home, away, lambda client: "bag")
            browser = await Browser(home, away).connect()
            await browser.probe()
            ready.clear()
            browser.send("5")

            await eventually(lambda: browser.socket.closed and home.told)
            assert browser.socket.closed[0] == 1011
            assert (home.told, len(home), len(away)) == (["transport error"], 0, 0)


async def test_a_client_that_leaves_while_its_session_moves_has_left_and_handlers_are_told_once():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        await browser.probe()
        browser.send("5")
        browser.socket.driver.lost("transport close")

        await eventually(lambda: away.told)
        assert (home.told, away.told, len(home), len(away)) == ([], ["transport close"], 0, 0)


async def test_what_a_task_of_the_old_instance_sends_and_asks_goes_on_through_the_new_one():
    async with two() as (home, away):
        browser = await Browser(home, away).connect()
        [client] = home.namespace("/").clients()
        question = asyncio.create_task(client.call("how are you?", timeout=5))
        await asyncio.sleep(0)
        await browser.upgrade()
        client.emit("late")
        browser.send('430["well"]')

        await eventually(lambda: len(browser.heard()) == 1)
        assert await question == "well"
        assert browser.heard() == [["late"]]
