"""Durable rooms: every follower of a room gets every entry after its cursor exactly once, in the log's order.

    durable = DurableRooms(server.namespace("/"), log)             # log: chorus.realtime.log.contract
    seq = await durable.follow(client, "channel:3", after=17)      # sends 18, 19, … and keeps the client live
    seq = await log.append("channel:3", b'{"text":"hello"}', id)   # commit first …
    durable.announce("channel:3", seq, b'{"text":"hello"}')        # … then tell: every follower, on every instance
    durable.unfollow(client, "channel:3")

Theory of operation. For each room that somebody here follows there is a position: the seq up to which everything was
released to the live clients (chorus.realtime.log.follower decides what is next). Announcements reach us over the
backplane and may be lost, doubled or late; a gap is read from the log. Every `interval` seconds, and whenever the
backplane came back, one query compares the positions of all rooms followed here with the log's: what nobody told us
is repaired then.

A client that follows from an older cursor is no member of the room yet: it is fed pages until its cursor equals the
room's position, and becomes a member then (server/catching_up.py). All reading of one room is done by one reader task;
clients wait in a row (server/room_readers.py). When the log is away, nobody's position moves.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

import msgspec

from chorus.realtime.errors import UsageError
from chorus.realtime.log.contract import AnnouncingLog, EntriesGone, Entry, ReadableLog, ResumeFailed
from chorus.realtime.log.deafness import Hearing
from chorus.realtime.log.hints import log_channel, pack_hint, unpack_hint
from chorus.realtime.log.lateness import Lateness
from chorus.realtime.log.trail import Trail
from chorus.realtime.server.begun import Begun
from chorus.realtime.server.catching_up import CatchingUp
from chorus.realtime.server.durable_room import DurableRoom
from chorus.realtime.server.durable_settings import DurableSettings
from chorus.realtime.server.jobs import Jobs
from chorus.realtime.server.names import check_cursor, check_joinable
from chorus.realtime.server.patient_log import LogAway, PatientLog, Pause
from chorus.realtime.server.recovery import Recovery
from chorus.realtime.server.room_readers import RoomReaders
from chorus.realtime.server.stage import Audience, Stage
from chorus.realtime.server.visit import Visit
from chorus.realtime.transport.frames import Frame

_log = logging.getLogger(__name__)

_OFFSET = "offset"
"""The event that brings a client nothing but a new offset."""


class DurableRooms:
    """The durable rooms of a namespace, on this instance."""

    def __init__(
        self,
        namespace: Stage,
        log: ReadableLog,
        event: str = "entry",
        settings: DurableSettings | None = None,
        *,
        recovery: bool = False,
    ) -> None:
        """Args:
        event: the name under which entries reach clients, as [event, entry].
        recovery: clients of the namespace recover from the loss of their connection (server/recovery.py). Entries then
            reach them as [event, entry, offset], and [`offset`, offset] says that they follow another room, or less.

        Raises:
            UsageError: the log announces its entries to another namespace.
        """
        if isinstance(log, AnnouncingLog) and log.announces_to != namespace.name:
            raise UsageError(
                f"log: found {type(log).__name__} for the namespace {log.announces_to!r}, and the rooms are of "
                f"{namespace.name!r}, which would not hear of its entries: give it namespace={namespace.name!r}"
            )
        self._namespace = namespace
        self._settings = settings or DurableSettings()
        self._log = PatientLog(log, readers=self._settings.readers, timeout=self._settings.read_timeout)
        self._event = event
        self._rooms: dict[str, DurableRoom] = {}
        self._visits: dict[Audience, dict[str, Visit[DurableRoom]]] = {}
        self._unplaced: list[DurableRoom] = []
        self._jobs = Jobs("durable rooms")
        self._look = asyncio.Event()
        self._hearing = Hearing(settles=2 * self._settings.interval)
        order = self._settings.order
        self._lateness = Lateness(least=order.patience, most=order.longest_patience)
        self._readers = RoomReaders(self._log, self._jobs, self._hearing, self._end, self._settings)
        self._catching_up = CatchingUp(self._readers.want, self._send_offset, self._settings)
        self._recovery: Recovery | None = None
        if recovery:
            self._recovery = Recovery(self._log, self._encode, self._follow_on)
            namespace.recover_by(self._recovery)
        namespace.backplane.on_up(self._came_up)
        namespace.carry(f"durable {event} 2", self._pack, self._unpack, state=False)

    @property
    def deaf(self) -> bool:
        """Whether rooms move and no announcement of it comes in; entries then arrive with each comparison only."""
        return self._hearing.deaf

    def position(self, room: str) -> int | None:
        """The seq released last to the followers here; None when nobody follows the room here."""
        known = self._rooms.get(room)
        return known.position if known is not None else None

    def follow(self, client: Audience, room: str, *, after: int | None = None) -> Coroutine[Any, Any, int]:
        """Send the client what follows `after` (None: nothing old) and then every new entry, until it leaves.

        It is a follower as soon as this is called, so a second call, or `unfollow`, finds it, and what is new is new
        from here on. Awaiting brings it there; who is cancelled before it is there follows nothing.

        The client becomes a member of `room`: what is emitted to the room reaches it, too. Do not let it join or leave
        that room in another way. For many rooms at once: asyncio.gather of several follows asks the log once for all.

        Called by the connect handler for a client that is recovering, it only takes note: following begins when CONNECT
        is out, behind the entry the client saw last if it recovers.

        Returns:
            the client's cursor when it went live, or when it was gone or told to unfollow before.

        Raises:
            CursorAhead: `after` is beyond the end of the log.
            EntriesGone: the log was cut beyond `after`.
            UsageError: the room is none that clients may join, or `after` no number that a log gives.
        """
        check_joinable(room)
        if after is not None:
            check_cursor(after)
        deferred = self._recovery.defer(client, room, after) if self._recovery is not None else None
        if deferred is not None:
            return _given(deferred)
        self._end_following(client, room)
        known = self._rooms.get(room) or self._open(room)
        visit = Visit(client, known, known.position if after is None else after)
        self._begin(visit)
        return Begun(self._lead(visit), partial(self._leave, visit))

    async def _lead(self, visit: Visit[DurableRoom]) -> int:
        try:
            await self._catching_up.go(visit)
        finally:
            self._leave(visit)
        return visit.cursor or 0

    def _leave(self, visit: Visit[DurableRoom]) -> None:
        """Nobody leads it any more."""
        if not visit.live:
            self._end(visit)

    def unfollow(self, client: Audience, room: str) -> None:
        """End that, also while the client is still catching up. Not followed: nothing happens."""
        self._end_following(client, room)
        if self._recovery is not None and self._recovery.withdraw(client, room):
            return  # its trail says yet what it followed before
        if client.trail is not None and client.trail.follows(room):
            client.trail.drop(room)
            if client.let_in:  # otherwise its CONNECT says so
                self._send_offset(client)

    def announce(self, room: str, seq: int, entry: bytes) -> None:
        """Tell every instance that `entry` was committed as `seq`. It may get lost; then the others find it later."""
        known = self._rooms.get(room)
        if known is not None:
            known.hear(seq, entry, now=_now())
            self._readers.want_when_due(known)
        self._namespace.backplane.publish(
            self._channel(room),
            pack_hint(seq, entry, largest=self._settings.largest_hint),
            besides=known.receiver if known is not None else None,
        )

    def forget(self, room: str) -> None:
        """Keep no copies of the room's entries here: the log has erased something. Whoever comes later reads anew."""
        known = self._rooms.get(room)
        if known is not None:
            known.forget()

    async def close(self) -> None:
        """Release nothing any more; clients that are catching up are let go."""
        for room in list(self._rooms.values()):
            for visit in list(room.visits):
                self._end(visit)
            self._forget(room)
        await self._jobs.cancel()

    # A client that moves to another process, which reads the same log.

    def _pack(self, client: Audience) -> dict[str, Any]:
        """Let it go; its cursors, of what it was sent, and its trail."""
        visits = dict(self._visits.get(client, {}))
        cursors = {name: visit.room.position if visit.live else visit.cursor for name, visit in visits.items()}
        for visit in visits.values():
            self._end(visit)
        return {"cursors": cursors, "trail": client.trail.state() if client.trail is not None else None}

    def _unpack(self, client: Audience, carried: dict[str, Any]) -> None:
        if carried["trail"] is not None:
            client.trail = Trail.from_state(carried["trail"])
        for room, after in carried["cursors"].items():
            self._follow_on(client, room, after=after)

    def _follow_on(self, client: Audience, room: str, *, after: int | None) -> None:
        """Have a client that comes from elsewhere follow; nobody waits."""
        following = self.follow(client, room, after=after)
        self._jobs.run((client, room), partial(self._go_on_or_cut, client, room, following))

    async def _go_on_or_cut(self, client: Audience, room: str, following: Coroutine[Any, Any, int]) -> None:
        try:
            await following
        except ResumeFailed as error:
            _log.warning("a client that came here cannot go on in room %s: %s", room, error)
            client.disconnect("entries gone")

    # Who follows what.

    def _send_offset(self, client: Audience) -> None:
        if client.trail is not None:
            client.send_frame(self._namespace.encode(_OFFSET, client.trail.offset(), bare=True))

    def _end_following(self, client: Audience, room: str) -> None:
        visit = self._visits.get(client, {}).get(room)
        if visit is not None:
            self._end(visit)

    def _begin(self, visit: Visit[DurableRoom]) -> None:
        visit.room.visits[visit] = None
        followed = self._visits.get(visit.client)
        if followed is not None:
            followed[visit.room.name] = visit
        else:
            self._visits[visit.client] = {visit.room.name: visit}
            visit.client.when_gone(self._gone)

    def _end(self, visit: Visit[DurableRoom]) -> None:
        visit.room.end(visit, now=_now())
        followed = self._visits.get(visit.client, {})
        if followed.get(visit.room.name) is visit:
            del followed[visit.room.name]

    def _gone(self, client: Audience) -> None:
        for visit in list(self._visits.get(client, {}).values()):
            self._end(visit)
        self._visits.pop(client, None)

    # A room's beginning and end here.

    def _open(self, name: str) -> DurableRoom:
        room = self._rooms[name] = DurableRoom(
            name,
            self._namespace,
            self._event,
            self._settings,
            lateness=self._lateness,
            tracked=self._recovery is not None,
        )
        room.receiver = partial(self._on_hint, room)
        self._namespace.backplane.subscribe(self._channel(name), room.receiver)
        self._unplaced.append(room)
        self._jobs.run("place", self._place_rooms)
        self._jobs.run("watch", self._watch)
        return room

    def _forget(self, room: DurableRoom) -> None:
        del self._rooms[room.name]
        room.forgotten = True
        if room.receiver is not None:
            self._namespace.backplane.unsubscribe(self._channel(room.name), room.receiver)
        if room.timer is not None:
            room.timer.cancel()

    async def _place_rooms(self) -> None:
        """Ask where the new rooms stand: those of one tick together."""
        pause = Pause(self._settings.retry, self._settings.longest_retry)
        while self._unplaced:
            rooms, self._unplaced = self._unplaced, []
            try:
                positions = await self._log.positions([room.name for room in rooms])
                last = await asyncio.gather(*(self._last_entry(room, positions.get(room.name, 0)) for room in rooms))
            except LogAway:
                self._unplaced = rooms + self._unplaced
                await pause.wait()
                continue
            for room, entry in zip(rooms, last, strict=True):
                room.place(positions.get(room.name, 0), now=_now(), last=entry)
                self._readers.want_when_due(room)

    async def _last_entry(self, room: DurableRoom, position: int) -> Entry | None:
        """What a tracked room's clients begin behind."""
        if not room.tracked or not position:
            return None
        try:
            entries = await self._log.read(room.name, position - 1, 1)
        except EntriesGone:
            return None  # cut off meanwhile: whoever begins there cannot recover until the next entry
        return entries[0] if entries else None

    # Announcements.

    def _on_hint(self, room: DurableRoom, message: bytes) -> None:
        try:
            seq, entry = unpack_hint(message)
        except ValueError as error:
            _log.warning("a message on the channel of room %s is no announcement: %s", room.name, error)
            return
        self._hearing.heard(room.is_news(seq))
        room.hear(seq, entry, now=_now())
        self._readers.want_when_due(room)

    # What nobody told us.

    async def _watch(self) -> None:
        """Compare positions every interval and when the backplane came back, as long as there are rooms."""
        while self._rooms:
            try:
                async with asyncio.timeout(self._settings.interval):
                    await self._look.wait()
            except TimeoutError:
                pass  # nothing happened: time for a look
            self._look.clear()
            self._forget_idle_rooms()
            placed = [room for room in self._rooms.values() if room.position is not None]
            if placed:
                await self._compare(placed)

    def _came_up(self) -> None:
        self._hearing.connected(now=_now())
        self._look.set()

    def _forget_idle_rooms(self) -> None:
        long_ago = _now() - self._settings.linger
        for room in list(self._rooms.values()):
            if not room.visits and room.position is not None and room.left_at <= long_ago:
                self._forget(room)

    async def _compare(self, rooms: Sequence[DurableRoom]) -> None:
        try:
            positions = await self._log.positions([room.name for room in rooms])
        except LogAway:
            return  # the next look comes soon
        if self._hearing.judge(now=_now()):
            _log.warning("entries were in rooms and not announced: connecting anew")
            self._namespace.backplane.renew()
        for room in rooms:
            room.learn(positions.get(room.name, 0), now=_now())
            self._readers.want_when_due(room)
            if room.waiting:
                self._readers.want(room)

    def _encode(self, entry: Entry) -> Frame:
        return self._namespace.encode(self._event, msgspec.Raw(entry.data), bare=True)

    def _channel(self, room: str) -> str:
        return log_channel(self._namespace.name, room)


async def _given(position: int) -> int:
    return position


def _now() -> float:
    return asyncio.get_running_loop().time()
