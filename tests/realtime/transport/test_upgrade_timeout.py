"""Row 2: a WebSocket that asks to take over a session that polls, and then lets it wait."""

import asyncio

import pytest

from chorus.realtime import EngineOptions, Server
from parts.polling import Poller
from parts.websocket import TARGET, Closed, RawClient, serving


@pytest.mark.parametrize("says", [[], ["2probe"]], ids=["nothing", "a probe alone"])
async def test_a_websocket_that_does_not_upgrade_in_time_is_closed_and_its_session_polls_on(says):
    server = Server(options=EngineOptions(upgrade_timeout=1.0))
    server.namespace("/").on("echo")(lambda client, *args: client.emit("echo", *args))
    async with serving(server) as port, Poller(f"http://127.0.0.1:{port}") as poller, asyncio.timeout(20):
        await poller.connect()
        client = (await RawClient.ask(port, f"{TARGET}&sid={poller.sid}")).client
        for message in says:
            client.send(message)
            assert await client.receive() == "3probe"

        with pytest.raises(Closed) as closed:
            await client.receive()
        assert (closed.value.code, closed.value.reason) == (1002, "no upgrade in time")
        poll = await poller.start_polling()
        await poller.post('42["echo",1]')
        assert (await poll).text == '42["echo",1]'
