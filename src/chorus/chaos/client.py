"""One client: it sends without pause, says again what was not answered, comes back with its cursors, notes all it sees.

A message has a client id from its first sending to its acknowledgement, over however many connections that takes. What
comes is noted as it comes; whether it is right is for verdict.py.
"""

import asyncio
import random
import time
import uuid
from array import array

from chorus.chaos.journal import Journal, Promise, View, digest
from chorus.chaos.link import Answer, Hello, Line, Link, NotConnected
from chorus.chaos.messages import Person

ANSWER_WITHIN = 10.0
"""Seconds after which a send is said again."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two attempts to connect; doubling."""

_EMOJI = "👍"
_REACTIONS, _EDITS = 0.05, 0.10
"""Of what is done: so much are reactions, up to so much edits, and the rest are messages."""


class Pulse:
    """When anything was delivered to anybody, and the longest time in which nothing was."""

    def __init__(self) -> None:
        self.longest = 0.0
        """Seconds."""

        self._last = 0.0

    def beat(self, now: float) -> None:
        """Something was delivered."""
        if self._last:
            self.longest = max(self.longest, now - self._last)
        self._last = now


class Client:
    """Somebody in a few channels."""

    def __init__(self, person: Person, address: str, seed: int, pulse: Pulse) -> None:
        self.views = {channel: View() for channel in person.channels}
        self.promises: list[Promise] = []
        self.latencies = array("d")
        """Seconds from the first sending to the acknowledgement, of each promise."""

        self.sent = self.retries = self.connections = 0
        self.longest_gap = 0.0
        """Seconds between two deliveries."""

        self._person = person
        self._address = address
        self._pulse = pulse
        self._last_delivery = 0.0
        self._random = random.Random(f"{seed} {person.client}")  # noqa: S311 - the same run again, no secret
        self._refusals: list[str] = []
        self._unanswered: list[bytes] = []
        self._link: Link | None = None
        self._connected = asyncio.Event()
        self._came = asyncio.Event()
        self._finishing = False
        self._own: dict[int, int] = {}
        """By channel: the newest message of its own, to be edited."""

        self._liked: dict[int, int] = {}
        """By channel: the message it reacted to last."""

        self._posted: dict[int, int] = {}
        """By channel: the newest message of anybody."""

    @property
    def connected(self) -> bool:
        """Whether it is, now."""
        return self._connected.is_set()

    def journal(self) -> Journal:
        """Everything it noted."""
        return Journal(
            self._person.client,
            self._person.account,
            {channel: view.packed() for channel, view in self.views.items()},
            self.promises,
            self._unanswered,
            self._refusals,
        )

    def finish(self) -> None:
        """Begin nothing new."""
        self._finishing = True

    async def see(self, positions: dict[int, int]) -> None:
        """Wait until every channel it is in has come so far."""
        while any(view.cursor < positions.get(channel, 0) for channel, view in self.views.items()):
            self._came.clear()
            await self._came.wait()

    # Being connected

    async def stay(self) -> None:
        """Connect, and connect again, until cancelled."""
        pause = _FIRST_PAUSE
        try:
            while True:
                try:
                    self._link = await Link.open(self._address, self._hello(), self._note, self._connected.clear)
                except NotConnected as error:
                    if error.refusal is not None and not error.refusal.retryable:
                        self._refusals.append(f"connecting was refused: {error.refusal.code}: {error.refusal.detail}")
                    await asyncio.sleep(pause * (0.5 + self._random.random()))
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                pause = _FIRST_PAUSE
                self.connections += 1
                if not self._link.ended.is_set():
                    self._connected.set()
                await self._link.ended.wait()
        finally:
            if self._link is not None:
                self._link.close()

    def _hello(self) -> Hello:
        return Hello(self._person.token, {channel: view.cursor for channel, view in self.views.items()})

    def _note(self, line: Line) -> None:
        view = self.views.get(line.channel)
        if view is None:
            return  # the channel that everybody is in, where nothing is said
        view.add(line.seq, digest(line.seq, line.kind, line.sender, line.client_id, line.target, line.text))
        self._came.set()
        if line.kind == "posted":
            self._posted[line.channel] = line.seq
        if self._finishing:
            return  # from here on nobody is owed a delivery
        now = time.monotonic()
        self._pulse.beat(now)
        if self._last_delivery:
            self.longest_gap = max(self.longest_gap, now - self._last_delivery)
        self._last_delivery = now

    # Sending

    async def send_without_pause(self) -> None:
        """One thing after another, until told to finish. Cancelled, it notes what has no answer."""
        number = 0
        while not self._finishing:
            number += 1
            channel = self._random.choice(self._person.channels)
            client_id = uuid.UUID(int=self._random.getrandbits(128), version=4)
            event, body = self._something(channel, client_id, number)
            self.sent += 1
            try:
                await self._until_answered(event, body, channel, client_id)
            except asyncio.CancelledError:
                self._unanswered.append(client_id.bytes)
                raise

    def _something(self, channel: int, client_id: uuid.UUID, number: int) -> tuple[str, dict[str, object]]:
        body: dict[str, object] = {"channel": channel, "client_id": str(client_id)}
        chance, posted, own = self._random.random(), self._posted.get(channel, 0), self._own.get(channel, 0)
        if chance < _REACTIONS and posted > self._liked.get(channel, 0):
            self._liked[channel] = posted
            return "message.react", {**body, "seq": posted, "emoji": _EMOJI}
        if chance < _EDITS and own:
            return "message.edit", {**body, "seq": own, "text": f"{number} of client {self._person.client}, edited"}
        return "message.send", {**body, "text": f"{number} of client {self._person.client}"}

    async def _until_answered(self, event: str, body: dict[str, object], channel: int, client_id: uuid.UUID) -> None:
        began = time.monotonic()
        first = True
        while True:
            await self._connected.wait()
            assert self._link is not None
            self.retries += not first
            first = False
            answer = await self._link.ask(event, body, within=ANSWER_WITHIN)
            if answer is not None and answer.ok:
                self._promised(answer, event, channel, client_id, time.monotonic() - began)
                return
            if answer is not None and answer.error is not None:
                if not answer.error.retryable:
                    self._refusals.append(f"{event} was refused: {answer.error.code}: {answer.error.detail}")
                    return
                await asyncio.sleep(answer.error.retry_after or _FIRST_PAUSE * (1 + self._random.random()))

    def _promised(self, answer: Answer, event: str, channel: int, client_id: uuid.UUID, took: float) -> None:
        entry = answer.entry
        if entry is None or entry.client_id != str(client_id):
            found = "no entry" if entry is None else f"the entry of {entry.client_id}"
            self._refusals.append(f"{event}: {client_id} was acknowledged with {found}")
            return
        self.promises.append(Promise(client_id.bytes, entry.channel, entry.seq))
        self.latencies.append(took)
        if event == "message.send":
            self._own[channel] = entry.seq
