"""An instance's record, and its copy in the keeper's notebook, which outlives the manager.

    ledger.change(state=State.ONLINE)      # here …
    ledger.write()                         # … and in the notebook
    ledger.strike()                        # nothing is left of it

A successor's record is written once it is switched in: `kept` says whether a record stands in the notebook.
"""

import msgspec

from chorus.cluster.manager.keeper_client import Keeper
from chorus.cluster.manager.records import InstanceRecord, write


class Ledger:
    """Of one instance."""

    def __init__(self, keeper: Keeper, record: InstanceRecord, *, kept: bool) -> None:
        self.record = record
        self.kept = kept
        self._keeper = keeper

    def change(self, **changes: object) -> None:
        """Replace fields of the record."""
        self.record = msgspec.structs.replace(self.record, **changes)

    def note(self, **changes: object) -> None:
        """Replace fields of the record, and have the notebook know at once."""
        self.change(**changes)
        self.write()

    def write(self) -> None:
        """Have the notebook know, where the record is kept there."""
        if self.kept:
            self._keeper.note(self.record.note, write(self.record))

    def strike(self) -> None:
        """Leave no record."""
        if self.kept:
            self.kept = False
            self._keeper.note(self.record.note, None)
