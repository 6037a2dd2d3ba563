"""A place among the exports that are on their way: few at a time, on all instances together.

    places = Places(store, now=chat.now)
    async with places.take(account) as place:     # TooMany when there is none
        ...
        await place.keep()                        # between two parts

A place is a row of the database with an end, which its holder puts off while the export goes on. So that of a worker
that died is free again after LEASE, and nobody has to notice that it died.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from chorus.chat.domain.errors import Unavailable
from chorus.chat.domain.exports import check_place
from chorus.chat.export.pipe import PATIENCE
from chorus.chat.storage.contract.exports import ExportStore

_RENEWED = 30_000
"""Milliseconds after which the end is put off."""

LEASE = _RENEWED + int(PATIENCE * 1000) + 30_000
"""Milliseconds for which a place counts: until it is to be put off, and then as long as a part may take to be taken."""


class Places:
    """Those of one database."""

    def __init__(self, store: ExportStore, *, now: Callable[[], int]) -> None:
        """`now`: wall time in milliseconds, which means the same on every machine."""
        self._store = store
        self._now = now

    async def check(self, account: int) -> None:
        """Do nothing where `take` would give one now.

        Raises:
            TooMany: it would not.
            DatabaseUnavailable: as everything here.
        """
        check_place(account, await self._store.exporting(at=self._now()))

    @asynccontextmanager
    async def take(self, account: int) -> AsyncGenerator["Place"]:
        """Have one until the block is left.

        Raises:
            TooMany: the account has one already, or there is none left.
        """
        place = Place(self._store, account, self._now)
        await place.begin()
        try:
            yield place
        finally:
            # In a task of its own: whoever hangs up cancels whatever is awaited here, as often as it is.
            await asyncio.shield(asyncio.get_running_loop().create_task(place.leave()))


class Place:
    """One, for an account."""

    def __init__(self, store: ExportStore, account: int, now: Callable[[], int]) -> None:
        self._store = store
        self._account = account
        self._now = now
        self._holder = uuid.uuid4().hex
        self._kept_at = 0

    async def begin(self) -> None:
        """Claim it; TooMany where there is none."""
        at = self._kept_at = self._now()
        await self._store.claim_export(self._account, holder=self._holder, at=at, until=at + LEASE)

    async def keep(self) -> None:
        """Say, often, that the export goes on; the database hears it now and then.

        Raises:
            Unavailable: it stood still for so long that the place was given to somebody else.
        """
        at = self._now()
        if at < self._kept_at + _RENEWED:
            return
        if not await self._store.keep_export(self._account, holder=self._holder, until=at + LEASE):
            raise Unavailable("the export stood still for too long, and its place was given to another one")
        self._kept_at = at

    async def leave(self) -> None:
        """Give it back; where the database is away it is free by itself."""
        try:
            await self._store.leave_export(self._account, holder=self._holder)
        except Unavailable:
            return
