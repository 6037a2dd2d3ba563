# ruff: noqa: D102 - what the methods promise is written once, in contract.py
"""The store on any database that speaks SQL: queries, run by a Database, and appends, committed in groups."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from uuid import UUID

from sqlalchemy import Connection

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.audit import AuditFilter, AuditLine, Record
from chorus.chat.domain.channels import Channel, ChannelKind
from chorus.chat.domain.drafts import Draft
from chorus.chat.domain.entries import Edit, Entry, HistoryPage, NewEntry, Thread
from chorus.chat.domain.files import File
from chorus.chat.domain.invites import Invite
from chorus.chat.domain.search import Search
from chorus.chat.domain.sessions import Device, Origin, Session
from chorus.chat.storage.contract import (
    AccountMade,
    Appended,
    ConversationOpened,
    Credentials,
    Found,
    KeptFile,
    Overview,
    Place,
    Standing,
    Stats,
)
from chorus.chat.storage.database import Database
from chorus.chat.storage.group_commit import GroupCommit
from chorus.chat.storage.group_read import GroupRead
from chorus.chat.storage.indexing import index
from chorus.chat.storage.integration_store import SqlIntegrationStore
from chorus.chat.storage.queries import accounts, channels, entries, files, filling, invites, notes, retention, sessions
from chorus.chat.storage.queries.acquaintances import people_in
from chorus.chat.storage.queries.audit import forget_audit, list_audit, record
from chorus.chat.storage.queries.conversations import open_conversation
from chorus.chat.storage.queries.members import members
from chorus.chat.storage.queries.overview import overview
from chorus.chat.storage.queries.own_entries import channels_with_entries_of, entries_of
from chorus.chat.storage.queries.search import search
from chorus.chat.storage.queries.standing import followed_channels, kept_sessions, standing
from chorus.chat.storage.queries.stats import stats
from chorus.chat.storage.schema_version import require_current
from chorus.chat.storage.settings import DatabaseSettings

_NOWHERE = Origin()


class SqlStore:
    """Implements `contract.Store`; what the methods promise is written there."""

    def __init__(self, database: Database, settings: DatabaseSettings) -> None:
        self._database = database
        self._appends = GroupCommit(database.append, batch=settings.batch, waiting=settings.waiting)
        self.integrations = SqlIntegrationStore(database)
        self._sessions = GroupRead(self._read_sessions, batch=settings.batch, waiting=settings.waiting)
        self._followed = GroupRead(self._read_followed, batch=settings.batch, waiting=settings.waiting)

    async def start(self) -> None:
        await self._database.start()

    async def close(self) -> None:
        await self._appends.finish()
        await self._sessions.finish()
        await self._followed.finish()
        await self._database.close()

    async def ping(self) -> float:
        began = time.monotonic()
        await self._database.read(require_current)
        return time.monotonic() - began

    async def erase(self) -> None:
        await self._database.write(filling.erase)

    async def has_accounts(self) -> bool:
        return await self._database.read(accounts.has_accounts)

    async def require_no_accounts(self) -> None:
        await self._database.read(accounts.require_no_accounts)

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
            made = accounts.create_account(
                connection, handle=handle, name=name, password_hash=password_hash, at=at, role=role, invite=invite
            )
            record(connection, audit(made.account) if audit else ())
            return made

        return await self._database.write(work)

    async def account(self, account_id: int) -> Account:
        return await self._database.read(lambda c: accounts.find_account(c, account_id))

    async def change_account(
        self,
        account_id: int,
        *,
        name: str | None = None,
        role: Role | None = None,
        deactivated_at: int | None = None,
        audit: Sequence[Record] = (),
    ) -> Account:
        def work(connection: Connection) -> Account:
            changed = accounts.change_account(
                connection, account_id, name=name, role=role, deactivated_at=deactivated_at
            )
            record(connection, audit)
            return changed

        return await self._database.write(work)

    async def create_invite(self, invite: Invite, *, audit: Sequence[Record] = ()) -> None:
        def work(connection: Connection) -> None:
            invites.create_invite(connection, invite)
            record(connection, audit)

        await self._database.write(work)

    async def invites(self) -> Sequence[Invite]:
        return await self._database.read(invites.list_invites)

    async def invite(self, invite_id: str) -> Invite | None:
        return await self._database.read(lambda c: invites.find_invite(c, invite_id))

    async def revoke_invite(self, invite_id: str, *, audit: Sequence[Record] = ()) -> bool:
        def work(connection: Connection) -> bool:
            revoked = invites.revoke_invite(connection, invite_id)
            record(connection, audit if revoked else ())
            return revoked

        return await self._database.write(work)

    async def accounts(self, *, seen_by: int | None = None) -> Sequence[Account]:
        return await self._database.read(lambda connection: accounts.list_accounts(connection, seen_by=seen_by))

    async def accounts_with(self, ids: Collection[int]) -> Sequence[Account]:
        return await self._database.read(lambda connection: accounts.accounts_with(connection, ids))

    async def credentials(self, handle: str) -> Credentials | None:
        return await self._database.read(lambda connection: accounts.credentials(connection, handle))

    async def accounts_called(self, handles: Collection[str], *, seen_by: int | None = None) -> dict[str, int]:
        return await self._database.read(lambda c: accounts.accounts_called(c, handles, seen_by=seen_by))

    async def set_password_hash(self, account_id: int, password_hash: str) -> None:
        await self._database.write(lambda c: accounts.set_password_hash(c, account_id, password_hash))

    async def reset_password(self, account_id: int, password_hash: str, *, audit: Sequence[Record]) -> Sequence[str]:
        def work(connection: Connection) -> Sequence[str]:
            accounts.set_password_hash(connection, account_id, password_hash)
            record(connection, audit)
            return sessions.end_sessions(connection, account_id)

        return await self._database.write(work)

    async def create_session(
        self,
        *,
        session_id: str,
        account_id: int,
        refresh_hash: bytes,
        at: int,
        expires_at: int,
        origin: Origin = _NOWHERE,
    ) -> Sequence[str]:
        return await self._database.write(
            lambda connection: sessions.create_session(
                connection,
                session_id=session_id,
                account_id=account_id,
                refresh_hash=refresh_hash,
                at=at,
                expires_at=expires_at,
                origin=origin,
            )
        )

    async def devices(self, session: Session, *, at: int) -> Sequence[Device]:
        return await self._database.read(lambda c: sessions.devices(c, session, at=at))

    async def session(self, session_id: str, *, at: int) -> Session | None:
        session = await self._sessions.ask(session_id)
        return session if session is not None and session.expires_at > at else None

    async def followed(self, account_id: int) -> Mapping[int, int]:
        return await self._followed.ask(account_id) or {}

    async def _read_sessions(self, session_ids: Sequence[str]) -> Mapping[str, Session]:
        return await self._database.read(lambda connection: kept_sessions(connection, session_ids))

    async def _read_followed(self, account_ids: Sequence[int]) -> Mapping[int, Mapping[int, int]]:
        return await self._database.read(lambda connection: followed_channels(connection, account_ids))

    async def standing(self, session_ids: Collection[str], account_ids: Collection[int], *, at: int) -> Standing:
        return await self._database.read(lambda c: standing(c, session_ids, account_ids, at=at))

    async def rotate_session(
        self,
        session_id: str,
        *,
        old_hash: bytes,
        new_hash: bytes,
        at: int,
        expires_at: int,
        again_since: int,
    ) -> Session | None:
        return await self._database.write(
            lambda connection: sessions.rotate_session(
                connection,
                session_id,
                old_hash=old_hash,
                new_hash=new_hash,
                at=at,
                expires_at=expires_at,
                again_since=again_since,
            )
        )

    async def end_session(self, session_id: str, *, account_id: int | None = None) -> bool:
        return await self._database.write(lambda c: sessions.end_session(c, session_id, account_id=account_id))

    async def end_other_sessions(self, account_id: int, session_id: str) -> Sequence[str]:
        return await self._database.write(lambda c: sessions.end_other_sessions(c, account_id, session_id))

    async def channels(self, account_id: int, *, joined_only: bool) -> Sequence[Channel]:
        return await self._database.read(lambda c: channels.list_channels(c, account_id, joined_only=joined_only))

    async def joined_channel(self, account_id: int, channel_id: int) -> Channel:
        return await self._database.read(lambda c: channels.joined_channel(c, account_id, channel_id))

    async def create_channel(
        self, *, name: str, topic: str, kind: ChannelKind = ChannelKind.PUBLIC, creator: int, at: int
    ) -> Channel:
        return await self._database.write(
            lambda c: channels.create_channel(c, name=name, topic=topic, kind=kind, creator=creator, at=at)
        )

    async def open_conversation(self, by: int, people: Collection[int], *, at: int) -> ConversationOpened:
        return await self._database.write(lambda c: open_conversation(c, by, people, at=at))

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
        def work(connection: Connection) -> Channel:
            changed = channels.change_channel(
                connection, account_id, channel_id, name=name, topic=topic, archived_at=archived_at
            )
            record(connection, audit)
            return changed

        return await self._database.write(work)

    async def members(self, account_id: int, channel_id: int, *, joined_only: bool) -> Sequence[int]:
        return await self._database.read(
            lambda c: channels.channel_members(c, account_id, channel_id, joined_only=joined_only)
        )

    async def add_member(self, by: int, account_id: int, channel_id: int, *, at: int) -> Channel:
        return await self._database.write(lambda c: channels.add_member(c, by, account_id, channel_id, at=at))

    async def add_members(self, account_ids: Collection[int], channel_id: int, *, at: int) -> None:
        await self._database.write(lambda c: filling.add_members(c, account_ids, channel_id, at=at))

    async def remove_member(
        self, by: int, account_id: int, channel_id: int, *, audit: Sequence[Record] = ()
    ) -> Channel:
        def work(connection: Connection) -> Channel:
            changed, removed = channels.remove_member(connection, by, account_id, channel_id)
            record(connection, audit if removed else ())
            return changed

        return await self._database.write(work)

    async def join_channel(self, account_id: int, channel_id: int, *, at: int) -> Channel:
        return await self._database.write(lambda c: channels.join_channel(c, account_id, channel_id, at=at))

    async def leave_channel(self, account_id: int, channel_id: int) -> Channel:
        return await self._database.write(lambda c: channels.leave_channel(c, account_id, channel_id))

    async def mark_read(self, account_id: int, channel_id: int, seq: int, *, back: bool = False) -> Channel:
        return await self._database.write(lambda c: channels.mark_read(c, account_id, channel_id, seq, back=back))

    async def set_read(self, channel_id: int, read: Mapping[int, int]) -> None:
        await self._database.write(lambda c: filling.set_read(c, channel_id, read))

    async def people_in(self, channel_ids: Collection[int]) -> Mapping[int, AbstractSet[int]]:
        return await self._database.read(lambda c: people_in(c, channel_ids))

    async def overview(self, account_id: int, *, joined_only: bool, strangers: bool = True) -> Overview:
        return await self._database.read(
            lambda c: overview(c, account_id, joined_only=joined_only, strangers=strangers), snapshot=True
        )

    async def append(self, entry: NewEntry) -> Appended:
        return await self._appends.append(entry)

    async def knows(self, sender: int, client_id: UUID) -> bool:
        return await self._database.read(lambda c: entries.knows(c, sender, client_id))

    async def history(
        self,
        account_id: int,
        channel_id: int,
        *,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        limit: int,
    ) -> HistoryPage:
        return await self._database.read(
            lambda connection: entries.history(
                connection, account_id, channel_id, before=before, after=after, around=around, limit=limit
            )
        )

    async def message(self, account_id: int, channel_id: int, seq: int) -> Entry:
        found, _ = await self._database.read(lambda c: entries.message(c, account_id, channel_id, seq))
        return found

    async def thread(self, account_id: int, channel_id: int, seq: int) -> Thread:
        return await self._database.read(lambda c: entries.thread(c, account_id, channel_id, seq), snapshot=True)

    async def edits(self, account_id: int, channel_id: int, seq: int) -> Sequence[Edit]:
        return await self._database.read(lambda c: entries.edits(c, account_id, channel_id, seq), snapshot=True)

    async def pins(self, account_id: int, channel_id: int) -> Sequence[Entry]:
        return await self._database.read(lambda c: notes.list_pins(c, account_id, channel_id))

    async def saved(self, account_id: int) -> Sequence[Entry]:
        return await self._database.read(lambda c: notes.list_saved(c, account_id))

    async def save_message(self, account_id: int, channel_id: int, seq: int, *, at: int, standing: bool) -> None:
        def work(connection: Connection) -> None:
            if standing:
                notes.save_message(connection, account_id, channel_id, seq, at=at)
            else:
                notes.unsave_message(connection, account_id, channel_id, seq)

        await self._database.write(work)

    async def drafts(self, account_id: int) -> Sequence[Draft]:
        return await self._database.read(lambda c: notes.list_drafts(c, account_id))

    async def keep_draft(self, account_id: int, channel_id: int, thread: int, text: str, *, at: int) -> None:
        await self._database.write(lambda c: notes.keep_draft(c, account_id, channel_id, thread, text, at=at))

    async def add_file(self, account_id: int, channel_id: int, file: File, *, at: int) -> None:
        await self._database.write(lambda c: files.add_file(c, account_id, channel_id, file, at=at))

    async def file(self, account_id: int, file_id: str) -> File:
        return await self._database.read(lambda c: files.find_file(c, account_id, file_id))

    async def attachable(self, account_id: int, channel_id: int, ids: Sequence[str]) -> Sequence[File]:
        return await self._database.read(lambda c: files.attachable(c, account_id, channel_id, ids))

    async def withdraw_file(self, account_id: int, file_id: str) -> None:
        await self._database.write(lambda c: files.withdraw(c, account_id, file_id))

    async def abandoned_files(self, *, before: int, limit: int) -> Sequence[str]:
        return await self._database.read(lambda c: files.abandoned(c, before=before, limit=limit))

    async def forget_files(self, ids: Collection[str]) -> None:
        await self._database.write(lambda c: files.forget_files(c, ids))

    async def search(self, account_id: int, asked: Search, *, after: Place | None, limit: int) -> Found:
        return await self._database.read(
            lambda c: search(c, account_id, asked, after=after, limit=limit), snapshot=True
        )

    async def index(self) -> int:
        return await self._database.write(index)

    async def retention(self) -> int:
        return await self._database.read(retention.server_retention)

    async def set_retention(self, days: int, *, audit: Sequence[Record] = ()) -> None:
        def work(connection: Connection) -> None:
            retention.set_server_retention(connection, days)
            record(connection, audit)

        await self._database.write(work)

    async def set_channel_retention(
        self, channel_id: int, days: int | None, *, audit: Sequence[Record] = ()
    ) -> Channel:
        def work(connection: Connection) -> Channel:
            retention.set_channel_retention(connection, channel_id, days)
            record(connection, audit)
            return channels.seen_from_outside(connection, channel_id)

        return await self._database.write(work)

    async def claim_sweep(self, *, at: int, period: int) -> bool:
        return await self._database.write(lambda c: retention.claim_sweep(c, at=at, period=period))

    async def expiring(self, *, at: int) -> Sequence[tuple[int, int]]:
        return await self._database.read(lambda c: retention.expiring(c, at=at))

    async def expire(self, channel_id: int, *, before: int, limit: int) -> int:
        return await self._database.write(lambda c: retention.expire(c, channel_id, before=before, limit=limit))

    async def outside(self, channel_id: int) -> Channel:
        return await self._database.read(lambda c: channels.seen_from_outside(c, channel_id))

    async def audit(self, asked: AuditFilter, *, before: int | None, limit: int) -> Sequence[AuditLine]:
        return await self._database.read(lambda c: list_audit(c, asked, before=before, limit=limit))

    async def record(self, audit: Sequence[Record]) -> None:
        await self._database.write(lambda c: record(c, audit))

    async def forget_audit(self, *, before: int, limit: int) -> int:
        return await self._database.write(lambda c: forget_audit(c, before=before, limit=limit))

    async def stats(self, *, at: int) -> Stats:
        return await self._database.read(lambda c: stats(c, at=at), snapshot=True)

    async def every_channel(self) -> Sequence[Channel]:
        return await self._database.read(channels.every_channel)

    async def everyone_in(self, channel_id: int) -> Sequence[int]:
        return await self._database.read(lambda c: members(c, channel_id))

    async def kept_files(self, *, after: str, limit: int) -> Sequence[KeptFile]:
        return await self._database.read(lambda c: files.kept_files(c, after=after, limit=limit))

    async def channels_with_entries_of(self, sender: int) -> Collection[int]:
        return await self._database.read(lambda c: channels_with_entries_of(c, sender))

    async def entries_of(self, sender: int, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
        return await self._database.read(lambda c: entries_of(c, sender, channel_id, after=after, limit=limit))

    async def read(self, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
        return await self._database.read(lambda c: entries.read(c, channel_id, after=after, limit=limit))

    async def floor(self, channel_id: int) -> int:
        return await self._database.read(lambda c: retention.floor(c, channel_id))

    async def positions(self, channel_ids: Collection[int]) -> dict[int, int]:
        return await self._database.read(lambda connection: channels.positions(connection, channel_ids))
