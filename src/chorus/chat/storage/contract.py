"""What the chat asks of its database.

    store = open_store(DatabaseSettings(url="sqlite:///chat.db"))
    await store.start()                                             # schema brought up to date, connections opened
    made = await store.create_account(handle="ada", name="Ada", password_hash=…, at=now, role=Role.MEMBER)
    appended = await store.append(NewEntry(made.joined[0].id, …))     # durable when it returns
    page = await store.history(made.account.id, made.joined[0].id, limit=50)
    await store.close()

Every read and write of a channel is scoped by membership in the transaction that does it: a channel that the account is
not in is NotFound, like one that does not exist. `at` is wall time in milliseconds since 1970. Every method may raise
DatabaseUnavailable, and the next call tries anew. `audit` are lines for the audit log, written in the transaction that
does what they tell of, or not at all.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol
from uuid import UUID

import msgspec

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.audit import AuditFilter, AuditLine, Record
from chorus.chat.domain.channels import Channel, ChannelKind
from chorus.chat.domain.drafts import Draft
from chorus.chat.domain.entries import Edit, Entry, HistoryPage, NewEntry, Thread
from chorus.chat.domain.files import File
from chorus.chat.domain.invites import Invite
from chorus.chat.domain.search import Search
from chorus.chat.domain.sessions import Device, Origin, Session
from chorus.chat.storage.integration_contract import IntegrationStore


class AccountMade(msgspec.Struct, frozen=True):
    """A new account."""

    account: Account
    joined: Sequence[Channel]
    """The channels that it is in from the start."""

    first: bool
    """It owns the server, and the channels in `joined` were made with it."""


class Credentials(msgspec.Struct, frozen=True):
    """What a password is checked against."""

    account: Account
    password_hash: str


class Appended(msgspec.Struct, frozen=True):
    """An entry in its place."""

    entry: Entry
    repeated: bool
    """Nothing was stored: the sender used this client id before, and `entry` is the first one's; or there was nothing
    to change, and `entry` is the message as it is."""


class ConversationOpened(msgspec.Struct, frozen=True):
    """A conversation, as one of its people sees it."""

    channel: Channel
    made: bool
    """It was not there before."""


class Overview(msgspec.Struct, frozen=True):
    """Accounts and channels of one moment."""

    accounts: Sequence[Account]
    channels: Sequence[Channel]


class Standing(msgspec.Struct, frozen=True):
    """What live connections rely on, as it is."""

    sessions: AbstractSet[str]
    """Those that are not over."""

    channels: Mapping[int, AbstractSet[int]]
    """By account: the channels that it is in."""


class Stats(msgspec.Struct, frozen=True):
    """How much there is of everything."""

    accounts: Mapping[str, int]
    """By role, those in use."""

    deactivated: int
    channels: Mapping[str, int]
    """By kind."""

    entries: int
    """Lines of all logs: messages and what changed them."""

    messages: int
    """Posted, deleted ones too."""

    files: int
    file_bytes: int
    sessions: int
    """Of devices that are signed in."""

    newest: int | None
    """When something was said last: milliseconds since 1970."""

    database_bytes: int


class KeptFile(msgspec.Struct, frozen=True):
    """A file of a message, with where it is."""

    file: File
    account: int
    """Who uploaded it."""

    channel: int
    seq: int
    """Of the message."""


class Place(msgspec.Struct, frozen=True):
    """A position among what was found: what comes after it is older."""

    at: int
    """Milliseconds since 1970."""

    id: int


class Found(msgspec.Struct, frozen=True):
    """Some of the messages that fit a search."""

    messages: Sequence[Entry]
    """In their present state, newest first."""

    next: Place | None
    """Where to go on; None: there are no more."""


class Store(Protocol):
    """The chat's database. One a process; safe for any number of tasks of one event loop."""

    @property
    def integrations(self) -> IntegrationStore:
        """What it keeps of bots, webhooks and commands."""
        ...

    async def start(self) -> None:
        """Bring the schema up to date, once for all that start together, and open the connections."""
        ...

    async def close(self) -> None:
        """Finish the appends under way and close the connections; a closed store raises DatabaseUnavailable."""
        ...

    async def ping(self) -> float:
        """Ask for an answer; returns the latency in seconds."""
        ...

    async def erase(self) -> None:
        """Take out everybody and everything; contents of files are taken away later, as of any that nobody can have."""
        ...

    # Accounts

    async def has_accounts(self) -> bool:
        """Whether any account exists."""
        ...

    async def require_no_accounts(self) -> None:
        """Raise Forbidden when somebody owns the server: sign-up is closed."""
        ...

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
        """Make an account that is, unless it is a guest's or a bot's, in every channel meant for all.

        The very first one becomes the owner, and "general" is made with it, whatever `role` says, also when two
        arrive at once. Later ones get the role and channels of the `invite`, which is counted as used; without one
        they get `role`, and None refuses them. `audit` says what is told of the account that was made.

        Raises:
            Conflict: the handle is taken, in any case.
            Forbidden: it is not the first, and the invite does not stand, or there is none and `role` is None.
        """
        ...

    async def account(self, account_id: int) -> Account:
        """The account with this id; NotFound when there is none."""
        ...

    async def change_account(
        self,
        account_id: int,
        *,
        name: str | None = None,
        role: Role | None = None,
        deactivated_at: int | None = None,
        audit: Sequence[Record] = (),
    ) -> Account:
        """Change what is given; a `deactivated_at` of 0 has the account in use again.

        Deactivation ends its sessions and tokens.

        Raises:
            NotFound: there is no such account.
            Conflict: nobody else would own the server.
        """
        ...

    async def accounts(self, *, seen_by: int | None = None) -> Sequence[Account]:
        """All accounts, by id; or this one and those that share a channel with it."""
        ...

    async def accounts_with(self, ids: Collection[int]) -> Sequence[Account]:
        """Those of these accounts that there are, by id."""
        ...

    async def credentials(self, handle: str) -> Credentials | None:
        """The account with this handle, in any case, and its password hash."""
        ...

    async def accounts_called(self, handles: Collection[str], *, seen_by: int | None = None) -> dict[str, int]:
        """The ids of those of these handles, as `handle_key` gives them, that somebody has; `seen_by` as above."""
        ...

    async def set_password_hash(self, account_id: int, password_hash: str) -> None:
        """Keep another hash of the password."""
        ...

    async def reset_password(self, account_id: int, password_hash: str, *, audit: Sequence[Record]) -> Sequence[str]:
        """Keep another hash of the password and end all sessions of the account; returns their ids."""
        ...

    # Invites

    async def create_invite(self, invite: Invite, *, audit: Sequence[Record] = ()) -> None:
        """Keep an invite."""
        ...

    async def invites(self) -> Sequence[Invite]:
        """The newest 200, whether they stand or not."""
        ...

    async def invite(self, invite_id: str) -> Invite | None:
        """The invite with this id, whether it stands or not."""
        ...

    async def revoke_invite(self, invite_id: str, *, audit: Sequence[Record] = ()) -> bool:
        """Forget the invite; says whether there was one."""
        ...

    # Sessions

    async def create_session(
        self,
        *,
        session_id: str,
        account_id: int,
        refresh_hash: bytes,
        at: int,
        expires_at: int,
        origin: Origin = ...,
    ) -> Sequence[str]:
        """Keep a session. Returns the ids of sessions that ended for it: expired ones, and the oldest above 100.

        Raises:
            Unauthenticated: the account is deactivated.
        """
        ...

    async def devices(self, session: Session, *, at: int) -> Sequence[Device]:
        """The sessions of the same account that are not over at `at`, the one used last first."""
        ...

    async def session(self, session_id: str, *, at: int) -> Session | None:
        """The session, or the bot's token with this id, unless it is over at `at`."""
        ...

    async def standing(self, session_ids: Collection[str], account_ids: Collection[int], *, at: int) -> Standing:
        """Which of these sessions and tokens are not over at `at`, and which channels these accounts are in."""
        ...

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
        """Replace the refresh hash if it is `old_hash` and the session is not over.

        When it was replaced by just this `new_hash` after `again_since`, this is the same call again, and the answer
        is the same. None when neither is so.
        """
        ...

    async def end_session(self, session_id: str, *, account_id: int | None = None) -> bool:
        """Forget the session, if it is this account's; says whether there was one."""
        ...

    async def end_other_sessions(self, account_id: int, session_id: str) -> Sequence[str]:
        """Forget the account's sessions but this one; returns their ids."""
        ...

    # Channels

    async def channels(self, account_id: int, *, joined_only: bool) -> Sequence[Channel]:
        """The public channels and those that the account is in, as it sees them, by name; or the latter only."""
        ...

    async def followed(self, account_id: int) -> Mapping[int, int]:
        """The channels that the account is in, each with its last seq: what a live connection goes on from."""
        ...

    async def joined_channel(self, account_id: int, channel_id: int) -> Channel:
        """One channel that the account is in; NotFound when it is not."""
        ...

    async def create_channel(
        self, *, name: str, topic: str, kind: ChannelKind = ChannelKind.PUBLIC, creator: int, at: int
    ) -> Channel:
        """Make a channel with its creator as the first member; Conflict when the name is taken."""
        ...

    async def open_conversation(self, by: int, people: Collection[int], *, at: int) -> ConversationOpened:
        """The one conversation of these people, of whom `by` is one; made when there is none yet.

        Raises:
            NotFound: one of them is no account, or, for a new one, deactivated.
        """
        ...

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
        """Change what is given in a channel that the account is in; an `archived_at` of 0 has it in use again.

        Raises:
            NotFound: the account is not in the channel.
            Conflict: the name is taken.
        """
        ...

    async def members(self, account_id: int, channel_id: int, *, joined_only: bool) -> Sequence[int]:
        """The accounts in a channel that the account is in or, unless `joined_only`, may find; NotFound otherwise."""
        ...

    async def add_member(self, by: int, account_id: int, channel_id: int, *, at: int) -> Channel:
        """Make the account a member, if it is none, that has read everything so far; the channel as `by` sees it.

        Raises:
            NotFound: `by` is not in the channel, or there is no such account in use.
        """
        ...

    async def add_members(self, account_ids: Collection[int], channel_id: int, *, at: int) -> None:
        """Make those members who are none, all at once: for whoever fills a database; nobody is asked who adds them.

        Raises:
            NotFound: there is no such channel.
        """
        ...

    async def remove_member(
        self, by: int, account_id: int, channel_id: int, *, audit: Sequence[Record] = ()
    ) -> Channel:
        """End another account's membership, if any; the channel as `by` sees it, who has to be in it, or NotFound."""
        ...

    async def join_channel(self, account_id: int, channel_id: int, *, at: int) -> Channel:
        """Make the account a member that has read everything so far.

        Raises:
            NotFound: there is no such public channel.
            Forbidden: it is archived.
        """
        ...

    async def leave_channel(self, account_id: int, channel_id: int) -> Channel:
        """End the membership, if any; the channel as it looks from outside.

        Raises:
            NotFound: there is no such channel for this account.
            Forbidden: nobody leaves a conversation.
        """
        ...

    async def mark_read(self, account_id: int, channel_id: int, seq: int, *, back: bool = False) -> Channel:
        """Move the read position to `seq`, at most to the channel's end; a smaller one counts with `back` only.

        Raises:
            NotFound: the account is not in the channel.
        """
        ...

    async def set_read(self, channel_id: int, read: Mapping[int, int]) -> None:
        """Set how far these members have read, by account, all at once: for whoever fills a database."""
        ...

    async def people_in(self, channel_ids: Collection[int]) -> Mapping[int, AbstractSet[int]]:
        """By channel: the accounts in it. Not scoped."""
        ...

    async def overview(self, account_id: int, *, joined_only: bool, strangers: bool = True) -> Overview:
        """All accounts and the channels as this account sees them, read in one transaction.

        Without `strangers`, of the accounts this one and those that share a channel with it.
        """
        ...

    # The log

    async def append(self, entry: NewEntry) -> Appended:
        """Give the entry the next seq of its channel and store it; it is durable when this returns.

        With it goes what follows from it: a message it changes gets another present state, a deleted one's text is
        erased, whoever it mentions is counted, and the sender of a message (not of a reply) has read so far. A change
        that changes nothing, as a reaction that stands already, is answered with the message and not stored.

        Entries that arrive while a commit runs are committed together by the next one. What is wrong with one does
        not touch the others.

        Raises:
            NotFound: the sender is not in the channel, or there is no such channel; or no such message to change or
                reply to, or it is deleted.
            Invalid: a reply to a reply, or more different emoji than a message may have.
            Unavailable: not known to be stored; the same client id may be sent again.
        """
        ...

    async def knows(self, sender: int, client_id: UUID) -> bool:
        """Whether the sender used this client id for an entry that is stored; it then stays so."""
        ...

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
        """A page of the log, ascending, messages in their present state; NotFound when not in the channel."""
        ...

    async def message(self, account_id: int, channel_id: int, seq: int) -> Entry:
        """One message in its present state; NotFound when there is none, or the account is not in the channel."""
        ...

    async def thread(self, account_id: int, channel_id: int, seq: int) -> Thread:
        """A message and its newest 1,000 replies, of one moment; NotFound as above."""
        ...

    async def edits(self, account_id: int, channel_id: int, seq: int) -> Sequence[Edit]:
        """The wordings of a message: the first, and the newest 199; none of a deleted one; NotFound as above."""
        ...

    # Pins, saved messages, drafts

    async def pins(self, account_id: int, channel_id: int) -> Sequence[Entry]:
        """The newest 200 pins of a channel, the last pinned first; NotFound when not in the channel."""
        ...

    async def saved(self, account_id: int) -> Sequence[Entry]:
        """The newest 200 messages that the account saved, of channels that it is in."""
        ...

    async def save_message(self, account_id: int, channel_id: int, seq: int, *, at: int, standing: bool) -> None:
        """Keep a message, or no more; NotFound when there is none, or the account is not in the channel."""
        ...

    async def drafts(self, account_id: int) -> Sequence[Draft]:
        """The account's drafts, the last written first, in channels that it is in; 100 are kept."""
        ...

    async def keep_draft(self, account_id: int, channel_id: int, thread: int, text: str, *, at: int) -> None:
        """Keep a draft, or with an empty text none; NotFound when not in the channel."""
        ...

    # Files

    async def add_file(self, account_id: int, channel_id: int, file: File, *, at: int) -> None:
        """Remember an upload; NotFound when not in the channel, Forbidden when 50 of the account's wait already."""
        ...

    async def file(self, account_id: int, file_id: str) -> File:
        """A file of a message in a channel that the account is in, or one of its own that waits; or NotFound."""
        ...

    async def attachable(self, account_id: int, channel_id: int, ids: Sequence[str]) -> Sequence[File]:
        """The files with these ids, in this order, if the account uploaded them to the channel and they wait."""
        ...

    async def withdraw_file(self, account_id: int, file_id: str) -> None:
        """Give up an upload of one's own that waits; NotFound when there is none."""
        ...

    async def abandoned_files(self, *, before: int, limit: int) -> Sequence[str]:
        """The ids of files that are in no message and older than `before`; those of deleted messages at once."""
        ...

    async def forget_files(self, ids: Collection[str]) -> None:
        """Their contents are gone, and so are they."""
        ...

    # Search

    async def search(self, account_id: int, asked: Search, *, after: Place | None, limit: int) -> Found:
        """The newest messages that fit, of those that were indexed, in channels that the account is in."""
        ...

    async def index(self) -> int:
        """Bring the next lines of logs that it is behind of into the search index.

        Returns how many lines those were; 0 means that it has everything, or that another instance is at it.
        """
        ...

    # How long messages are kept

    async def retention(self) -> int:
        """Days for which messages are kept where a channel says nothing else; 0: for ever."""
        ...

    async def set_retention(self, days: int, *, audit: Sequence[Record] = ()) -> None:
        """Keep messages so long where a channel says nothing else."""
        ...

    async def set_channel_retention(
        self, channel_id: int, days: int | None, *, audit: Sequence[Record] = ()
    ) -> Channel:
        """Keep messages of the channel so long, None: as the server says; the channel as seen from outside."""
        ...

    async def claim_sweep(self, *, at: int, period: int) -> bool:
        """Whether it is this instance's turn to look for what is too old: once in `period` milliseconds for one."""
        ...

    async def expiring(self, *, at: int) -> Sequence[tuple[int, int]]:
        """The channels in which something may be too old at `at`, each with the time before which everything is."""
        ...

    async def expire(self, channel_id: int, *, before: int, limit: int) -> int:
        """Take away the first entries of the log, up to `limit`, as far as they are older; how many those were."""
        ...

    async def outside(self, channel_id: int) -> Channel:
        """The channel as one who is not in it sees it; NotFound when there is none. Not scoped."""
        ...

    # The audit log

    async def audit(self, asked: AuditFilter, *, before: int | None, limit: int) -> Sequence[AuditLine]:
        """The newest lines that fit, with smaller ids than `before`, the newest first."""
        ...

    async def record(self, audit: Sequence[Record]) -> None:
        """Write lines of what was done elsewhere than in the database."""
        ...

    async def forget_audit(self, *, before: int, limit: int) -> int:
        """Take away up to `limit` lines that are older than `before`; how many those were."""
        ...

    async def stats(self, *, at: int) -> Stats:
        """How much there is of everything; counts all messages, which takes its time."""
        ...

    # For whoever exports everything: nothing is scoped

    async def every_channel(self) -> Sequence[Channel]:
        """All channels and conversations, by id, as seen from outside."""
        ...

    async def everyone_in(self, channel_id: int) -> Sequence[int]:
        """The accounts in a channel, by id."""
        ...

    async def kept_files(self, *, after: str, limit: int) -> Sequence[KeptFile]:
        """The files of messages, by id, those that follow the id `after`."""
        ...

    async def channels_with_entries_of(self, sender: int) -> Collection[int]:
        """The channels in whose logs there are entries of this account."""
        ...

    async def entries_of(self, sender: int, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
        """The account's own entries of a channel's log that follow `after`, ascending."""
        ...

    # For those who serve the log

    async def read(self, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
        """The entries that follow `after`, ascending, for whoever may see them: not scoped.

        Where the channel's floor is above `after`, what is left of the `limit` numbers that follow it.
        """
        ...

    async def floor(self, channel_id: int) -> int:
        """The seq up to which the channel's entries are gone; 0 when none are, or there is no such channel."""
        ...

    async def positions(self, channel_ids: Collection[int]) -> dict[int, int]:
        """The last seq of each of these channels that exists."""
        ...
