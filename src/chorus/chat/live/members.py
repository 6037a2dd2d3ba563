"""Who is connected to this instance."""

import asyncio
from collections.abc import Iterator
from typing import TypeVar

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.sessions import Session
from chorus.realtime import Client

Key = TypeVar("Key", int, str)


class Member:
    """A signed-in live connection, kept in `client.state`."""

    def __init__(self, client: Client, session: Session) -> None:
        self.client = client
        self.session = session
        self.followed: dict[int, int] = {}
        """Channel → the seq after which its entries were sent to this connection."""

        self.follows = False
        """Whether they are being sent: what is `followed` before is followed when it is welcomed."""

        self.changing = asyncio.Lock()
        """Held from looking at memberships to having written them into `followed`."""

        self.looks_at: int | None = None
        """The channel whose typing this connection hears."""

        self.seen: frozenset[int] | None = frozenset()
        """The accounts that this connection is told of; None: all. Nobody, until that was looked up."""

        self.welcomed = False
        """Whether it was told that it caught up."""

        self.ended = False
        """Whether its session ended before it was let in."""

        self.gone = False

    def sees(self, account_id: int) -> bool:
        """Whether this connection may be told of the account."""
        return self.seen is None or account_id in self.seen

    @property
    def account(self) -> Account:
        """Whose connection it is."""
        return self.session.account


class Members:
    """The live connections of this instance, by account and by session."""

    def __init__(self) -> None:
        self._by_account: dict[int, dict[Member, None]] = {}
        self._by_session: dict[str, dict[Member, None]] = {}

    def __iter__(self) -> Iterator[Member]:
        return (member for members in list(self._by_account.values()) for member in list(members))

    def add(self, member: Member) -> None:
        """Remember the connection."""
        self._by_account.setdefault(member.account.id, {})[member] = None
        self._by_session.setdefault(member.session.id, {})[member] = None

    def remove(self, member: Member) -> None:
        """Forget it; twice changes nothing."""
        _take_out(self._by_account, member.account.id, member)
        _take_out(self._by_session, member.session.id, member)

    def of_account(self, account_id: int) -> list[Member]:
        """Return the account's connections."""
        return list(self._by_account.get(account_id, ()))

    def count(self, account_id: int) -> int:
        """How many the account has."""
        return len(self._by_account.get(account_id, ()))

    def of_session(self, session_id: str) -> list[Member]:
        """Return the session's connections."""
        return list(self._by_session.get(session_id, ()))


def _take_out(index: dict[Key, dict[Member, None]], key: Key, member: Member) -> None:
    members = index.get(key, {})
    members.pop(member, None)
    if not members:
        index.pop(key, None)
