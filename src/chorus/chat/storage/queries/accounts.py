"""Accounts."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from chorus.chat.domain.accounts import Account, Role, handle_key
from chorus.chat.domain.channels import GENERAL
from chorus.chat.domain.errors import Conflict, Forbidden
from chorus.chat.storage.contract import AccountMade, Credentials
from chorus.chat.storage.queries.channels import insert_channel, list_channels
from chorus.chat.storage.queries.members import insert_member
from chorus.chat.storage.schema import accounts, channels, server

COLUMNS = (accounts.c.id, accounts.c.handle, accounts.c.name, accounts.c.role)


def account_of(row: Sequence[Any]) -> Account:
    """The account in a row that begins with COLUMNS."""
    return Account(row[0], row[1], row[2], Role(row[3]))


def has_accounts(connection: Connection) -> bool:
    """Whether somebody owns the server."""
    return connection.scalar(select(server.c.owner_id)) is not None


def require_no_accounts(connection: Connection) -> None:
    """Raise Forbidden when somebody owns the server."""
    if has_accounts(connection):
        raise Forbidden("Sign-up is closed on this server")


def create_account(
    connection: Connection, *, handle: str, name: str, password_hash: str, at: int, role: Role | None
) -> AccountMade:
    """Make an account; the server's row is locked, so there is one first account."""
    first = connection.scalar(select(server.c.owner_id).with_for_update()) is None
    if first:
        role = Role.OWNER
    elif role is None:
        raise Forbidden("Sign-up is closed on this server")

    values = {
        "handle": handle,
        "handle_key": handle_key(handle),
        "name": name,
        "role": role.value,
        "password_hash": password_hash,
        "created_at": at,
    }
    try:
        account_id = connection.scalar(insert(accounts).values(values).returning(accounts.c.id))
    except IntegrityError as error:
        raise Conflict(f"handle: @{handle} is taken") from error
    account = Account(int(account_id or 0), handle, name, role)

    if first:
        connection.execute(update(server).values(owner_id=account.id))
        insert_channel(connection, name=GENERAL, for_all=True, at=at)
    for channel_id in connection.scalars(select(channels.c.id).where(channels.c.for_all).order_by(channels.c.id)).all():
        insert_member(connection, account.id, channel_id, at=at)
    joined = list_channels(connection, account.id, joined_only=True)
    return AccountMade(account, joined, first=first)


def list_accounts(connection: Connection) -> Sequence[Account]:
    """All accounts, by id."""
    return [account_of(row) for row in connection.execute(select(*COLUMNS).order_by(accounts.c.id))]


def credentials(connection: Connection, handle: str) -> Credentials | None:
    """The account with this handle and its password hash."""
    found = connection.execute(
        select(*COLUMNS, accounts.c.password_hash).where(accounts.c.handle_key == handle_key(handle))
    ).first()
    return Credentials(account_of(found), found[4]) if found else None


def accounts_called(connection: Connection, handles: Collection[str]) -> dict[str, int]:
    """The ids of those of these handles, as compared, that somebody has."""
    if not handles:
        return {}
    found = connection.execute(select(accounts.c.handle_key, accounts.c.id).where(accounts.c.handle_key.in_(handles)))
    return {row[0]: row[1] for row in found}


def set_password_hash(connection: Connection, account_id: int, password_hash: str) -> None:
    """Keep another hash."""
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(password_hash=password_hash))
