"""One durable room on this instance: its position, its live clients, and those who wait for something from the log.

Decides and tells; who reads the log, and when, is room_readers.py's. Nothing here awaits, so each step is seen whole.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from chorus.realtime.log.contract import CursorAhead, EntriesGone, Entry
from chorus.realtime.log.follower import Follower, Gap
from chorus.realtime.log.lateness import Lateness
from chorus.realtime.log.recent import Recent
from chorus.realtime.log.trail import EMPTY, Mark
from chorus.realtime.server.durable_settings import DurableSettings
from chorus.realtime.server.stage import Stage
from chorus.realtime.server.tracking import mark_of, tracked, tracked_entry
from chorus.realtime.server.visit import Step, Visit
from chorus.realtime.transport.frames import Frame


class DurableRoom:
    """A room that is, or was just, followed here. `place` comes before everything that needs a position."""

    def __init__(
        self,
        name: str,
        stage: Stage,
        event: str,
        settings: DurableSettings,
        *,
        lateness: Lateness | None = None,
        tracked: bool = False,
    ) -> None:
        """Args:
        lateness: of the announcements that this instance hears.
        tracked: clients have trails, which say with each entry what they were sent.
        """
        self.name = name
        self.tracked = tracked
        self.visits: dict[Visit[DurableRoom], None] = {}
        self.waiting: dict[Visit[DurableRoom], None] = {}
        """Those who need the log, in the order they came."""

        self.receiver: Callable[[bytes], None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        """When a gap is to be read."""

        self.forgotten = False
        """Nobody follows it any more, and it is not read."""

        self.left_at = 0.0
        """Monotonic seconds: when the last visit ended."""

        self._stage = stage
        self._event = event
        self._settings = settings
        self._lateness = lateness
        self.mark: Mark | None = EMPTY
        """Of a tracked room: the entry at the position; None: not known."""

        self._follower: Follower | None = None
        self._heard_before = 0
        self._live: set[Visit[DurableRoom]] = set()
        self._recent: Recent[Frame] = Recent(frames=settings.recent_frames, size=settings.recent_bytes)
        self._outdated = False
        """Whether the log has erased something since it was decided what to read."""

    # Where it stands

    @property
    def position(self) -> int | None:
        """The seq released last; None until the log has said where the room is."""
        return self._follower.position if self._follower is not None else None

    def place(self, position: int, *, now: float, last: Entry | None = None) -> None:
        """The log ends at `position`, with the entry `last`: begin there."""
        if position:
            self.mark = mark_of(position, self._encode(last)) if last is not None else None
        self._follower = Follower(position, self._settings.order, self._lateness)
        self._follower.learn(self._heard_before, now=now)
        for visit in list(self.visits):
            if visit.cursor is None:
                visit.cursor = position  # now: by the time that it goes on, there may be something new
            visit.wake()

    def learn(self, position: int, *, now: float) -> None:
        """The log ends at `position` now."""
        if self._follower is not None:
            self._follower.learn(position, now=now)

    def is_news(self, seq: int) -> bool:
        """Whether no announcement told of this seq, or a later one, before."""
        return self._follower is not None and seq > self._follower.heard

    def hear(self, seq: int, entry: bytes, *, now: float) -> None:
        """An announcement."""
        if self._follower is None:
            self._heard_before = max(self._heard_before, seq)
        else:
            self._release(self._follower.hear(seq, entry, now=now))

    def due(self) -> float | None:
        """When something is to be read that announcements left open; None: nothing is."""
        return self._follower.due() if self._follower is not None else None

    # One client

    def enter(self, visit: Visit["DurableRoom"]) -> None:
        """Make it live. Its cursor is the position."""
        visit.become(Step.LIVE)
        self._live.add(visit)
        visit.client.join(self.name)

    def end(self, visit: Visit["DurableRoom"], *, now: float) -> None:
        """Let it go, wherever it is."""
        if visit.live:
            visit.client.leave(self.name)
        visit.become(Step.OVER)
        self.visits.pop(visit, None)
        self._live.discard(visit)
        self.waiting.pop(visit, None)
        if not self.visits:
            self.left_at = now
        visit.wake()

    def remembered(self, cursor: int) -> list[tuple[int, Frame]] | None:
        """Everything after the cursor, if it is in memory and more than nothing."""
        return self._recent.after(cursor)

    def forget(self) -> None:
        """Drop the entries kept in memory: the log has other words for some of them now. What is being read, too."""
        self._recent.clear()
        self._outdated = True
        if self._follower is not None:
            self._follower.forget()

    # Reading

    def next_read(self, *, now: float) -> Gap | None:
        """What to read; None: nothing.

        A gap that is due comes first, then the page that serves whoever waits longest and as many others as it can.
        """
        if self._follower is None:
            return None
        self._outdated = False
        due = self._follower.due()
        gap = self._follower.gap() if due is not None and due <= now else None
        if gap is not None:
            return gap
        cursors = [min(visit.cursor or 0, self._follower.position) for visit in self.waiting]
        if not cursors:
            return None
        page = self._settings.order.page
        return Gap(min(cursor for cursor in cursors if cursor > cursors[0] - page), page)

    def take(
        self, asked: Gap, by: Sequence[Visit["DurableRoom"]], entries: Sequence[Entry], *, now: float
    ) -> tuple[bool, int]:
        """What a read gave. Releases what is new and serves those who wait.

        Args:
            asked: what was read.
            by: who waited when the log was asked.
            entries: what it answered.
            now: monotonic seconds.

        Returns:
            whether anybody came further, and how many entries no announcement had told of.
        """
        follower = self._placed()
        before = follower.position
        released = follower.take(asked.after, entries, now=now)
        unheard = sum(entry.seq > follower.heard for entry in released)
        self._release(released)
        page = self._page(asked.after, entries) if self.waiting else []
        if self._outdated:
            self._recent.clear()
        served = self._serve(page, by if self._outdated else None)
        if asked.after == before and len(entries) < asked.limit:
            served = self._refuse_ahead(by) or served
        return served or follower.position > before, unheard

    def fail(self, *, now: float) -> None:
        """A read did not work."""
        self._placed().fail(now=now)

    def skip(self, gone: EntriesGone, *, now: float) -> list[Visit["DurableRoom"]]:
        """The log was cut. Goes on where it begins, and tells those who wait for what is gone.

        Returns:
            the live ones, who would have a hole.
        """
        follower = self._placed()
        for visit in [visit for visit in self.waiting if (visit.cursor or 0) < gone.first - 1]:
            del self.waiting[visit]
            visit.wake(error=gone)
        if follower.position >= gone.first - 1:
            return []
        holed = list(self._live)
        for visit in holed:
            self.end(visit, now=now)
        self._recent.clear()
        self.mark = None
        self._release(follower.skip_to(gone.first - 1, now=now))
        self._serve([])
        return holed

    def _placed(self) -> Follower:
        assert self._follower is not None, "asked before the log said where the room is"
        return self._follower

    def _release(self, entries: Sequence[Entry]) -> None:
        frames: list[tuple[int, Frame]] = []
        for entry in entries:
            frame = self._encode(entry)
            self._recent.add(entry.seq, frame, len(entry.data))
            frames.append((entry.seq, frame))
            if self._live and not self.tracked:
                self._stage.deliver(self.name, frame)
        if self.tracked and frames:
            self._send_tracked(frames)
        if entries and self.waiting:
            self._serve([])

    def _send_tracked(self, frames: Sequence[tuple[int, Frame]]) -> None:
        """Send to each live client with its own offset, which no other client may be sent."""
        entries = [tracked_entry(seq, frame) for seq, frame in frames]
        self.mark = entries[-1].mark
        for visit in tuple(self._live):
            visit.client.send_frame(tracked(visit.client, self.name, entries))

    def _page(self, after: int, entries: Sequence[Entry]) -> list[tuple[int, Frame]]:
        """The entries as frames, as far as they are without gaps and released; remembered, if they fit."""
        position = self._placed().position
        page: list[tuple[int, Frame, int]] = []
        for expected, entry in enumerate(entries, after + 1):
            if entry.seq != expected or expected > position:
                break
            page.append((expected, self._encode(entry), len(entry.data)))
        self._recent.put_before(page, position=position)
        return [(seq, frame) for seq, frame, _ in page]

    def _serve(self, page: Sequence[tuple[int, Frame]], those: "Sequence[Visit[DurableRoom]] | None" = None) -> bool:
        """Wake those in the row who can go on: with their part of the page, or because the room came to them.

        Args:
            page: what was read.
            those: who may have it; None: everybody.
        """
        position = self._placed().position
        first, last = (page[0][0], page[-1][0]) if page else (1, 0)
        served = False
        for visit in list(self.waiting):
            cursor = visit.cursor or 0
            fits = first <= cursor + 1 <= last and (those is None or visit in those)
            theirs = page[cursor + 1 - first :] if fits else page[:0]
            if theirs or cursor == position or self._recent.after(cursor) is not None:
                del self.waiting[visit]
                visit.wake(theirs)
                served = True
        return served

    def _refuse_ahead(self, asked: Sequence[Visit["DurableRoom"]]) -> bool:
        """The log ended here after those had asked: if one waits for more, this log never gave it its cursor."""
        position = self._placed().position
        refused = [visit for visit in asked if visit in self.waiting and (visit.cursor or 0) > position]
        for visit in refused:
            del self.waiting[visit]
            visit.wake(error=CursorAhead(self.name, visit.cursor or 0, position))
        return bool(refused)

    def _encode(self, entry: Entry) -> Frame:
        return self._stage.encode(self._event, msgspec.Raw(entry.data), bare=True)
