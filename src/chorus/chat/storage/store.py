# ruff: noqa: D102 - what the methods promise is written once, in contract/
"""The store on any database that speaks SQL: queries, run by a Database, and appends, committed in groups."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Unpack

from sqlalchemy import Connection

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.audit import Record
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.entries import Entry, NewEntry, WrittenPage
from chorus.chat.domain.invites import Invite
from chorus.chat.domain.sessions import Session
from chorus.chat.storage.contract import AccountMade, Appended
from chorus.chat.storage.contract.messages import Where
from chorus.chat.storage.database import Database
from chorus.chat.storage.group_commit import GroupCommit
from chorus.chat.storage.group_read import GroupRead
from chorus.chat.storage.indexing import index
from chorus.chat.storage.integration_store import SqlIntegrationStore
from chorus.chat.storage.queries.accounts import (
    accounts_called,
    accounts_with,
    change_account,
    create_account,
    credentials,
    find_account,
    has_accounts,
    list_accounts,
    require_no_accounts,
    set_password_hash,
)
from chorus.chat.storage.queries.acquaintances import people_in
from chorus.chat.storage.queries.audit import forget_audit, list_audit, record
from chorus.chat.storage.queries.channels import (
    add_member,
    change_channel,
    channel_members,
    create_channel,
    every_channel,
    join_channel,
    joined_channel,
    leave_channel,
    list_channels,
    mark_read,
    positions,
    remove_member,
    seen_from_outside,
)
from chorus.chat.storage.queries.conversations import open_conversation
from chorus.chat.storage.queries.entries import edits, history, knows, message, read, thread
from chorus.chat.storage.queries.exports import claim_export, exporting, keep_export, leave_export
from chorus.chat.storage.queries.files import (
    abandoned,
    add_file,
    attachable,
    find_file,
    forget_files,
    kept_files,
    withdraw,
)
from chorus.chat.storage.queries.filling import add_members, erase, set_read
from chorus.chat.storage.queries.invites import create_invite, find_invite, list_invites, revoke_invite
from chorus.chat.storage.queries.members import members as everyone_in
from chorus.chat.storage.queries.notes import (
    keep_draft,
    list_drafts,
    list_pins,
    list_saved,
    save_message,
    unsave_message,
)
from chorus.chat.storage.queries.overview import overview
from chorus.chat.storage.queries.own_entries import channels_with_entries_of, entries_of
from chorus.chat.storage.queries.retention import (
    claim_sweep,
    expire,
    expiring,
    floor,
    server_retention,
    set_channel_retention,
    set_server_retention,
)
from chorus.chat.storage.queries.search import search
from chorus.chat.storage.queries.sessions import (
    create_session,
    devices,
    end_other_sessions,
    end_session,
    end_sessions,
    rotate_session,
)
from chorus.chat.storage.queries.standing import (
    KEPT_SESSIONS,
    bot_sessions,
    followed_channels,
    sessions_in,
    standing,
)
from chorus.chat.storage.queries.stats import stats
from chorus.chat.storage.schema_version import require_current
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.steps import rows_of
from chorus.chat.storage.transactions import Transactions, reading, stepping, writing
from chorus.chat.storage.written_history import WrittenHistory


class SqlStore(Transactions):
    """Implements `contract.Store`; what the methods promise is written there."""

    def __init__(self, database: Database, settings: DatabaseSettings) -> None:
        super().__init__(database)
        self._appends = GroupCommit(database.append, batch=settings.batch, waiting=settings.waiting)
        self.integrations = SqlIntegrationStore(database)
        self._pages = WrittenHistory(database, most=settings.lines)
        self._sessions = GroupRead(self._read_sessions, batch=settings.batch, waiting=settings.waiting)
        self._followed = GroupRead(self._read_followed, batch=settings.batch, waiting=settings.waiting)

    async def start(self) -> None:
        await self.database.start()

    async def close(self) -> None:
        await self._appends.finish()
        await self._sessions.finish()
        await self._followed.finish()
        await self.database.close()

    async def ping(self) -> float:
        began = time.monotonic()
        await self.database.read(require_current)
        return time.monotonic() - began

    erase = writing(erase)

    # Accounts

    has_accounts = reading(has_accounts)
    require_no_accounts = reading(require_no_accounts)
    account = reading(find_account)
    accounts = reading(list_accounts)
    accounts_with = reading(accounts_with)
    credentials = reading(credentials)
    accounts_called = reading(accounts_called)
    set_password_hash = writing(set_password_hash)

    async def create_account(
        self,
        *,
        handle: str,
        name: str,
        password_hash: str,
        at: int,
        role: Role | None,
        invite: str | None = None,
        audit: Callable[[Account], Sequence[Record]] | None = None,
    ) -> AccountMade:
        def work(connection: Connection) -> AccountMade:
            made = create_account(
                connection, handle=handle, name=name, password_hash=password_hash, at=at, role=role, invite=invite
            )
            record(connection, audit(made.account) if audit else ())
            return made

        return await self.database.write(work)

    async def change_account(
        self,
        account_id: int,
        *,
        name: str | None = None,
        role: Role | None = None,
        deactivated_at: int | None = None,
        audit: Sequence[Record] = (),
    ) -> Account:
        return await self.write_and_record(
            lambda c: change_account(c, account_id, name=name, role=role, deactivated_at=deactivated_at), audit
        )

    async def change_password(
        self, account_id: int, password_hash: str, *, before: str, session_id: str
    ) -> Sequence[str] | None:
        def work(connection: Connection) -> Sequence[str] | None:
            if not set_password_hash(connection, account_id, password_hash, before=before):
                return None
            return end_other_sessions(connection, account_id, session_id)

        return await self.database.write(work)

    async def reset_password(self, account_id: int, password_hash: str, *, audit: Sequence[Record]) -> Sequence[str]:
        def work(connection: Connection) -> Sequence[str]:
            set_password_hash(connection, account_id, password_hash)
            return end_sessions(connection, account_id)

        return await self.write_and_record(work, audit)

    # Invites

    invites = reading(list_invites)
    invite = reading(find_invite)

    async def create_invite(self, invite: Invite, *, audit: Sequence[Record] = ()) -> None:
        await self.write_and_record(lambda c: create_invite(c, invite), audit)

    async def revoke_invite(self, invite_id: str, *, audit: Sequence[Record] = ()) -> bool:
        return await self.write_and_record(lambda c: revoke_invite(c, invite_id), audit)

    # Sessions

    create_session = writing(create_session)
    devices = reading(devices)
    standing = reading(standing)
    rotate_session = writing(rotate_session)
    end_session = writing(end_session)

    async def session(self, session_id: str, *, at: int) -> Session | None:
        session = await self._sessions.ask(session_id)
        return session if session is not None and session.expires_at > at else None

    # Channels

    channels = reading(list_channels)
    joined_channel = reading(joined_channel)
    create_channel = writing(create_channel)
    open_conversation = writing(open_conversation)
    members = reading(channel_members)
    add_member = writing(add_member)
    add_members = writing(add_members)
    join_channel = writing(join_channel)
    leave_channel = writing(leave_channel)
    mark_read = stepping(mark_read, writes=True)
    set_read = writing(set_read)
    people_in = reading(people_in)
    overview = reading(overview, snapshot=True)
    outside = reading(seen_from_outside)
    every_channel = reading(every_channel)
    everyone_in = reading(everyone_in)

    async def followed(self, account_id: int) -> Mapping[int, int]:
        return await self._followed.ask(account_id) or {}

    async def change_channel(
        self,
        account_id: int,
        channel_id: int,
        *,
        name: str | None = None,
        topic: str | None = None,
        archived_at: int | None = None,
        audit: Sequence[Record] = (),
    ) -> Channel:
        return await self.write_and_record(
            lambda c: change_channel(c, account_id, channel_id, name=name, topic=topic, archived_at=archived_at), audit
        )

    async def remove_member(
        self, by: int, account_id: int, channel_id: int, *, audit: Sequence[Record] = ()
    ) -> Channel:
        def work(connection: Connection) -> Channel:
            changed, removed = remove_member(connection, by, account_id, channel_id)
            record(connection, audit if removed else ())
            return changed

        return await self.database.write(work)

    # Messages

    channels_with_entries_of = reading(channels_with_entries_of)
    entries_of = reading(entries_of)
    knows = reading(knows)
    history = reading(history)
    thread = reading(thread, snapshot=True)
    edits = reading(edits, snapshot=True)
    read = reading(read)
    floor = reading(floor)
    positions = reading(positions)

    async def written_history(self, account_id: int, channel_id: int, **where: Unpack[Where]) -> WrittenPage:
        return await self._pages.page(account_id, channel_id, **where)

    async def append(self, entry: NewEntry) -> Appended:
        return await self._appends.append(entry)

    async def message(self, account_id: int, channel_id: int, seq: int) -> Entry:
        found, _ = await self.database.read(lambda c: message(c, account_id, channel_id, seq))
        return found

    # Pins, saved messages, drafts

    pins = reading(list_pins)
    saved = reading(list_saved)
    drafts = reading(list_drafts)
    keep_draft = writing(keep_draft)

    async def save_message(self, account_id: int, channel_id: int, seq: int, *, at: int, standing: bool) -> None:
        def work(connection: Connection) -> None:
            if standing:
                save_message(connection, account_id, channel_id, seq, at=at)
            else:
                unsave_message(connection, account_id, channel_id, seq)

        await self.database.write(work)

    # Files

    add_file = writing(add_file)
    file = reading(find_file)
    attachable = reading(attachable)
    withdraw_file = writing(withdraw)
    abandoned_files = reading(abandoned)
    forget_files = writing(forget_files)
    kept_files = reading(kept_files)

    # Search

    search = reading(search, snapshot=True)
    index = writing(index)

    # How long messages are kept

    retention = reading(server_retention)
    claim_sweep = writing(claim_sweep)
    expiring = reading(expiring)
    expire = writing(expire)

    async def set_retention(self, days: int, *, audit: Sequence[Record] = ()) -> None:
        await self.write_and_record(lambda c: set_server_retention(c, days), audit)

    async def set_channel_retention(
        self, channel_id: int, days: int | None, *, audit: Sequence[Record] = ()
    ) -> Channel:
        def work(connection: Connection) -> Channel:
            set_channel_retention(connection, channel_id, days)
            return seen_from_outside(connection, channel_id)

        return await self.write_and_record(work, audit)

    # Exports on their way

    exporting = reading(exporting)
    claim_export = writing(claim_export)
    keep_export = writing(keep_export)
    leave_export = writing(leave_export)

    # The audit log, and figures

    audit = reading(list_audit)
    record = writing(record)
    forget_audit = writing(forget_audit)
    stats = reading(stats, snapshot=True)

    # What many ask at the same time is read together

    async def _read_sessions(self, session_ids: Sequence[str]) -> Mapping[str, Session]:
        found = sessions_in(await self.database.steps(lambda: rows_of(KEPT_SESSIONS, {"ids": session_ids})))
        others = set(session_ids) - found.keys()
        return found | await self.database.read(lambda c: bot_sessions(c, others)) if others else found

    async def _read_followed(self, account_ids: Sequence[int]) -> Mapping[int, Mapping[int, int]]:
        return await self.database.read(lambda connection: followed_channels(connection, account_ids))
