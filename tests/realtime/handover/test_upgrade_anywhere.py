"""Row 7: a session polls at one instance, and its WebSocket reaches another: the session moves there."""

import asyncio
import contextlib
import json
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime import EngineOptions, MemoryBackplane, Server
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.engineio.packets import decode_payload, encode
from chorus.realtime.errors import NotMovable
from chorus.realtime.handover import claims, pace
from chorus.realtime.handover import neighbours as neighbours_end
from chorus.realtime.handover import owner as owners_end
from chorus.realtime.transport.contract import Refusal
from chorus.realtime.transport.frames import split
from chorus.realtime.transport.request import Request
from waiting import eventually

HEADERS = b"Host: here"


class Socket:
    """A WebSocket as its driver sees it; what is sent to it is in `got`."""

    upgrades = ()

    def __init__(self):
        self.got, self.closed, self.reading = [], None, True

    def write(self, data, /):
        self.got += split(data)

    greet = write

    def waiting(self):
        return 0

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def close(self, code, reason):
        self.closed = code, reason

    def abort(self):
        self.closed = 1006, ""

    def drive(self, driver):
        self.driver = driver


class Browser:
    """A client that polls at one instance and upgrades at another; `got` is all it received, by either way."""

    def __init__(self, home, away):
        self.home, self.away = home, away
        self.wire, _ = home.open_polling(Request("GET", "/socket.io/?EIO=4&transport=polling", HEADERS))
        self.got, self.socket = [], Socket()

    async def poll(self):
        await asyncio.sleep(0)  # a request takes its time
        answer = await self.wire.poll()
        self.got += [encode(packet) for packet in decode_payload(answer.body.decode(), max_packets=1000)]

    async def post(self, *packets):
        return await self.wire.post("\x1e".join(packets).encode())

    async def connect(self):
        await self.poll()
        self.session = json.loads(self.got.pop()[1:])["sid"]
        await self.post("40")
        await self.poll()
        self.sid = json.loads(self.got.pop()[2:])["sid"]
        return self

    def open_socket(self, remote=""):
        target = f"/socket.io/?EIO=4&transport=websocket&sid={self.session}"
        self.socket.drive(self.away.admit(Request("GET", target, HEADERS, remote)))
        self.socket.driver.opened(self.socket)

    def send(self, message):
        self.socket.driver.received(message)

    async def probe(self):
        self.open_socket()
        self.send("2probe")
        await eventually(lambda: self.socket.got == ["3probe"] or self.socket.closed, what="an answer to the probe")

    async def upgrade(self):
        await self.probe()
        self.send("5")
        await eventually(lambda: len(self.away) or self.socket.closed, what="the session")

    def heard(self):
        """Events, in the order in which they came."""
        events = [packet for packet in (*self.got, *self.socket.got) if packet.startswith("42[")]
        return [json.loads(event[2:]) for event in events]


def server(bus, instance, **options):
    made = Server(instance=instance, backplane=MemoryBackplane(bus), options=EngineOptions(**options))
    chat = made.namespace("/")
    made.told = []
    chat.on_connect(lambda client, auth: client.join("a"))
    chat.on_disconnect(lambda client, reason: made.told.append(reason))
    chat.on("echo")(lambda client, value: client.emit("echo", value))
    chat.on("who")(lambda client: client.emit("who", client.sid, sorted(client.rooms), client.state, instance))
    return made


@contextlib.asynccontextmanager
async def two(**options):
    bus = Bus()
    servers = [server(bus, instance, **options) for instance in "01"]
    for each in servers:
        await each.start()
    try:
        with patch.object(pace, "HEARS_WITHIN", 0.01), patch.object(pace, "SETTLE", 0.002):
            yield servers
    finally:
        for each in servers:
            await each.close()


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
        await asyncio.wait_for(polling, 5)
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


@contextlib.contextmanager
def looks(instance):
    """Gets an entry whenever this instance looked whether a session may leave, and it may not yet."""
    owned, looked = instance._neighbours._owned, []
    pause = owned._pause

    async def note(claimed, seconds):
        if seconds == pace.LOOK:
            looked.append(claimed)
        await pause(claimed, seconds)

    with patch.object(owned, "_pause", note):
        yield looked


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
    assert isinstance(await asyncio.wait_for(asked, 5), claims.Refused)


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
    async with two(upgrade_timeout=0.1) as (home, away):
        browser = await Browser(home, away).connect()
        await browser.probe()
        await browser.post('42["echo",1]')

        await eventually(lambda: browser.socket.closed)
        while not browser.heard():
            await browser.poll()
        assert browser.heard() == [["echo", 1]]


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
    async with two(upgrade_timeout=0.2) as (home, away):
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


def carried(home, away, pack):
    """Have the application give something along; whether it is ready to."""
    ready = asyncio.Event()
    ready.set()
    for each in (home, away):
        each.namespace("/").carry("bag 1", pack=pack, unpack=lambda client, bag: None, ready=lambda _: ready.is_set())
    return ready


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
