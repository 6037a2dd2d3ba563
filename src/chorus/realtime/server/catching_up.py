"""One client's way from its cursor to the position of its durable room.

It is fed pages, from the entries kept in memory when they reach back so far, from the log otherwise, each when its
socket took the one before. When its cursor equals the room's position it becomes a member, with no await between the
comparison and the joining, so nothing falls between and nothing comes twice.
"""

import asyncio
from collections.abc import Callable, Sequence

from chorus.realtime.log.trail import EMPTY
from chorus.realtime.server.durable_room import DurableRoom
from chorus.realtime.server.durable_settings import DurableSettings
from chorus.realtime.server.patient_log import Pause
from chorus.realtime.server.stage import Audience
from chorus.realtime.server.tracking import tracked, tracked_entry
from chorus.realtime.server.visit import Step, Visit
from chorus.realtime.transport.frames import Frame


class CatchingUp:
    """Of the durable rooms of one namespace.

    Args:
        want_reader: has the log read for those who wait in a room.
        send_offset: tells a client with a trail where it stands.
        settings: how much goes out at once, and how long a slow socket is waited for.
    """

    def __init__(
        self,
        want_reader: Callable[[DurableRoom], None],
        send_offset: Callable[[Audience], None],
        settings: DurableSettings,
    ) -> None:
        self._want_reader = want_reader
        self._send_offset = send_offset
        self._settings = settings

    async def go(self, visit: Visit[DurableRoom]) -> None:
        """Lead the client there, or until it is no longer wanted.

        Raises:
            ResumeFailed: the log cannot continue from its cursor.
        """
        room = visit.room
        while visit.wanted:
            if room.position is None:
                await visit.wait()
                continue
            if visit.cursor is None:
                visit.cursor = room.position
            if visit.step is Step.CALLED:
                visit.become(Step.CATCHING_UP)
                self._begin_trail(visit)
                continue  # what its client was told may have been too much for it: then this is over
            if visit.cursor == room.position:
                room.enter(visit)
                return
            page = room.remembered(visit.cursor)
            if page is None:
                room.waiting[visit] = None
                self._want_reader(room)
                page = await visit.wait()
            await self._send(visit, page)

    async def _send(self, visit: Visit[DurableRoom], page: Sequence[tuple[int, Frame]]) -> None:
        """Send the page in bursts, each of them as one write: what a client missed mostly fits into the first."""
        begin = 0
        while begin < len(page):
            if begin or visit.client.congested:
                await self._until_taken(visit)
            if not visit.wanted:
                return
            end = self._end_of_burst(page, begin)
            visit.client.send_frame(_joined(visit, page[begin:end]))
            visit.cursor = page[end - 1][0]
            begin = end

    def _end_of_burst(self, page: Sequence[tuple[int, Frame]], begin: int) -> int:
        size = 0
        for index in range(begin, len(page)):
            size += len(page[index][1])
            if size >= self._settings.burst:
                return index + 1
        return len(page)

    async def _until_taken(self, visit: Visit[DurableRoom]) -> None:
        """Let the tick end, and wait until the client's socket took most of what it was sent."""
        await asyncio.sleep(0)
        pause = Pause(self._settings.drain, self._settings.longest_drain)
        while visit.wanted and visit.client.congested:
            await pause.wait()

    def _begin_trail(self, visit: Visit[DurableRoom]) -> None:
        """Let the client know where it begins, before it is told that it follows."""
        trail, name = visit.client.trail, visit.room.name
        if trail is None:
            return
        known = trail.marks().get(name)
        if known is None or known.seq != visit.cursor:
            mark = visit.room.mark if visit.cursor == visit.room.position else EMPTY if not visit.cursor else None
            trail.see(name, mark)
            if visit.client.let_in:
                self._send_offset(visit.client)


def _joined(visit: Visit[DurableRoom], entries: Sequence[tuple[int, Frame]]) -> Frame:
    if not visit.room.tracked:
        return Frame(b"".join([frame for _, frame in entries]))
    return tracked(visit.client, visit.room.name, [tracked_entry(seq, frame) for seq, frame in entries])
