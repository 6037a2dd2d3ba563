"""Who reads the log for durable rooms: one reader a room, when a gap is due or somebody waits for a page.

    readers.want_when_due(room)     # announcements left something open: wait as long as it may still come by itself
    readers.want(room)              # somebody waits

What to read, and what becomes of it, the room decides (server/durable_room.py). When the log is away, its readers ask
again with growing delays.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from chorus.realtime.log.contract import EntriesGone
from chorus.realtime.log.deafness import Hearing
from chorus.realtime.server.durable_room import DurableRoom
from chorus.realtime.server.durable_settings import DurableSettings
from chorus.realtime.server.jobs import Jobs
from chorus.realtime.server.patient_log import LogAway, PatientLog, Pause
from chorus.realtime.server.visit import Visit


class RoomReaders:
    """Of the durable rooms of one namespace.

    Args:
        log: is read.
        jobs: has the readers.
        hearing: is told what no announcement had told.
        end: ends a visit.
        settings: the pauses when the log is away.
    """

    def __init__(
        self,
        log: PatientLog,
        jobs: Jobs,
        hearing: Hearing,
        end: Callable[[Visit[DurableRoom]], None],
        settings: DurableSettings,
    ) -> None:
        self._log = log
        self._jobs = jobs
        self._hearing = hearing
        self._end = end
        self._settings = settings

    def want_when_due(self, room: DurableRoom) -> None:
        """Have the room's gap read when it is due, if it has one."""
        due = room.due()
        if due is not None and room.timer is None and not room.forgotten:
            room.timer = asyncio.get_running_loop().call_at(due, self._gap_is_due, room)

    def want(self, room: DurableRoom) -> None:
        """Have a reader at work now."""
        self._jobs.run(room, partial(self._read, room))

    def _gap_is_due(self, room: DurableRoom) -> None:
        room.timer = None
        due = room.due()
        if due is not None and due <= _now():
            self.want(room)
        else:
            self.want_when_due(room)

    async def _read(self, room: DurableRoom) -> None:
        """Read what the room's gap and the waiting clients need, until nobody needs anything."""
        pause = Pause(self._settings.retry, self._settings.longest_retry)
        while not room.forgotten and (need := room.next_read(now=_now())) is not None:
            asked_by = list(room.waiting)
            try:
                entries = await self._log.read(room.name, need.after, need.limit)
            except EntriesGone as gone:
                for visit in room.skip(gone, now=_now()):
                    self._end(visit)
                    visit.client.disconnect("entries gone")
                continue
            except LogAway:
                room.fail(now=_now())
                await pause.wait()
                continue
            further, unheard = room.take(need, asked_by, entries, now=_now())
            self._hearing.missed(unheard)
            if further:
                pause.reset()
            elif room.next_read(now=_now()) is not None:
                await pause.wait()
        self.want_when_due(room)


def _now() -> float:
    return asyncio.get_running_loop().time()
