"""What the chat asks of its database for pins, saved messages and drafts."""

from collections.abc import Sequence
from typing import Protocol

from chorus.chat.domain.drafts import Draft
from chorus.chat.domain.entries import Entry


class NoteStore(Protocol):
    """What people keep beside the log."""

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
