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

A client that follows from an older cursor is no member of the room yet: it is fed pages, from the entries kept in
memory when they reach back so far, from the log otherwise, each when its socket took the one before. When its
cursor equals the room's position it becomes a member, with no await between the comparison and the joining, so nothing
falls between and nothing comes twice. All reading of one room is done by one reader task; clients wait in a row.
When the log is away, readers ask again with growing delays, and nobody's position moves.
"""

import asyncio
import logging
import struct
from collections.abc import Callable, Coroutine, Hashable, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.log.contract import CursorAhead, EntriesGone, Entry, ReadableLog
from chorus.realtime.log.follower import Follower, Patience
from chorus.realtime.log.recent import Recent
from chorus.realtime.transport.frames import Frame

_log = logging.getLogger(__name__)

_HINT = struct.Struct(">Q")


class Audience(Protocol):
    """What is needed of a client."""

    @property
    def congested(self) -> bool:
        """Whether so much waits for its socket that sending more had better wait too."""
        ...

    def send_frame(self, frame: Frame) -> None:
        """Send it to this client alone, behind everything it was sent before; to one that is gone: nothing happens."""
        ...

    def join(self, room: str) -> None:
        """Make it a member of the room: it gets what is delivered from now on, and nothing delivered before."""
        ...

    def leave(self, room: str) -> None:
        """End that, likewise."""
        ...

    def disconnect(self, reason: str = ...) -> None:
        """Cut it off."""
        ...

    def when_gone(self, callback: Callable[[Any], None]) -> None:
        """Have `callback` called once, as soon as it is gone; at once when it is."""
        ...


class Stage(Protocol):
    """What is needed of a namespace."""

    name: str

    @property
    def backplane(self) -> Backplane:
        """What joins the instances."""
        ...

    def encode(self, event: str, *args: object) -> Frame:
        """An event, ready to be sent."""
        ...

    def deliver(self, room: str, frame: Frame) -> None:
        """Send it to the members of the room on this instance."""
        ...


class DurableSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, sizes in bytes."""

    interval: float = 2.0
    """Between two comparisons of our positions with the log's."""

    linger: float = 30.0
    """A room without followers is remembered so long."""

    burst: int = 32_768
    """A client that is catching up is sent so much in one go; then the others have their turn."""

    drain: float = 0.01
    """Between two looks whether a congested client's socket took what it was sent; doubles up to `longest_drain`."""

    longest_drain: float = 0.25

    readers: int = 8
    """Reads of the log at the same time; of one room there is only one."""

    read_timeout: float = 10.0
    """A read or a query that takes longer has failed."""

    retry: float = 0.05
    """Wait after a failed read or query; doubles up to `longest_retry`."""

    longest_retry: float = 2.0
    recent_frames: int = 100
    """Entries kept in memory a room, for clients that come back."""

    recent_bytes: int = 65_536
    largest_hint: int = 65_536
    """Larger entries are announced by their number alone and read by whoever needs them."""

    order: Patience = Patience()


class DurableRooms:
    """The durable rooms of a namespace, on this instance."""

    def __init__(
        self, namespace: Stage, log: ReadableLog, event: str = "entry", settings: DurableSettings | None = None
    ) -> None:
        """Args: event: the name under which entries reach clients, as [event, entry]."""
        self._namespace = namespace
        self._log = log
        self._event = event
        self._settings = settings or DurableSettings()
        self._rooms: dict[str, _Room] = {}
        self._visits: dict[Audience, dict[str, _Visit]] = {}
        self._unplaced: list[_Room] = []
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}
        self._reads = asyncio.Semaphore(self._settings.readers)
        self._look = asyncio.Event()
        self._troubled = False
        self._heard = 0
        self._unheard = 0
        self._deaf = False
        namespace.backplane.on_up(self._look.set)

    @property
    def deaf(self) -> bool:
        """Whether rooms move and no announcement of it comes in; entries then arrive with each comparison only."""
        return self._deaf

    def position(self, room: str) -> int | None:
        """The seq released last to the followers here; None when nobody follows the room here."""
        known = self._rooms.get(room)
        return known.follower.position if known and known.follower else None

    async def follow(self, client: Audience, room: str, *, after: int | None = None) -> int:
        """Send the client what follows `after` (None: nothing old) and then every new entry, until it leaves.

        The client becomes a member of `room`: what is emitted to the room reaches it, too. Do not let it join or leave
        that room in another way. For many rooms at once: asyncio.gather of several follows asks the log once for all.

        Returns:
            the client's cursor when it went live, or when it was gone or told to unfollow before.

        Raises:
            CursorAhead: `after` is beyond the end of the log.
            EntriesGone: the log was cut beyond `after`.
        """
        self.unfollow(client, room)
        visit = _Visit(client, self._rooms.get(room) or self._open(room), after)
        self._begin(visit)
        try:
            await self._catch_up(visit)
        finally:
            if not visit.live:
                self._end(visit)
        return visit.cursor or 0

    def unfollow(self, client: Audience, room: str) -> None:
        """End that, also while the client is still catching up. Not followed: nothing happens."""
        visit = self._visits.get(client, {}).get(room)
        if visit is not None:
            self._end(visit)

    def announce(self, room: str, seq: int, entry: bytes) -> None:
        """Tell every instance that `entry` was committed as `seq`. It may get lost; then the others find it later."""
        known = self._rooms.get(room)
        if known is not None:
            self._take_hint(known, seq, entry)
        hint = entry if len(entry) <= self._settings.largest_hint else b""
        self._namespace.backplane.publish(self._channel(room), _HINT.pack(seq) + hint)

    async def close(self) -> None:
        """Release nothing any more; clients that are catching up are let go."""
        tasks = list(self._tasks.values())
        for room in list(self._rooms.values()):
            for visit in list(room.visits):
                self._end(visit)
            self._forget(room)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # One client's way to the room's position.

    async def _catch_up(self, visit: "_Visit") -> None:
        room, client = visit.room, visit.client
        while visit.wanted:
            if room.follower is None:
                await visit.wait()
                continue
            position = room.follower.position
            if visit.cursor is None:
                visit.cursor = position
            if visit.cursor == position:
                visit.live = True
                room.live.add(visit)
                client.join(room.name)
                return
            page = room.recent.after(visit.cursor) if visit.cursor < position else None
            if page is None:
                page = await self._ask_reader(visit)
            sent = 0
            for seq, frame in page:
                if sent >= self._settings.burst or client.congested:
                    await self._until_taken(visit)
                    sent = 0
                if not visit.wanted:
                    return
                client.send_frame(frame)
                sent += len(frame)
                visit.cursor = seq

    async def _until_taken(self, visit: "_Visit") -> None:
        """Let the tick end, and wait until the client's socket took most of what it was sent."""
        wait = 0.0
        await asyncio.sleep(wait)
        while visit.wanted and visit.client.congested:
            wait = min(max(wait * 2, self._settings.drain), self._settings.longest_drain)
            await asyncio.sleep(wait)

    async def _ask_reader(self, visit: "_Visit") -> "list[tuple[int, Frame]]":
        visit.room.waiting[visit] = None
        self._want_reader(visit.room)
        await visit.wait()
        if visit.error is not None:
            raise visit.error
        page, visit.page = visit.page, []
        return page

    def _begin(self, visit: "_Visit") -> None:
        visit.room.visits.add(visit)
        followed = self._visits.get(visit.client)
        if followed is not None:
            followed[visit.room.name] = visit
        else:
            self._visits[visit.client] = {visit.room.name: visit}
            visit.client.when_gone(self._gone)

    def _end(self, visit: "_Visit") -> None:
        room = visit.room
        if visit.live:
            visit.client.leave(room.name)
        visit.wanted = visit.live = False
        room.visits.discard(visit)
        room.live.discard(visit)
        room.waiting.pop(visit, None)
        if not room.visits:
            room.left_at = _now()
        followed = self._visits.get(visit.client, {})
        if followed.get(room.name) is visit:
            del followed[room.name]
        visit.wake()

    def _gone(self, client: Audience) -> None:
        for visit in list(self._visits.get(client, {}).values()):
            self._end(visit)
        self._visits.pop(client, None)

    # A room's beginning and end here.

    def _open(self, name: str) -> "_Room":
        room = self._rooms[name] = _Room(name, self._settings)
        room.receiver = partial(self._on_hint, room)
        self._namespace.backplane.subscribe(self._channel(name), room.receiver)
        self._unplaced.append(room)
        self._run("place", self._place_rooms)
        self._run("watch", self._watch)
        return room

    def _forget(self, room: "_Room") -> None:
        del self._rooms[room.name]
        if room.receiver is not None:
            self._namespace.backplane.unsubscribe(self._channel(room.name), room.receiver)
        if room.timer is not None:
            room.timer.cancel()

    async def _place_rooms(self) -> None:
        """Ask where the new rooms stand: those of one tick together."""
        while self._unplaced:
            rooms, self._unplaced = self._unplaced, []
            positions = await self._positions([room.name for room in rooms], insist=True)
            for room in rooms:
                room.follower = Follower(positions.get(room.name, 0), self._settings.order)
                room.follower.learn(room.heard, now=_now())
                self._want_reader_when_due(room)
                for visit in list(room.visits):
                    visit.wake()

    # Announcements and their order.

    def _on_hint(self, room: "_Room", message: bytes) -> None:
        if len(message) < _HINT.size:
            _log.warning("a message of %d bytes on the channel of room %s is no announcement", len(message), room.name)
            return
        (seq,) = _HINT.unpack_from(message)
        if room.follower is not None and seq > room.follower.heard:
            self._heard += 1
        self._take_hint(room, seq, message[_HINT.size :])

    def _take_hint(self, room: "_Room", seq: int, entry: bytes) -> None:
        if room.follower is None:
            room.heard = max(room.heard, seq)
            return
        self._release(room, room.follower.hear(seq, entry, now=_now()))
        self._want_reader_when_due(room)

    def _release(self, room: "_Room", entries: Sequence[Entry]) -> None:
        for entry in entries:
            frame = self._encode(entry)
            room.recent.add(entry.seq, frame, len(entry.data))
            if room.live:
                self._namespace.deliver(room.name, frame)
        if entries and room.waiting:
            self._serve(room, [])

    # The reader of a room.

    def _want_reader_when_due(self, room: "_Room") -> None:
        due = room.follower.due() if room.follower else None
        if due is not None and room.timer is None:
            room.timer = asyncio.get_running_loop().call_at(due, self._gap_is_due, room)

    def _gap_is_due(self, room: "_Room") -> None:
        room.timer = None
        due = room.follower.due() if room.follower else None
        if due is None:
            return
        if due > _now():
            self._want_reader_when_due(room)
        else:
            self._want_reader(room)

    def _want_reader(self, room: "_Room") -> None:
        self._run(room, partial(self._read, room))

    async def _read(self, room: "_Room") -> None:
        """Read what the room's gap and the waiting clients need, until nobody needs anything."""
        wait = 0.0
        while self._rooms.get(room.name) is room and room.follower is not None:
            need = self._next_read(room, room.follower)
            if need is None:
                break
            asked = list(room.waiting)
            try:
                async with self._reads, asyncio.timeout(self._settings.read_timeout):
                    entries = await self._log.read(room.name, *need)
            except EntriesGone as gone:
                self._skip(room, room.follower, gone)
                continue
            except Exception as error:  # noqa: BLE001 - whatever the log raises, the position stands and we ask again
                room.follower.fail(now=_now())
                wait = await self._after_trouble(error, wait)
                continue
            self._trouble_is_over()
            if self._take_page(room, need, entries, asked):
                wait = 0.0
            elif self._next_read(room, room.follower) is not None:
                wait = await self._pause(wait)
        self._want_reader_when_due(room)

    def _next_read(self, room: "_Room", follower: Follower) -> tuple[int, int] | None:
        """After which seq to read and how much: a gap first, then whoever waits longest."""
        due = follower.due()
        gap = follower.gap() if due is not None and due <= _now() else None
        if gap is not None:
            return gap.after, gap.limit
        for visit in room.waiting:
            return min(visit.cursor or 0, follower.position), self._settings.order.page
        return None

    def _take_page(
        self, room: "_Room", need: tuple[int, int], entries: Sequence[Entry], asked: "Sequence[_Visit]"
    ) -> bool:
        """Release what is new, serve who waits for these entries; whether that brought anybody further."""
        follower = room.follower
        assert follower is not None
        after, limit = need
        before = follower.position
        released = follower.take(after, entries, now=_now())
        self._unheard += sum(entry.seq > follower.heard for entry in released)
        self._release(room, released)
        page: list[tuple[int, Frame, int]] = []
        if room.waiting:
            for expected, entry in enumerate(entries, after + 1):
                if entry.seq != expected or expected > follower.position:
                    break
                page.append((expected, self._encode(entry), len(entry.data)))
            room.recent.put_before(page, position=follower.position)
        served = self._serve(room, page)
        if after == before and len(entries) < limit:
            served = self._refuse_ahead(room, follower, asked) or served
        return served or follower.position > before

    def _serve(self, room: "_Room", page: Sequence[tuple[int, Frame, int]]) -> bool:
        """Wake those in the row who can go on: with their part of the page, or because the room came to them."""
        assert room.follower is not None
        first, last = (page[0][0], page[-1][0]) if page else (1, 0)
        served = False
        for visit in list(room.waiting):
            cursor = visit.cursor or 0
            if first <= cursor + 1 <= last:
                visit.page = [(seq, frame) for seq, frame, _ in page[cursor + 1 - first :]]
            elif cursor != room.follower.position and room.recent.after(cursor) is None:
                continue
            del room.waiting[visit]
            visit.wake()
            served = True
        return served

    def _refuse_ahead(self, room: "_Room", follower: Follower, asked: "Sequence[_Visit]") -> bool:
        """The log ended here after those had `asked`: if one waits for more, this log never gave it its cursor."""
        refused = [visit for visit in asked if visit in room.waiting and (visit.cursor or 0) > follower.position]
        for visit in refused:
            del room.waiting[visit]
            visit.error = CursorAhead(room.name, visit.cursor or 0, follower.position)
            visit.wake()
        return bool(refused)

    def _skip(self, room: "_Room", follower: Follower, gone: EntriesGone) -> None:
        """The log was cut: whoever needs what is gone must know, and the room goes on where the log begins."""
        for visit in [visit for visit in room.waiting if (visit.cursor or 0) < gone.first - 1]:
            del room.waiting[visit]
            visit.error = gone
            visit.wake()
        if follower.position < gone.first - 1:
            for visit in list(room.live):
                self._end(visit)
                visit.client.disconnect("entries gone")
            room.recent.clear()
            self._release(room, follower.skip_to(gone.first - 1, now=_now()))
            self._serve(room, [])

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
            placed = [room for room in self._rooms.values() if room.follower is not None]
            if placed:
                await self._compare(placed)

    def _forget_idle_rooms(self) -> None:
        long_ago = _now() - self._settings.linger
        for room in list(self._rooms.values()):
            if not room.visits and room.follower is not None and room.left_at <= long_ago:
                self._forget(room)

    async def _compare(self, rooms: "Sequence[_Room]") -> None:
        positions = await self._positions([room.name for room in rooms], insist=False)
        self._deaf = self._unheard > 0 and self._heard == 0
        self._heard = self._unheard = 0
        for room in rooms:
            if room.follower is not None and self._rooms.get(room.name) is room:
                room.follower.learn(positions.get(room.name, 0), now=_now())
                self._want_reader_when_due(room)
                if room.waiting:
                    self._want_reader(room)

    async def _positions(self, rooms: Sequence[str], *, insist: bool) -> dict[str, int]:
        wait = 0.0
        while True:
            try:
                async with asyncio.timeout(self._settings.read_timeout):
                    positions = await self._log.positions(rooms)
            except Exception as error:  # noqa: BLE001 - whatever the log raises, we know no more than before and ask again
                wait = await self._after_trouble(error, wait)
                if not insist:
                    return {}
            else:
                self._trouble_is_over()
                return positions

    # Trouble with the log: said once, ended once, never in a tight loop.

    async def _after_trouble(self, error: Exception, wait: float) -> float:
        if not self._troubled:
            self._troubled = True
            _log.error("the log of the durable rooms cannot be read, trying again: %r", error)
        return await self._pause(wait)

    async def _pause(self, wait: float) -> float:
        """Wait longer than last time, and say how long."""
        wait = min(max(wait * 2, self._settings.retry), self._settings.longest_retry)
        await asyncio.sleep(wait)
        return wait

    def _trouble_is_over(self) -> None:
        if self._troubled:
            self._troubled = False
            _log.warning("the log of the durable rooms can be read again")

    def _run(self, job: Hashable, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have one task at work on the job: "place", "watch", or the reading of a room."""
        if job not in self._tasks or self._tasks[job].done():
            task = self._tasks[job] = asyncio.get_running_loop().create_task(work(), name=f"durable rooms: {job}")
            task.add_done_callback(partial(self._finished, job))

    def _finished(self, job: Hashable, task: asyncio.Task[None]) -> None:
        if self._tasks.get(job) is task:
            del self._tasks[job]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)

    def _encode(self, entry: Entry) -> Frame:
        return self._namespace.encode(self._event, msgspec.Raw(entry.data))

    def _channel(self, room: str) -> str:
        return f"log:{self._namespace.name}:{room}"


class _Room:
    """A room that is or was just followed here."""

    def __init__(self, name: str, settings: DurableSettings) -> None:
        self.name = name
        self.follower: Follower | None = None
        self.heard = 0
        self.recent: Recent[Frame] = Recent(frames=settings.recent_frames, size=settings.recent_bytes)
        self.receiver: Callable[[bytes], None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.visits: set[_Visit] = set()
        self.live: set[_Visit] = set()
        self.waiting: dict[_Visit, None] = {}
        self.left_at = 0.0


class _Visit:
    """One client's following of one room."""

    def __init__(self, client: Audience, room: _Room, cursor: int | None) -> None:
        self.client = client
        self.room = room
        self.cursor = cursor
        self.wanted = True
        self.live = False
        self.page: list[tuple[int, Frame]] = []
        self.error: Exception | None = None
        self._woken: asyncio.Future[None] | None = None

    async def wait(self) -> None:
        self._woken = asyncio.get_running_loop().create_future()
        try:
            await self._woken
        finally:
            self._woken = None

    def wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)


def _now() -> float:
    return asyncio.get_running_loop().time()
