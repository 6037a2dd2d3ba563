"""What the chat asks of its database for accounts."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.audit import Record
from chorus.chat.domain.channels import Channel


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


class AccountStore(Protocol):
    """Who is here, and what shows that it is them."""

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

    async def set_password_hash(self, account_id: int, password_hash: str, *, before: str | None = None) -> bool:
        """Keep another hash, where it is `before` still, or for None whatever it is; says whether it was."""
        ...

    async def change_password(
        self, account_id: int, password_hash: str, *, before: str, session_id: str
    ) -> Sequence[str] | None:
        """Keep another hash, where it is `before` still, and end the account's sessions but this one.

        Returns the ids of those that ended; None where it is another hash by now, and nothing was changed.
        """
        ...

    async def reset_password(self, account_id: int, password_hash: str, *, audit: Sequence[Record]) -> Sequence[str]:
        """Keep another hash of the password and end all sessions of the account; returns their ids."""
        ...
