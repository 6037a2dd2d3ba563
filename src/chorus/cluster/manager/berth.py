"""What an instance has at the keeper: the record of its child, and its slot of the application's load page.

berth.take("chat:0:3")                                  # the child before it is forgotten
berth.spawn(spec, record, trial=False, born=..., failed=...)
berth.release()                                         # its process ended: the slot may be another's
"""

import asyncio
from collections.abc import Callable

from chorus.cluster.keeper import wire
from chorus.cluster.manager import launch
from chorus.cluster.manager.records import InstanceRecord
from chorus.cluster.manager.site import Site
from chorus.cluster.manager.slots import Slots
from chorus.cluster.spec import ApplicationSpec


class Berth:
    """Of one instance, for one process after the other."""

    def __init__(self, site: Site, slots: Slots) -> None:
        self.slot: int | None = None
        self._site, self._slots = site, slots
        self._known_key: str | None = None
        """Of the child that the keeper has on record for it."""

    def take(self, key: str) -> None:
        """Have it for the process of this key from now on."""
        self.forget()
        self._known_key = key
        if self.slot is None:
            self.slot = self._slots.take()

    def resume(self, key: str | None, slot: int | None) -> None:
        """Have it as a manager before us had."""
        self.slot, self._known_key = slot, key
        if slot is not None:
            self._slots.hold(slot)

    def spawn(
        self,
        spec: ApplicationSpec,
        record: InstanceRecord,
        *,
        trial: bool,
        born: Callable[[wire.ChildSpawned], None],
        failed: Callable[[str], None],
    ) -> None:
        """Have the keeper start the process. One of the two is called in a later turn of the event loop."""
        assert self.slot is not None
        try:
            command = launch.command(self._site, spec, record, self.slot, trial=trial)
        except launch.CannotLaunch as error:
            asyncio.get_running_loop().call_soon(failed, str(error))
            return

        def answered(future: "asyncio.Future[wire.ChildSpawned]") -> None:
            if future.cancelled():
                return
            if (error := future.exception()) is not None:
                failed(str(error))
            else:
                born(future.result())

        self._site.keeper.spawn(command).add_done_callback(answered)

    def lose(self) -> None:
        """The keeper has no child of it after all."""
        self._known_key = None

    def release(self) -> None:
        """Give the slot back."""
        if self.slot is not None:
            self._slots.free(self.slot)
            self.slot = None

    def forget(self) -> None:
        """Have the keeper drop the record of the child that ended."""
        if self._known_key is not None:
            self._site.keeper.forget(self._known_key)
            self._known_key = None
