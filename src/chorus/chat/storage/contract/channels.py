"""What the chat asks of its database for channels, conversations and who is in them."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import Record
from chorus.chat.domain.channels import Channel, ChannelKind


class ConversationOpened(msgspec.Struct, frozen=True):
    """A conversation, as one of its people sees it."""

    channel: Channel
    made: bool
    """It was not there before."""


class Overview(msgspec.Struct, frozen=True):
    """Accounts and channels of one moment."""

    accounts: Sequence[Account]
    channels: Sequence[Channel]


class ChannelStore(Protocol):
    """Channels and conversations as an account sees them; what is not scoped by membership says so."""

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

    async def outside(self, channel_id: int) -> Channel:
        """The channel as one who is not in it sees it; NotFound when there is none. Not scoped."""
        ...

    async def every_channel(self) -> Sequence[Channel]:
        """All channels and conversations, by id, as seen from outside. Not scoped."""
        ...

    async def everyone_in(self, channel_id: int) -> Sequence[int]:
        """The accounts in a channel, by id. Not scoped."""
        ...
