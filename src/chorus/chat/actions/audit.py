"""The audit log: what administrative actions leave in it, and reading it."""

from collections.abc import Mapping, Sequence

import msgspec

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import AuditAct, AuditFilter, AuditLine, Record, check_audit_page
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.sessions import Origin

USUAL_PAGE = 50
"""Lines."""


class AuditPage(msgspec.Struct, frozen=True):
    """Some of the log, the newest line first."""

    lines: Sequence[AuditLine]
    next: int | None
    """`before` for the next page; null: there is none."""


def recorded(
    chat: Chat,
    act: AuditAct,
    *,
    by: Account,
    origin: Origin,
    account: int = 0,
    channel: int = 0,
    details: Mapping[str, str | int | bool | None] | None = None,
) -> Record:
    """A line that says that `by` does this now; to be stored with what it does."""
    return Record(act.value, chat.now(), by.id, account, channel, details or {}, origin.address)


async def list_lines(
    chat: Chat, *, by: Account, asked: AuditFilter, before: int | None = None, limit: int = USUAL_PAGE
) -> AuditPage:
    """The newest lines that fit, before the line `before`; 1 to 200 of them.

    Raises:
        Invalid: a limit out of range.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SEE_AUDIT)
    check_audit_page(limit)
    lines = await chat.store.audit(asked, before=before, limit=limit + 1)
    more = len(lines) > limit
    return AuditPage(lines[:limit], lines[limit - 1].id if more else None)
