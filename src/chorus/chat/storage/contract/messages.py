"""What the chat asks of its database for messages: the logs of channels, written and read."""

from collections.abc import Collection, Sequence
from typing import NotRequired, Protocol, TypedDict, Unpack
from uuid import UUID

import msgspec

from chorus.chat.domain.entries import Edit, Entry, HistoryPage, NewEntry, Thread, WrittenPage


class Where(TypedDict):
    """Which page of a log: one of the three at most; none: the newest."""

    before: NotRequired[int | None]
    after: NotRequired[int | None]
    around: NotRequired[int | None]
    limit: int
    """Entries, at most."""


class Appended(msgspec.Struct, frozen=True):
    """An entry in its place."""

    entry: Entry
    repeated: bool
    """Nothing was stored: the sender used this client id before, and `entry` is the first one's; or there was nothing
    to change, and `entry` is the message as it is."""


class MessageStore(Protocol):
    """Lines of logs, and the messages that they come to."""

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

    async def history(self, account_id: int, channel_id: int, **where: Unpack[Where]) -> HistoryPage:
        """A page of the log, ascending, messages in their present state; NotFound when not in the channel."""
        ...

    async def written_history(self, account_id: int, channel_id: int, **where: Unpack[Where]) -> WrittenPage:
        """The same page as JSON: for whoever sends it on and looks at nothing in it."""
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

    async def channels_with_entries_of(self, sender: int) -> Collection[int]:
        """The channels in whose logs there are entries of this account."""
        ...

    async def entries_of(self, sender: int, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
        """The account's own entries of a channel's log that follow `after`, ascending."""
        ...

    async def read(self, channel_id: int, *, after: int, limit: int) -> Sequence[Entry]:
        """The entries that follow `after`, ascending, for whoever may see them: not scoped.

        Where the channel's floor is above `after`, what is left of the `limit` numbers that follow it.
        """
        ...

    async def floor(self, channel_id: int) -> int:
        """The seq up to which the channel's entries are gone; 0 when none are, or there is no such channel.

        Not scoped.
        """
        ...

    async def positions(self, channel_ids: Collection[int]) -> dict[int, int]:
        """The last seq of each of these channels that exists. Not scoped."""
        ...
