"""What the chat asks of its database about exports that are on their way, on whatever instance."""

from collections.abc import Sequence
from typing import Protocol


class ExportStore(Protocol):
    """Places of exports; each counts until a moment that its holder puts off, and so is free when the holder died."""

    async def exporting(self, *, at: int) -> Sequence[int]:
        """The accounts whose exports are on their way."""
        ...

    async def claim_export(self, account_id: int, *, holder: str, at: int, until: int) -> None:
        """Have a place until `until`; `holder` is a word of the claimant's own, which the next two ask for.

        Raises:
            TooMany: domain/exports.py says when.
        """
        ...

    async def keep_export(self, account_id: int, *, holder: str, until: int) -> bool:
        """Have it for longer; False where it ran out, and was given away."""
        ...

    async def leave_export(self, account_id: int, *, holder: str) -> None:
        """Give it back; one that ran out is nobody's to give."""
        ...
