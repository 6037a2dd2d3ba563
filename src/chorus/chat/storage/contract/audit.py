"""What the chat asks of its database for the audit log."""

from collections.abc import Sequence
from typing import Protocol

from chorus.chat.domain.audit import AuditFilter, AuditLine, Record


class AuditStore(Protocol):
    """What those who run the server did, line by line."""

    async def audit(self, asked: AuditFilter, *, before: int | None, limit: int) -> Sequence[AuditLine]:
        """The newest lines that fit, with smaller ids than `before`, the newest first."""
        ...

    async def record(self, audit: Sequence[Record]) -> None:
        """Write lines of what was done elsewhere than in the database."""
        ...

    async def forget_audit(self, *, before: int, limit: int) -> int:
        """Take away up to `limit` lines that are older than `before`; how many those were."""
        ...
