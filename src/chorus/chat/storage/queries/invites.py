"""Invites: one row a link; a revoked one has none."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select, update

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.channels import ChannelKind
from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.invites import Invite
from chorus.chat.storage.schema import channels, invites, memberships

MOST = 200
"""Invites in a list: the newest."""

_columns = (
    invites.c.id,
    invites.c.creator_id,
    invites.c.role,
    invites.c.channels,
    invites.c.created_at,
    invites.c.expires_at,
    invites.c.most,
    invites.c.used,
)


def create_invite(connection: Connection, invite: Invite) -> None:
    """Keep an invite, and forget those that expired more than a month before it was made."""
    month = 30 * 24 * 60 * 60 * 1000
    connection.execute(delete(invites).where(invites.c.expires_at < invite.created_at - month))
    connection.execute(
        insert(invites).values(
            id=invite.id,
            creator_id=invite.creator,
            role=invite.role.value,
            channels=msgspec.json.encode(invite.channels).decode(),
            created_at=invite.created_at,
            expires_at=invite.expires_at,
            most=invite.most,
            used=invite.used,
        )
    )


def list_invites(connection: Connection) -> Sequence[Invite]:
    """The newest first."""
    rows = connection.execute(select(*_columns).order_by(invites.c.created_at.desc(), invites.c.id).limit(MOST))
    return [_invite_of(row) for row in rows]


def find_invite(connection: Connection, invite_id: str) -> Invite | None:
    """The invite, whether it stands or not."""
    row = connection.execute(select(*_columns).where(invites.c.id == invite_id)).first()
    return None if row is None else _invite_of(row)


def revoke_invite(connection: Connection, invite_id: str) -> bool:
    """Forget an invite; says whether there was one."""
    return connection.execute(delete(invites).where(invites.c.id == invite_id)).rowcount > 0


def revoke_invites(connection: Connection, creator: int, roles: Collection[Role]) -> None:
    """Forget the invites of an account that give one of these roles."""
    giving = invites.c.role.in_([role.value for role in roles])
    connection.execute(delete(invites).where(invites.c.creator_id == creator, giving))


def use_invite(connection: Connection, invite_id: str, *, at: int) -> tuple[Role, Sequence[int]]:
    """Count one use of an invite that stands; gives the new account's role, and channels.

    Of private channels those that its maker is still in: nobody comes back by a link kept for that.
    """
    used = connection.execute(
        update(invites)
        .where(
            invites.c.id == invite_id,
            or_(invites.c.expires_at.is_(None), invites.c.expires_at > at),
            or_(invites.c.most.is_(None), invites.c.used < invites.c.most),
        )
        .values(used=invites.c.used + 1)
        .returning(invites.c.role, invites.c.channels, invites.c.creator_id)
    ).first()
    if used is None:
        raise Forbidden("This invite link has expired, was used up or revoked; ask for another one")
    named = msgspec.json.decode(used[1], type=list[int])
    inside = memberships.c.channel_id == channels.c.id, memberships.c.account_id == used[2]
    open_to_all = channels.c.kind == ChannelKind.PUBLIC.value
    led_into = or_(open_to_all, select(memberships.c.account_id).where(*inside).exists())
    return Role(used[0]), connection.scalars(select(channels.c.id).where(channels.c.id.in_(named), led_into)).all()


def _invite_of(row: Sequence[Any]) -> Invite:
    channels = msgspec.json.decode(row[3], type=tuple[int, ...])
    return Invite(row[0], row[1], Role(row[2]), channels, row[4], row[5], row[6], row[7])
