"""Handing connections from one worker to another, with an application that is as simple as can be."""

import asyncio
import contextlib
import gc
import os
import resource
import socket
import time
from types import SimpleNamespace

import pytest

from chorus.cluster.handover.messages import Bequeath, Count, Counted, Declined, Gave, Give, Offer, Reader, encode
from chorus.cluster.worker.handover import HandOverSocket
from chorus.cluster.worker.patience import Patience
from waiting import eventually


def patience(seconds):
    return Patience(time.monotonic, step=seconds, most=seconds)


class Line:
    """A connection."""

    def __init__(self, sock, word):
        self.sock, self.word = sock, word
        self.moves = True


class Application:
    """Carries lines; `refuses` says why it takes none."""

    def __init__(self, connections, style="lines 1"):
        self.format = style
        self.connections = connections
        self.refuses = ""
        self.notes: list[bytes] = []
        self.closed: list[str] = []
        self.forward = self.back = None

    async def announce(self):
        return b"news"

    async def expect(self, news):
        assert news == b"news"

    def carries(self, protocol):
        return isinstance(protocol, Line)

    async def pack(self, line, *, within):
        return Leaving(self, line) if line.moves else None

    async def take(self, sock, state, server_state, back):
        if self.refuses:
            sock.close()
            raise ValueError(self.refuses)
        self.back = back
        server_state.connections.add(Line(sock, state.decode()))

    def noted(self, data):
        self.notes.append(data)

    def drain(self):
        """Nothing holds requests open."""

    async def finish(self):
        """Nothing is owed."""


class Leaving:
    def __init__(self, application, line):
        self.application, self.line = application, line
        self.state = line.word.encode()

    def fileno(self):
        return self.line.sock.fileno()

    def taken(self, forward):
        self.application.forward = forward
        self.application.connections.discard(self.line)
        self.line.sock.close()

    def refused(self, reason):
        self.application.closed.append(reason)
        self.application.connections.discard(self.line)
        self.line.sock.close()


class Worker:
    def __init__(self, folder, name, style="lines 1"):
        self.connections: set = set()
        self.application = Application(self.connections, style)
        self.path = str(folder / f"{name}.hand")
        self.socket = HandOverSocket(
            self.path, self.application, SimpleNamespace(connections=self.connections), http=asyncio.Protocol
        )
        self.socket.start()

    def line(self, word="hello"):
        """A connection it has; its peer."""
        here, peer = socket.socketpair()
        self.connections.add(Line(here, word))
        return peer

    async def ask(self, message):
        reader, writer = await asyncio.open_unix_connection(self.path)
        writer.write(encode(message))
        messages, heard = Reader(), []
        while not heard:
            heard = messages.feed(await asyncio.wait_for(reader.read(1000), 10))
        writer.close()
        return heard[0]

    async def tell(self, message):
        _, writer = await asyncio.open_unix_connection(self.path)
        writer.write(encode(message))
        await writer.drain()
        writer.close()


@pytest.fixture
def workers(home):
    """Makes workers in one folder, and ends them."""
    made = []

    def make(name, **options):
        made.append(Worker(home, name, **options))
        return made[-1]

    yield make
    for worker in made:
        worker.socket.close()
        for line in filter(worker.application.carries, worker.connections):
            line.sock.close()


async def test_what_a_worker_that_ends_has_goes_to_its_heirs_evenly(workers):
    """And is the same connection: what the peer sends arrives there."""
    old, one, two = workers("old"), workers("one"), workers("two")
    peers = [old.line(f"{number}") for number in range(10)]
    peers += [one.line("there already") for _ in range(2)]
    await old.tell(Bequeath(["one", "two"]))

    await old.socket.bequeath(patience(10))

    assert (len(old.connections), len(one.connections), len(two.connections)) == (0, 6, 6)
    peers[0].send(b"still there?")
    [line] = [each for each in (*one.connections, *two.connections) if each.word == "0"]
    assert line.sock.recv(100) == b"still there?"
    for peer in peers:
        peer.close()


async def test_a_worker_that_was_told_no_heirs_gives_nothing(workers):
    old = workers("old")
    with old.line():
        await old.socket.bequeath(patience(10))

        assert len(old.connections) == 1


async def test_who_writes_otherwise_is_not_given_anything(workers, caplog):
    old, new = workers("old"), workers("new", style="lines 2")
    with old.line():
        await old.tell(Bequeath(["new"]))
        await old.socket.bequeath(patience(10))

        assert (len(old.connections), len(new.connections)) == (1, 0)
    assert "found 'lines 1', expected 'lines 2'" in caplog.text


@pytest.mark.parametrize("heir", ["nobody", "../elsewhere"])
async def test_an_heir_that_is_not_there_does_not_keep_the_others_from_theirs(workers, heir):
    old, new = workers("old"), workers("new")
    with old.line():
        await old.tell(Bequeath([heir, "new"]))
        await old.socket.bequeath(patience(10))

        assert (len(old.connections), len(new.connections)) == (0, 1)


async def test_what_is_refused_is_closed_by_the_one_that_had_it(workers):
    old, new = workers("old"), workers("new")
    new.application.refuses = "no room"
    before = len(os.listdir("/proc/self/fd"))
    with old.line():
        await old.tell(Bequeath(["new"]))
        await old.socket.bequeath(patience(10))

        assert old.application.closed == ["no room"]
        assert (len(old.connections), len(new.connections)) == (0, 0)
    await eventually(lambda: len(os.listdir("/proc/self/fd")) <= before + 2, what="no descriptor to be left")


async def test_one_that_does_not_come_to_rest_stays_when_no_other_moves_any_more(workers):
    old, new = workers("old"), workers("new")
    with old.line() as stays, old.line() as goes:
        next(iter(old.connections)).moves = False
        await old.tell(Bequeath(["new"]))
        await asyncio.wait_for(old.socket.bequeath(patience(60)), 20)

        assert (len(old.connections), len(new.connections)) == (1, 1)
        assert stays.fileno() != goes.fileno()


async def test_one_whose_client_is_slow_is_tried_again_as_long_as_others_move(workers):
    """A crowd on one busy machine answers its pings late; that is no reason to close it."""
    old, new = workers("old"), workers("new")
    with old.line("slow"), old.line("quick"):
        [slow] = [each for each in old.connections if each.word == "slow"]
        slow.moves = False
        pack, tries = old.application.pack, []

        async def slowly(line, *, within):
            departure = await pack(line, within=within)
            tries.append(line.word)
            slow.moves = "slow" in tries
            return departure

        old.application.pack = slowly
        await old.tell(Bequeath(["new"]))
        await old.socket.bequeath(patience(60))

    assert (tries.count("slow"), tries.count("quick")) == (2, 1)
    assert (len(old.connections), len(new.connections)) == (0, 2)


async def test_an_application_that_fails_with_one_connection_hands_the_others_over(workers, caplog):
    old, new = workers("old"), workers("new")
    with old.line("bad"), old.line("good"):
        pack = old.application.pack

        async def failing(line, *, within):
            if line.word == "bad":
                raise RuntimeError("what is this?")
            return await pack(line, within=within)

        old.application.pack = failing
        await old.tell(Bequeath(["new"]))
        await asyncio.wait_for(old.socket.bequeath(patience(60)), 20)

        assert ([each.word for each in old.connections], [each.word for each in new.connections]) == (["bad"], ["good"])
        assert await old.ask(Give("new", 1)) == Gave(0, "1 could not be moved")
    assert "what is this?" in caplog.text


@pytest.mark.parametrize(("step", "moved"), [("announce", 0), ("finish", 1)])
async def test_an_application_that_fails_before_or_after_does_not_end_the_drain(workers, caplog, step, moved):
    old, new = workers("old"), workers("new")
    with old.line():

        async def failing():
            raise RuntimeError("what is this?")

        setattr(old.application, step, failing)
        await old.tell(Bequeath(["new"]))
        await asyncio.wait_for(old.socket.bequeath(patience(60)), 20)

        assert len(new.connections) == moved
    assert "what is this?" in caplog.text


async def test_notes_go_both_ways(workers):
    old, new = workers("old"), workers("new")
    with old.line():
        await old.tell(Bequeath(["new"]))
        await old.socket.bequeath(patience(10))

        old.application.forward(b"from there")
        new.application.back(b"from here")

        await eventually(lambda: (new.application.notes, old.application.notes) == ([b"from there"], [b"from here"]))


async def test_the_manager_may_count_and_move_some(workers):
    one, two = workers("one"), workers("two")
    with contextlib.ExitStack() as peers:
        for number in range(5):
            peers.enter_context(one.line(f"{number}"))
        one.connections.add("a request")

        assert await one.ask(Count()) == Counted(6, 5)
        assert await one.ask(Give("two", 2)) == Gave(2)
        assert await two.ask(Count()) == Counted(2, 2)
        assert (await one.ask(Give("nobody", 2))).count == 0


async def test_a_worker_that_ends_while_it_moves_some_gives_each_connection_once(workers, monkeypatch):
    old, one = workers("old"), workers("one")
    peers = [old.line(f"{number}") for number in range(4)]
    pack, packed, all_rest = Application.pack, [], asyncio.Event()

    async def slowly(self, line, *, within):
        packed.append(line.word)
        await all_rest.wait()
        return await pack(self, line, within=within)

    monkeypatch.setattr(Application, "pack", slowly)
    await old.tell(Bequeath(["one"]))
    moving = asyncio.create_task(old.ask(Give("one", 2)))
    await eventually(lambda: len(packed) == 2, what="the first two to be on their way")
    ending = asyncio.create_task(old.socket.bequeath(patience(10)))
    await asyncio.sleep(0)
    all_rest.set()
    gave, _ = await asyncio.gather(moving, ending)

    assert gave == Gave(2)
    assert sorted(packed) == sorted(line.word for line in one.connections) == ["0", "1", "2", "3"]
    assert len(peers) == 4


async def test_a_worker_that_ends_takes_nothing(workers):
    going = workers("going")
    await going.socket.bequeath(patience(1))

    assert await going.ask(Offer("lines 1", b"news")) == Declined("it is ending, too")


async def test_who_wants_to_speak_when_descriptors_are_used_up_is_heard_later_and_costs_no_processor(
    workers, monkeypatch
):
    """The loop would spin on the connection that waits: it is tried a few times a second, and heard in the end."""
    tries = []
    accept = HandOverSocket._accept

    def counted(self):
        tries.append(time.monotonic())
        return accept(self)

    monkeypatch.setattr(HandOverSocket, "_accept", counted)
    one = workers("one")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    gc.collect()  # what other tests left would close its descriptors later, and leave one to be accepted with
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        highest = max(int(name) for name in os.listdir("/proc/self/fd"))
        held = [os.dup(0) for _ in range(highest)]  # every gap below
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(held) + 1, before[1]))
            client.connect(one.path)
            await eventually(lambda: len(tries) >= 3, what="it to have been tried three times")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            for descriptor in held:
                os.close(descriptor)
        await asyncio.get_running_loop().sock_sendall(client, encode(Count()))

        messages = Reader()
        assert messages.feed(await asyncio.get_running_loop().sock_recv(client, 1000)) == [Counted(0, 0)]
        assert tries[2] - tries[0] >= 0.3


async def test_the_socket_is_the_owners_alone(workers):
    assert os.stat(workers("one").path).st_mode & 0o777 == 0o600
