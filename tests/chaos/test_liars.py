"""Row 18: the clients of a chaos run against a chat that breaks one promise, once; the certificate says which."""

import asyncio
import uuid
from pathlib import Path

import msgspec
import pytest

from chorus.chaos.client import Client
from chorus.chaos.crowd import Crowd
from chorus.chaos.journal import Journal, View, digest
from chorus.chaos.messages import Begin, Person, Settle
from chorus.chaos.verdict import Fault, Record, judge
from chorus.realtime import ConnectRefused, EventRefused, Server
from parts.websocket import serving
from waiting import PATIENCE, eventually

CHANNEL = 3
KINDS = {"message.send": "posted", "message.edit": "edited", "message.react": "reacted"}

AT = 4
"""The entry about which it lies."""


class Liar:
    """A chat of one channel. `log` is what its database holds; whoever comes back gets what follows their cursor."""

    def __init__(self, lie: str):
        self.lie = lie
        self.log = []
        self.lied = not lie
        self.clients = []
        self.all_there = asyncio.Event()
        self.server = Server()
        chat = self.server.namespace("/")
        chat.on_connect(self._let_in)
        for event in KINDS:
            chat.on(event)(self._handler(event))

    def record(self):
        view = View()
        for entry in self.log:
            view.add(entry["seq"], digest(*(entry[name] for name in ("seq", "kind", "sender", "client_id", "target",
                                                                     "text"))))  # fmt: skip
        return {CHANNEL: Record(view, [uuid.UUID(entry["client_id"]).bytes for entry in self.log])}

    def _let_in(self, client, auth):
        if self._lies("does not let in"):
            raise ConnectRefused("No", data={"code": "forbidden", "detail": "No", "retryable": False})
        self.clients.append(client)
        if len(self.clients) == 2:
            self.all_there.set()
        client.when_gone(self.clients.remove)
        for entry in self.log[auth["cursors"][str(CHANNEL)] :]:
            client.emit("entry", entry)

    def _handler(self, event):
        async def handle(client, body):
            await self.all_there.wait()  # who is lied to has to be there
            known = [entry for entry in self.log if entry["client_id"] == body["client_id"]]
            if known and self.lie == "does not acknowledge" and known[0]["seq"] == AT:
                await asyncio.Event().wait()
            if known:
                return {"ok": True, "entry": known[0]}
            at = len(self.log) + 1
            entry = {
                "channel": CHANNEL, "seq": at, "kind": KINDS[event], "sender": 7, "client_id": body["client_id"],
                "text": body.get("text", ""), "target": body.get("seq", 0),
            }  # fmt: skip
            if at == AT and self._lies("refuses"):
                raise EventRefused("No", code="forbidden")
            if at == AT and self._lies("acknowledges what it does not store"):
                return {"ok": True, "entry": entry}
            self._store(entry)
            if at == AT and self._lies("stores twice"):
                self._store(entry | {"seq": at + 1})
            if at == AT and self._lies("makes something up"):
                self._store(entry | {"seq": at + 1, "client_id": str(uuid.uuid4())})
            if at == AT and self._lies("does not acknowledge"):
                await asyncio.Event().wait()
            if at == AT and self._lies("acknowledges another"):
                return {"ok": True, "entry": entry | {"client_id": str(uuid.uuid4())}}
            return {"ok": True, "entry": entry}

        return handle

    def _store(self, entry):
        self.log.append(entry)
        at = entry["seq"]
        if at == AT + 1 and self._lies("swaps"):
            told = [entry, self.log[-2]]
        elif at == AT and self.lie == "swaps":
            told = []
        elif at == AT and self._lies("doubles"):
            told = [entry, entry]
        else:
            told = [entry]
        for number, client in enumerate(self.clients):
            for each in told:
                if number == 1 and at == AT and self._lies("withholds"):
                    continue
                altered = number == 1 and at == AT and self._lies("alters")
                client.emit("entry", each | {"text": "something else"} if altered else each)
            if number == 1 and at == AT and self._lies("hangs up in between"):
                client.disconnect()

    def _lies(self, lie):
        """Whether it does so now: once."""
        now = not self.lied and self.lie == lie
        self.lied = self.lied or now
        return now


async def judged(lie: str, journals: Path):
    liar = Liar(lie)
    async with serving(liar.server) as port:
        people = [Person(number, 7 + number, "token", (CHANNEL,)) for number in range(2)]
        crowd = Crowd(Begin(f"http://127.0.0.1:{port}", people, 0, str(journals)))
        await crowd.begin()
        await eventually(lambda: liar.lied and len(liar.log) > 2 * AT, what="some messages, and the lie")
        await eventually(lambda: len(liar.clients) == 2, what="everybody to be there")
        await crowd.finish(within=1.0 if lie == "does not acknowledge" else PATIENCE)
        await crowd.settle(Settle({CHANNEL: len(liar.log)}, within=PATIENCE))
    return judge(liar.record(), msgspec.msgpack.decode(journals.read_bytes(), type=list[Journal]))


@pytest.mark.parametrize(
    ("lie", "faults"),
    [
        ("acknowledges what it does not store", {Fault.LOST}),
        ("acknowledges another", {Fault.REFUSED, Fault.UNSENT}),
        ("does not acknowledge", {Fault.UNANSWERED}),
        ("does not let in", {Fault.REFUSED}),
        ("refuses", {Fault.REFUSED}),
        ("stores twice", {Fault.STORED_TWICE}),
        ("makes something up", {Fault.UNSENT}),
        ("doubles", {Fault.DOUBLE}),
        ("swaps", {Fault.OUT_OF_ORDER}),
        ("withholds", {Fault.MISSING}),
        ("alters", {Fault.ALTERED}),
    ],
)
async def test_row_18_a_promise_that_is_broken_once_is_named(lie, faults, tmp_path):
    verdict = await judged(lie, tmp_path / "journals")

    assert {violation.fault for violation in verdict.violations} == faults
    assert not verdict.good


@pytest.mark.parametrize("work", ["send_without_pause", "stay"])
async def test_row_18_a_client_that_fails_ends_the_run_instead_of_doing_less(work, tmp_path, monkeypatch):
    async def fail(client):
        raise LookupError("a fault of the client's own")

    monkeypatch.setattr(Client, work, fail)
    crowd = Crowd(Begin("http://127.0.0.1:1", [Person(0, 7, "token", (CHANNEL,))], 0, str(tmp_path / "journals")))
    await crowd.begin()

    async def end():
        await crowd.finish(within=0.01)
        await crowd.settle(Settle({}, within=PATIENCE))

    with pytest.raises(LookupError):
        await end()


@pytest.mark.parametrize("lie", ["", "hangs up in between"])
async def test_row_18_a_chat_that_keeps_its_promises_is_told_so_also_when_connections_break(lie, tmp_path):
    verdict = await judged(lie, tmp_path / "journals")

    assert verdict.good, verdict.violations
    assert [proof.agreeing for proof in verdict.channels] == [2]
