"""Sessions: one row a signed-in device; a session that is over has none, or one that has expired."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, or_, select, update

from chorus.chat.domain.errors import Unauthenticated
from chorus.chat.domain.sessions import Device, Origin, Session
from chorus.chat.storage.queries.standing import kept_sessions
from chorus.chat.storage.schema import accounts, sessions

MOST = 100
"""Sessions an account; the one not refreshed for longest gives way to a new one."""

NOWHERE = Origin()


def create_session(
    connection: Connection,
    *,
    session_id: str,
    account_id: int,
    refresh_hash: bytes,
    at: int,
    expires_at: int,
    origin: Origin = NOWHERE,
    proved: str | None = None,
) -> Sequence[str]:
    """Keep a session and forget those that it replaces; returns their ids. The account's row is locked."""
    in_use = select(accounts.c.password_hash).where(accounts.c.id == account_id, accounts.c.deactivated_at.is_(None))
    password_hash = connection.scalar(in_use.with_for_update())
    if password_hash is None:
        raise Unauthenticated("This account is deactivated")
    if proved is not None and proved != password_hash:
        raise Unauthenticated("Handle or password is wrong")
    newest = (
        select(sessions.c.id)
        .where(sessions.c.account_id == account_id)
        .order_by(sessions.c.refreshed_at.desc(), sessions.c.id)
        .limit(MOST - 1)
    )
    replaced = connection.scalars(
        delete(sessions)
        .where(
            sessions.c.account_id == account_id,
            or_(sessions.c.expires_at <= at, sessions.c.id.not_in(newest)),
        )
        .returning(sessions.c.id)
    ).all()
    connection.execute(
        insert(sessions).values(
            id=session_id,
            account_id=account_id,
            refresh_hash=refresh_hash,
            created_at=at,
            refreshed_at=at,
            expires_at=expires_at,
            agent=origin.agent,
            address=origin.address,
        )
    )
    return replaced


def rotate_session(
    connection: Connection,
    session_id: str,
    *,
    old_hash: bytes,
    new_hash: bytes,
    at: int,
    expires_at: int,
    again_since: int,
) -> Session | None:
    """Replace the refresh hash if it is the old one; of two at once, one does, and the other finds it done."""
    rotated = connection.execute(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.refresh_hash == old_hash, sessions.c.expires_at > at)
        .values(refresh_hash=new_hash, refreshed_at=at, expires_at=expires_at)
    )
    if not rotated.rowcount:
        done = select(sessions.c.id).where(
            sessions.c.id == session_id, sessions.c.refresh_hash == new_hash, sessions.c.refreshed_at > again_since
        )
        if connection.scalar(done) is None:
            return None
    return kept_sessions(connection, [session_id]).get(session_id)


def devices(connection: Connection, session: Session, *, at: int) -> Sequence[Device]:
    """The account's sessions that are not over, the one used last first; `current` is the one given."""
    rows = connection.execute(
        select(sessions.c.id, sessions.c.agent, sessions.c.address, sessions.c.created_at, sessions.c.refreshed_at)
        .where(sessions.c.account_id == session.account.id, sessions.c.expires_at > at)
        .order_by(sessions.c.refreshed_at.desc(), sessions.c.id)
    )
    return [Device(*row, current=row[0] == session.id) for row in rows]


def end_session(connection: Connection, session_id: str, *, account_id: int | None = None) -> bool:
    """Forget the session, if it is this account's."""
    statement = delete(sessions).where(sessions.c.id == session_id)
    if account_id is not None:
        statement = statement.where(sessions.c.account_id == account_id)
    return connection.execute(statement).rowcount > 0


def end_sessions(connection: Connection, account_id: int) -> Sequence[str]:
    """Forget all the account's sessions; returns their ids."""
    ended = delete(sessions).where(sessions.c.account_id == account_id)
    return connection.scalars(ended.returning(sessions.c.id)).all()


def end_other_sessions(connection: Connection, account_id: int, session_id: str) -> Sequence[str]:
    """Forget the account's sessions but this one; returns their ids."""
    others = delete(sessions).where(sessions.c.account_id == account_id, sessions.c.id != session_id)
    return connection.scalars(others.returning(sessions.c.id)).all()
