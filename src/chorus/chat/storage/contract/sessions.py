"""What the chat asks of its database for devices that are signed in, and for those who are connected."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.sessions import Device, Origin, Session


class Standing(msgspec.Struct, frozen=True):
    """What live connections rely on, as it is."""

    sessions: AbstractSet[str]
    """Those that are not over."""

    channels: Mapping[int, AbstractSet[int]]
    """By account: the channels that it is in."""

    accounts: Mapping[int, Account]
    """By id, as they are kept."""


class SessionStore(Protocol):
    """Devices and the tokens of bots, and how long each may go on."""

    async def create_session(
        self,
        *,
        session_id: str,
        account_id: int,
        refresh_hash: bytes,
        at: int,
        expires_at: int,
        origin: Origin = ...,
        proved: str | None = None,
    ) -> Sequence[str]:
        """Keep a session. Returns the ids of sessions that ended for it: expired ones, and the oldest above 100.

        `proved` is the hash of the password that it was opened with.

        Raises:
            Unauthenticated: the account is deactivated, or has another password by now.
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
