"""One client's following of one durable room, and where that is.

    CALLED --> CATCHING_UP --> LIVE --> OVER

and from each of the first two to OVER; what is OVER may be ended again.
"""

import asyncio
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final, Generic, TypeVar

from chorus.realtime.server.stage import Audience
from chorus.realtime.transport.frames import Frame

R = TypeVar("R")


class Step(Enum):
    """Where a following is."""

    CALLED = auto()
    """It waits until the log has said where the room is; its cursor and its client's trail are as it brought them."""

    CATCHING_UP = auto()
    """It has its cursor, and its client's trail knows it; it is sent what lies behind it."""

    LIVE = auto()
    """Its client is a member of the room."""

    OVER = auto()
    """Nobody wants it any more."""


_NEXT: Final = {
    Step.CALLED: {Step.CATCHING_UP, Step.OVER},
    Step.CATCHING_UP: {Step.LIVE, Step.OVER},
    Step.LIVE: {Step.OVER},
    Step.OVER: {Step.OVER},
}


class UnexpectedStep(Exception):
    """A following was to become what it cannot become: a fault of ours."""


class Visit(Generic[R]):
    """What is known of it; who reads for it and sends to it is catching_up.py's.

    Args:
        client: follows.
        room: is followed.
        cursor: the seq it was sent last while catching up; None: it wants what is new only.
    """

    def __init__(self, client: Audience, room: R, cursor: int | None) -> None:
        self.client = client
        self.room = room
        self.cursor = cursor
        self.step = Step.CALLED
        self._page: list[tuple[int, Frame]] = []
        self._error: Exception | None = None
        self._woken: asyncio.Future[None] | None = None

    @property
    def live(self) -> bool:
        """Whether its client is sent entries as the room releases them."""
        return self.step is Step.LIVE

    @property
    def wanted(self) -> bool:
        """Whether it goes on."""
        return self.step is not Step.OVER

    def become(self, step: Step) -> None:
        """Take the next step.

        Raises:
            UnexpectedStep: it does not follow on the one before.
        """
        if step not in _NEXT[self.step]:
            raise UnexpectedStep(f"a following that is {self.step.name} cannot become {step.name}")
        self.step = step

    async def wait(self) -> list[tuple[int, Frame]]:
        """Wait until woken; what it is to be sent, which may be nothing.

        Raises:
            ResumeFailed: the log cannot continue from its cursor, and it is still wanted.
        """
        self._woken = asyncio.get_running_loop().create_future()
        try:
            await self._woken
        finally:
            self._woken = None
        if self._error is not None and self.wanted:
            raise self._error
        page, self._page = self._page, []
        return page

    def wake(self, page: Sequence[tuple[int, Frame]] = (), error: Exception | None = None) -> None:
        """End its waiting, if it waits."""
        if self._woken is not None and not self._woken.done():
            self._page = list(page)
            self._error = error
            self._woken.set_result(None)
