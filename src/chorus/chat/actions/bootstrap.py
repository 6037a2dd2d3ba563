"""Everything a client needs to begin, of one moment."""

from collections.abc import Sequence

import msgspec

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.policies import Act, may


class Bootstrap(msgspec.Struct, frozen=True):
    """The state, and with each channel's `last_seq` the cursors to go on from."""

    account: Account
    accounts: Sequence[Account]
    channels: Sequence[Channel]
    file_limit: int
    """Bytes that an attached file may have."""

    instance: str
    version: str


async def bootstrap(chat: Chat, *, by: Account) -> Bootstrap:
    """Read accounts and channels in one transaction; following each channel after its `last_seq` misses nothing.

    Raises:
        DatabaseUnavailable: try again.
    """
    strangers = may(by, Act.SEE_STRANGERS)
    overview = await chat.store.overview(by.id, joined_only=not may(by, Act.SEE_CHANNELS), strangers=strangers)
    return Bootstrap(
        by,
        overview.accounts if may(by, Act.SEE_ACCOUNTS) else [each for each in overview.accounts if each.id == by.id],
        overview.channels,
        chat.settings.file_limit,
        chat.settings.instance,
        chat.settings.version,
    )
