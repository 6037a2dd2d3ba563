"""Connection state recovery: a client that lost its connection goes on where it was, whatever happened to the server.

    durable = DurableRooms(chat, log, recovery=True)

    @chat.on_connect
    async def connect(client, auth):
        user = await sign_in(auth)
        for room in client.recovering or await rooms_of(user):      # rooms it followed before, as it says
            if await may_follow(user, room):
                await durable.follow(client, room)

Any 4.x client of socket.io does its part by itself: it brings back what CONNECT and the last entry gave it
(chorus.realtime.log.trail). Its `recovered` is true when the connect handler let it follow every room again that it
followed before, and the log of each holds the very entry it saw last and everything after. It then gets what it missed,
each entry once, and goes on. In every other case `recovered` is false, and the client is as new.

Middlewares and the connect handler run as for any client, so whoever may not come any more does not come. Its sid is
new: a sid names the instance where the client is. Rooms that are not durable, and `client.state`, are the handler's.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from chorus.realtime.log.contract import EntriesGone, Entry
from chorus.realtime.log.trail import EMPTY, Mark, Trail
from chorus.realtime.server.patient_log import LogAway, PatientLog, Pause
from chorus.realtime.server.stage import Audience
from chorus.realtime.server.tracking import mark_of
from chorus.realtime.transport.frames import Frame

_NONCE = 9
"""Bytes."""

_PATIENCE = 5.0
"""Seconds in which the log must confirm what a client saw last."""


class Follow(Protocol):
    """Begins to send entries."""

    def __call__(self, client: Audience, room: str, *, after: int | None) -> None:
        """Have the client follow the room from now on; nobody waits."""
        ...


class Recovery:
    """Decides for the clients of one namespace.

    Args:
        encode: an entry as the frame that clients get.
        follow: for what the connect handler of a recovering client asked for.
    """

    def __init__(self, log: PatientLog, encode: Callable[[Entry], Frame], follow: Follow) -> None:
        self._log = log
        self._encode = encode
        self._follow = follow
        self._open: dict[Audience, dict[str, int | None]] = {}
        """Clients whose recovery is not decided, and what they are to follow: rooms, and after which entry."""

    def greet(self, client: Audience, auth: dict[str, Any]) -> dict[str, Any]:
        """Take what a client brings out of its CONNECT; the rest is for the application."""
        brought = {name: auth[name] for name in ("pid", "offset") if name in auth}
        trail = Trail.restore(brought.get("pid"), brought.get("offset"))
        if trail is None:
            client.trail = _new_trail()
        else:
            client.trail = trail
            self._open[client] = {}
            client.when_gone(self._forget)
        return {name: value for name, value in auth.items() if name not in brought}

    def claims(self, client: Audience) -> Mapping[str, int]:
        """The rooms a client says it followed, and the last entry of each; empty when its recovery is decided."""
        if client not in self._open or client.trail is None:
            return {}
        return {room: mark.seq for room, mark in client.trail.marks().items()}

    def defer(self, client: Audience, room: str, after: int | None) -> int | None:
        """Keep for later what the client is to follow; where it will begin. None: there is nothing to wait for."""
        wishes = self._open.get(client)
        if wishes is None:
            return None
        wishes[room] = after
        return self.claims(client).get(room, after or 0)

    def withdraw(self, client: Audience, room: str) -> bool:
        """It is not to follow that room after all. Whether that was to be decided yet."""
        wishes = self._open.get(client)
        if wishes is None:
            return False
        wishes.pop(room, None)
        return True

    async def decide(self, client: Audience) -> None:
        """The connect handler has spoken. `give_up` may come before it."""
        wishes = self._open.get(client)
        if wishes is None or client.trail is None:
            return
        marks = client.trail.marks()
        good = wishes.keys() >= marks.keys() and await self._holds(marks)
        if client in self._open:
            client.recovered = good and wishes.keys() >= marks.keys()  # one may have been withdrawn meanwhile
            if not client.recovered:
                client.trail = _new_trail()

    def give_up(self, client: Audience) -> None:
        """CONNECT goes out now: if nothing was decided, the client is as new."""
        if client in self._open and not client.recovered:
            client.trail = _new_trail()

    def begin(self, client: Audience) -> None:
        """CONNECT went out: let the client follow what it is to follow."""
        wishes = self._open.pop(client, {})
        marks = client.trail.marks() if client.recovered and client.trail is not None else {}
        for room, after in wishes.items():
            self._follow(client, room, after=marks[room].seq if room in marks else after)

    async def _holds(self, marks: Mapping[str, Mark]) -> bool:
        """Whether the log still has each of these entries, and so everything that followed."""
        return all(await asyncio.gather(*(self._has(room, mark) for room, mark in marks.items())))

    async def _has(self, room: str, mark: Mark) -> bool:
        pause = Pause(0.05, 1.0)
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                entries = await self._log.read(room, max(0, mark.seq - 1), 1)
            except EntriesGone:
                return False
            except LogAway:
                if asyncio.get_running_loop().time() > deadline:
                    return False
                await pause.wait()
                continue
            return mark == EMPTY or (bool(entries) and mark == mark_of(entries[0].seq, self._encode(entries[0])))

    def _forget(self, client: Audience) -> None:
        self._open.pop(client, None)


def _new_trail() -> Trail:
    return Trail(secrets.token_urlsafe(_NONCE))
