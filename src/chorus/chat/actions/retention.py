"""How long messages are kept, by channel or by the server for those that say nothing; and taking away the older."""

import asyncio
import logging

from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.routine import Routine
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.channels import Channel, ChannelKind, check_channel_id, check_named
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.retention import DAY, check_days
from chorus.chat.domain.sessions import Origin

logger = logging.getLogger(__name__)

PERIOD = 10 * 60.0
"""Seconds between two looks, by whichever instance comes first."""

AT_ONCE = 500
"""Entries in one transaction; between two, others have their turn."""

PAUSE = 0.05
"""Seconds between two transactions."""

_NOWHERE = Origin()


async def look(chat: Chat, *, by: Account) -> int:
    """Days for which messages are kept where a channel says nothing else; 0: for ever.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SET_RETENTION)
    return await chat.store.retention()


async def set_for_all(chat: Chat, *, by: Account, days: int, origin: Origin = _NOWHERE) -> int:
    """Keep messages so many days where a channel says nothing else; 0: for ever.

    Raises:
        Invalid: a number out of range.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SET_RETENTION)
    days = check_days(days)
    terms = {"from": await chat.store.retention(), "to": days}
    record = recorded(chat, AuditAct.RETENTION_CHANGED, by=by, origin=origin, details=terms)

    await chat.store.set_retention(days, audit=[record] if terms["from"] != days else [])
    return days


async def set_for_channel(
    chat: Chat, *, by: Account, channel: int, days: int | None, origin: Origin = _NOWHERE
) -> Channel:
    """Keep messages of a channel so many days, 0: for ever, None: as the server says for all.

    Raises:
        Invalid: a number out of range.
        NotFound: no such channel, or a private one that this account is not in.
        Forbidden: the role may not; or it is direct messages, for which the server decides.
        DatabaseUnavailable.
    """
    authorise(by, Act.SET_RETENTION)
    days = None if days is None else check_days(days)
    found = await chat.store.outside(check_channel_id(channel))
    if found.kind is not ChannelKind.PUBLIC:
        try:
            await chat.store.joined_channel(by.id, channel)
        except NotFound:
            raise NotFound(f"There is no channel {channel}, or you are not in it") from None
    check_named(found)
    terms = {"from": found.retention, "to": days}
    record = recorded(chat, AuditAct.RETENTION_CHANGED, by=by, origin=origin, channel=channel, details=terms)

    changed = await chat.store.set_channel_retention(channel, days, audit=[record] if found.retention != days else [])

    chat.announcer.announce_change(changed)
    return changed


class Expiry(Routine):
    """Takes away messages, and lines of the audit log, that are older than they are kept."""

    title = "retention: taking away what is too old"
    again = PERIOD / 2

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def round(self) -> None:
        """One of all instances looks, once in each period."""
        at = await self._chat.store.claim_sweep(at=self._chat.now(), period=int(PERIOD * 1000))
        if at is not None:
            await self.sweep(at)
        await asyncio.sleep(PERIOD / 2)

    async def sweep(self, at: int) -> int:
        """Take away everything that is too old at that time; how many entries those were."""
        store, total = self._chat.store, 0
        for channel_id, before in await store.expiring(at=at):
            taken = 0
            while some := await store.expire(channel_id, before=before, limit=AT_ONCE):
                taken += some
                self._chat.announcer.forget_entries(channel_id)
                await asyncio.sleep(PAUSE)
            if taken:
                self._chat.announcer.announce_change(await store.outside(channel_id))
            total += taken
        days = self._chat.settings.audit_retention
        while days and (gone := await store.forget_audit(before=at - days * DAY, limit=AT_ONCE)):
            logger.info("audit log: %d lines older than %d days are gone", gone, days)
            await asyncio.sleep(PAUSE)
        return total
