"""Accounts."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Integer, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from chorus.chat.domain.accounts import Account, Role, handle_key
from chorus.chat.domain.channels import GENERAL
from chorus.chat.domain.errors import Conflict, Forbidden, NotFound
from chorus.chat.domain.invites import not_given
from chorus.chat.storage.contract import AccountMade, Credentials
from chorus.chat.storage.prepared import Prepared
from chorus.chat.storage.queries.acquaintances import acquainted
from chorus.chat.storage.queries.channels import insert_channel, list_channels
from chorus.chat.storage.queries.invites import revoke_invites, use_invite
from chorus.chat.storage.queries.members import insert_member
from chorus.chat.storage.schema import accounts, channels, server, sessions, tokens

COLUMNS = (accounts.c.id, accounts.c.handle, accounts.c.name, accounts.c.role, accounts.c.deactivated_at)
_ROLES = {role.value: role for role in Role}

_AT_ONCE = 1000
"""Ids in one statement."""

_every = select(*COLUMNS).order_by(accounts.c.id)
_everybody = Prepared(_every)
_seen = Prepared(_every.where(acquainted(bindparam("viewer", type_=Integer))))
_with_ids = select(*COLUMNS).where(accounts.c.id.in_(bindparam("ids", expanding=True))).order_by(accounts.c.id)


def account_of(row: Sequence[Any]) -> Account:
    """The account in a row that begins with COLUMNS."""
    return Account(row[0], row[1], row[2], _ROLES[row[3]], deactivated=row[4] is not None)


def has_accounts(connection: Connection) -> bool:
    """Whether somebody owns the server."""
    return connection.scalar(select(server.c.owner_id)) is not None


def require_no_accounts(connection: Connection) -> None:
    """Raise Forbidden when somebody owns the server."""
    if has_accounts(connection):
        raise Forbidden("To sign up on this server you need an invite link")


def create_account(
    connection: Connection,
    *,
    handle: str,
    name: str,
    password_hash: str,
    at: int,
    role: Role | None,
    invite: str | None = None,
) -> AccountMade:
    """Make an account; the server's row is locked, so there is one first account."""
    first = connection.scalar(select(server.c.owner_id).with_for_update()) is None
    added_to: Sequence[int] = ()
    if first:
        role = Role.OWNER
    elif invite is not None:
        role, added_to = use_invite(connection, invite, at=at)
    elif role is None:
        raise Forbidden("To sign up on this server you need an invite link")

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
    for channel_id in _first_channels(connection, account.role, added_to):
        insert_member(connection, account.id, channel_id, at=at)
    joined = list_channels(connection, account.id, joined_only=True)
    return AccountMade(account, joined, first=first)


def change_account(
    connection: Connection, account_id: int, *, name: str | None, role: Role | None, deactivated_at: int | None
) -> Account:
    """Change what is not None; a `deactivated_at` of 0 has the account in use again. The server's row is locked.

    Invites that the account could not make any more are revoked: nobody comes back, or higher, by a link kept for that.
    """
    connection.execute(select(server.c.owner_id).with_for_update())
    before = find_account(connection, account_id)
    leaves = deactivated_at or role not in (None, Role.OWNER)
    if before.role is Role.OWNER and leaves and not _other_owners(connection, account_id):
        raise Conflict("role: somebody has to own the server; make another owner first")
    changed = {
        **({} if name is None else {"name": name}),
        **({} if role is None else {"role": role.value}),
        **({} if deactivated_at is None else {"deactivated_at": deactivated_at or None}),
    }
    if changed:
        connection.execute(update(accounts).where(accounts.c.id == account_id).values(changed))
    if deactivated_at:
        connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
        connection.execute(delete(tokens).where(tokens.c.account_id == account_id))
    after = find_account(connection, account_id)
    revoke_invites(connection, account_id, not_given(after))
    return after


def find_account(connection: Connection, account_id: int) -> Account:
    """The account with this id."""
    found = connection.execute(select(*COLUMNS).where(accounts.c.id == account_id)).first()
    if found is None:
        raise NotFound(f"There is no account {account_id}")
    return account_of(found)


def lock_account(connection: Connection, account_id: int) -> None:
    """Hold the account's row until the transaction ends: its devices keep one thing after the other, none twice.

    What only refers to the account, as a new membership does, need not wait for that.
    """
    connection.execute(select(accounts.c.id).where(accounts.c.id == account_id).with_for_update(key_share=True))


def list_accounts(connection: Connection, *, seen_by: int | None = None) -> Sequence[Account]:
    """All accounts, by id; or this one and those that share a channel with it."""
    rows = _everybody.rows(connection, {}) if seen_by is None else _seen.rows(connection, {"viewer": seen_by})
    return [account_of(row) for row in rows]


def accounts_with(connection: Connection, ids: Collection[int]) -> Sequence[Account]:
    """Those of these accounts that there are, by id."""
    wanted = sorted(ids)
    return [
        account_of(row)
        for begin in range(0, len(wanted), _AT_ONCE)
        for row in connection.execute(_with_ids, {"ids": wanted[begin : begin + _AT_ONCE]})
    ]


def credentials(connection: Connection, handle: str) -> Credentials | None:
    """The account with this handle and its password hash."""
    found = connection.execute(
        select(*COLUMNS, accounts.c.password_hash).where(accounts.c.handle_key == handle_key(handle))
    ).first()
    return Credentials(account_of(found), found[len(COLUMNS)]) if found else None


def accounts_called(connection: Connection, handles: Collection[str], *, seen_by: int | None = None) -> dict[str, int]:
    """The ids of those of these handles, as compared, that somebody has; `seen_by` as above."""
    if not handles:
        return {}
    called = select(accounts.c.handle_key, accounts.c.id).where(accounts.c.handle_key.in_(handles))
    if seen_by is not None:
        called = called.where(acquainted(seen_by))
    return {row[0]: row[1] for row in connection.execute(called)}


def set_password_hash(
    connection: Connection, account_id: int, password_hash: str, *, before: str | None = None
) -> bool:
    """Keep another hash, where it is `before` still, or for None whatever it is; says whether it was."""
    kept = accounts.c.id == account_id
    if before is not None:
        kept = and_(kept, accounts.c.password_hash == before)
    return connection.execute(update(accounts).where(kept).values(password_hash=password_hash)).rowcount > 0


def _first_channels(connection: Connection, role: Role, added_to: Sequence[int]) -> Sequence[int]:
    """The channels for all, unless it is a guest's or a bot's, and those of the invite that are still there."""
    wanted = channels.c.id.in_(added_to)
    if role not in (Role.GUEST, Role.BOT):
        wanted = or_(channels.c.for_all, wanted)
    return connection.scalars(select(channels.c.id).where(wanted).order_by(channels.c.id)).all()


def _other_owners(connection: Connection, account_id: int) -> int:
    others = select(func.count()).where(
        accounts.c.role == Role.OWNER.value, accounts.c.deactivated_at.is_(None), accounts.c.id != account_id
    )
    return connection.execute(others).scalar_one()
