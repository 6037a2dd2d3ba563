"""What the chat asks of its database for files; where their contents lie is chorus.chat.files."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from chorus.chat.domain.files import File


class KeptFile(msgspec.Struct, frozen=True):
    """A file of a message, with where it is."""

    file: File
    account: int
    """Who uploaded it."""

    channel: int
    seq: int
    """Of the message."""


class FileStore(Protocol):
    """Files from their upload to their end."""

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

    async def kept_files(self, *, after: str, limit: int) -> Sequence[KeptFile]:
        """The files of messages, by id, those that follow the id `after`. Not scoped."""
        ...
