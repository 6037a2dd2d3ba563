"""Long polling through the ASGI application, on one instance and on two."""

import asyncio
import contextlib

import pytest

from chorus.realtime import EngineOptions, MemoryBackplane, OutboxLimits, Server
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.server.carrier import UNKNOWN_SID, Kind
from chorus.realtime.transport.polling import BAD_REQUEST, Answer
from chorus.realtime.transport.request import Request
from parts.polling import Poller
from parts.websocket import RawClient, serving
from parts.wire import clocked_server
from waiting import eventually


def made(**options):
    """A server whose "/" echoes."""
    instance, backplane = options.pop("instance", "0"), options.pop("backplane", None)
    allowed_origins = options.pop("allowed_origins", None)
    server = Server(
        instance=instance, backplane=backplane, options=EngineOptions(**options), allowed_origins=allowed_origins
    )
    server.namespace("/").on("echo")(lambda client, *args: client.emit("echo", *args))
    return server


@contextlib.asynccontextmanager
async def polling(*servers):
    """A client whose requests go to one server after the other."""
    async with contextlib.AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(serving(server)) for server in servers]
        poller = await stack.enter_async_context(Poller(*(f"http://127.0.0.1:{port}" for port in ports)))
        yield poller
        for server in servers:
            await server.close()


async def test_a_client_is_served_by_polling():
    """Row 1: what a tick emits comes together."""
    async with polling(made()) as poller:
        await poller.connect()
        await poller.post('42["echo","é",1]', '451-["echo",{"_placeholder":true,"num":0}]', "bAQ==")

        assert await poller.poll() == ('42["echo","é",1]\x1e451-["echo",{"_placeholder":true,"num":0}]\x1ebAQ==')


async def test_a_client_that_leaves_its_poll_ends_its_session():
    """Row 2: a half-open session ends; nobody else's does."""
    server, gone = made(), []
    server.namespace("/").on_disconnect(lambda client, reason: gone.append(reason))
    async with polling(server) as poller:
        await poller.connect()
        poll = await poller.start_polling()
        await eventually(lambda: next(iter(server._polls.values()))._polling.polled)
        poll.cancel()

        await eventually(lambda: gone == ["transport error"])
        assert len(server) == 0


async def test_a_client_that_does_not_poll_is_cut_off_when_too_much_waits():
    """Row 2: the bound of a session that polls."""
    server, gone = made(outbox=OutboxLimits(high_mark=1_000, bound=10_000)), []
    server.namespace("/").on_disconnect(lambda client, reason: gone.append(reason))
    async with polling(server) as poller:
        await poller.connect()
        for _ in range(20):
            server.namespace("/").emit("news", "x" * 1_000)

        await eventually(lambda: gone and gone[0].startswith("slow consumer"))
        assert (await poller.request()).status_code == 400


async def test_a_poll_fetches_at_most_a_payload_and_the_next_one_the_rest():
    """Row 1: in order."""
    server = made(max_payload=10_000)
    async with polling(server) as poller:
        await poller.connect()
        for number in range(20):
            next(iter(server.namespace("/").clients())).emit("news", number, "x" * 1_000)

        heard = []
        while len(heard) < 20:
            answer = await poller.poll()
            assert len(answer) <= 10_000
            heard += answer.split("\x1e")
        assert [message[:12] for message in heard] == [f'42["news",{number},"'[:12] for number in range(20)]


async def test_a_post_waits_while_the_handler_is_busy_and_then_all_of_it_is_handled():
    """Row 4: ordered dispatch; a flood costs its sender."""
    server, gate, handled = made(max_queued_events=4), asyncio.Event(), []

    @server.namespace("/").on("say")
    async def say(client, number):
        await gate.wait()
        handled.append(number)

    async with polling(server) as poller:
        await poller.connect()
        post = asyncio.create_task(poller.post(*(f'42["say",{number}]' for number in range(500))))
        done, _ = await asyncio.wait((post,), timeout=0.2)
        assert not done

        gate.set()
        await post
        await eventually(lambda: handled == list(range(500)))


async def test_who_asks_after_its_time_is_refused_however_late_the_servers_timer_is():
    """Row 1: exactly after pingInterval and pingTimeout; on a clock that stands, where no timer runs."""
    server, clock = clocked_server(ping_interval=25.0, ping_timeout=20.0)
    wires = [server.open_polling(Request("GET", "/socket.io/?EIO=4&transport=polling", b""))[0] for _ in range(2)]
    for wire in wires:
        await wire.poll()  # OPEN
    clock.now += 25.0
    for wire in wires:
        assert await wire.poll() == Answer(200, b"2")

    clock.now += 19.9
    asking = asyncio.ensure_future(wires[0].poll())
    await asyncio.sleep(0)
    assert not asking.done()
    clock.now += 0.1
    late = await wires[1].poll()

    assert late == BAD_REQUEST
    asking.cancel()


async def test_closing_the_server_ends_polls():
    """Row 1: with a CLOSE packet; later requests are refused."""
    server = made()
    async with polling(server) as poller:
        await poller.connect()
        poll = asyncio.create_task(poller.poll())
        await eventually(lambda: next(iter(server._polls.values()))._polling.polled)

        await server.close()

        assert await poll == "1"
        assert (await poller.request()).status_code == 400
        poller.sid = None
        assert (await poller.request()).status_code == 503


async def test_polls_do_not_hold_up_the_web_servers_end():
    """Row 1: uvicorn waits for open requests; a poll is told CLOSE, and its client goes elsewhere."""
    server = made()
    async with Poller("http://127.0.0.1:0") as poller:
        async with serving(server) as port:
            poller._urls = (f"http://127.0.0.1:{port}",)
            websocket = await RawClient.connect(port)
            await poller.connect()
            poll = asyncio.create_task(poller.poll())
            await eventually(lambda: next(iter(server._polls.values()))._polling.polled)

        assert await poll == "1"
        assert (await websocket.closed()).code == 1012
        await server.close()


async def test_nothing_of_a_session_stays_behind():
    """Row 16: neither of one that polled nor of one that was upgraded."""
    server = made()
    async with serving(server) as port, Poller(f"http://127.0.0.1:{port}") as poller:
        await poller.connect()
        client = (await RawClient.ask(port, f"/socket.io/?EIO=4&transport=websocket&sid={poller.sid}")).client
        client.send("2probe")
        await client.receive()
        client.send("5")
        client.send('42["echo"]')
        assert await client.receive() == '42["echo"]'
        client.close()

        await eventually(lambda: len(server) == 0)
        assert server._polls == {}


# Origins


@pytest.mark.parametrize(
    ("origins", "origin", "status", "allowed", "credentials"),
    [
        ("https://a.example", "https://a.example", 200, "https://a.example", "true"),
        ("https://a.example", "https://b.example", 403, None, None),
        ("https://a.example", None, 200, None, None),
        ("*", "https://b.example", 200, "*", None),
    ],
)
async def test_an_allowed_origin_may_read_with_cookies_and_a_foreign_one_may_nothing(
    origins, origin, status, allowed, credentials
):
    """Row 2: CORS as configured. Where all are allowed, no page may with cookies."""
    async with polling(made(allowed_origins=[origins])) as poller:
        headers = {"Origin": origin} if origin else {}

        answer = await poller.request(headers=headers)
        ask = await poller.request("OPTIONS", headers=headers)

        assert answer.status_code == status
        assert answer.headers["cache-control"] == "no-store"
        assert ask.headers.get("access-control-allow-methods") == ("GET, POST" if allowed else None)
        for each in (answer, ask):
            assert each.headers.get("access-control-allow-origin") == allowed
            assert each.headers.get("access-control-allow-credentials") == credentials
            assert each.headers.get("vary") == ("Origin" if credentials else None)


# Two instances


@pytest.fixture
def pair():
    bus = Bus()
    return [made(instance=str(number), backplane=MemoryBackplane(bus)) for number in range(2)]


async def test_polls_and_posts_reach_their_session_on_whichever_instance(pair):
    """Row 7: each request goes to the other instance than the one before."""
    async with polling(*pair) as poller:
        await poller.connect()

        for number in range(5):
            await poller.post(f'42["echo",{number}]')
            assert await poller.poll() == f'42["echo",{number}]'
        assert sorted(map(len, pair)) == [0, 1]


async def test_a_poll_waits_at_the_other_instance(pair):
    """Row 7: until there is something to say."""
    async with polling(*pair) as poller:
        await poller.connect()
        owner = pair[int(poller.sid[0])]
        poll = asyncio.create_task(poller.poll())
        await eventually(lambda: next(iter(owner._polls.values()))._polling.polled)

        owner.namespace("/").emit("news")

        assert await poll == '42["news"]'


async def test_a_session_of_an_instance_that_is_gone_is_unknown_soon(pair):
    """Row 7: so that its client opens a new one."""
    async with polling(*pair) as poller:
        poller.sid = "9.AAAAAAAAAAAAAAAAAAAAAA"

        async with asyncio.timeout(4):
            answer = await poller.request()

        assert answer.json() == {"code": 1, "message": "Session ID unknown"}


async def test_errors_are_carried_too(pair):
    """Row 7: an invalid packet, a body that is too large."""
    async with polling(*pair) as poller:
        for body, status in (("abc", 400), ("4" + "x" * 1_000_000, 413)):
            poller.sid = None
            await poller.open()
            assert (await poller.request("POST", body)).status_code == status
            for _ in pair:
                assert (await poller.request()).status_code == 400


# An instance that goes


async def test_a_poll_that_waits_at_an_instance_that_goes_is_answered_and_its_session_goes_on(pair):
    """Row 7: a reload of the worker that brings a poll is none of the session's."""
    async with polling(*pair) as poller:
        await poller.connect()
        owner = pair[int(poller.sid[0])]
        other = pair[1 - int(poller.sid[0])]
        poll = asyncio.create_task(poller.poll())
        await eventually(lambda: next(iter(owner._polls.values()))._polling.polled)

        other.drain()

        assert await poll == "6"
        await poller.request("OPTIONS")  # so that the next request meets it again
        assert await poller.poll() == "6"  # it brings none any more
        owner.namespace("/").emit("news")
        assert await poller.poll() == '42["news"]'


async def test_a_session_of_an_instance_that_goes_is_told_by_its_next_poll(pair):
    """Row 7: and not that nobody knows it; wherever that poll comes, and though another one ended before."""
    async with polling(*pair) as poller:
        await poller.connect()
        await poller.post("1")
        poller.sid = None
        await poller.connect()
        owner = pair[int(poller.sid[0])]

        owner.drain()
        closing = asyncio.create_task(owner.close())

        assert [await poller.poll(), len(owner)] == ["1", 0]
        await closing


async def test_a_session_that_polls_no_more_holds_up_nobody_for_long(pair):
    async with polling(*pair) as poller:
        await poller.connect()
        owner = pair[int(poller.sid[0])]

        owner.drain()
        async with asyncio.timeout(15):
            await owner.close()

        assert len(owner) == 0


async def test_a_session_of_an_instance_that_said_that_it_ends_is_unknown_at_once(pair):
    """Row 7: nobody waits for an answer of a process that is gone."""
    async with polling(*pair) as poller:
        await poller.connect()
        owner, other = pair[int(poller.sid[0])], pair[1 - int(poller.sid[0])]
        await eventually(lambda: owner.instance in other._peers.names())
        await owner.close()
        await eventually(lambda: other._peers.is_gone(owner.instance))
        began = asyncio.get_running_loop().time()
        answer = await other._carrier.bring(poller.sid, Kind.POLL)

        assert answer == UNKNOWN_SID
        assert asyncio.get_running_loop().time() - began < 1  # a question would take two


async def test_a_handler_sees_what_carries_its_client():
    """Row 4: before and after an upgrade."""
    server = made()
    server.namespace("/").on("how")(lambda client: client.transport)
    async with polling(server) as poller:
        await poller.connect()
        await poller.post('421["how"]')
        assert await poller.poll() == '431["polling"]'

        port = poller._urls[0].rpartition(":")[2]
        upgraded = (await RawClient.ask(int(port), f"/socket.io/?EIO=4&transport=websocket&sid={poller.sid}")).client
        upgraded.send("2probe")
        assert await upgraded.receive() == "3probe"
        upgraded.send("5")
        upgraded.send('422["how"]')
        assert await upgraded.receive() == '432["websocket"]'
        upgraded.close()


async def test_a_client_that_polls_is_told_that_its_session_ends():
    """Row 4: `close`; its poll has the DISCONNECT, later requests are refused."""
    server = made()
    server.namespace("/").on("leave")(lambda client: client.disconnect(close=True))
    async with polling(server) as poller:
        await poller.connect()
        waiting = await poller.start_polling()
        await poller.post('42["leave"]')

        assert (await waiting).text == "41"
        assert (await poller.request()).status_code == 400
