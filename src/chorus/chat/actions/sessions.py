"""Signing in and out.

A device holds two tokens. The access token is a JWT of 15 minutes that says account and session. The refresh token is
opaque, stored as its SHA-256, and good once: each refresh gives a new one, and one that was used before ends its
session, because then two hold it, and one of them is a thief (RFC 9700, section 4.14.2). A browser with several tabs
refreshes in one of them at a time (Web Locks).

That the session is not over is asked of the store each time, so that ending one works at once and not in 15 minutes.
"""

from chorus.chat.actions import tokens
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import HANDLE, Account
from chorus.chat.domain.errors import Unauthenticated
from chorus.chat.domain.sessions import Session, SignedIn

_WRONG = "Handle or password is wrong"
"""One answer for an unknown account and for a wrong password."""


async def sign_in(chat: Chat, *, handle: str, password: str) -> SignedIn:
    """Open a session for the account with this handle, in any case, and password.

    Raises:
        Unauthenticated: no such account, or another password; the same answer after the same time.
        Unavailable: too many sign-ins wait for their hash, or the database is away; try again.
    """
    key = handle.strip().removeprefix("@")
    credentials = await chat.store.credentials(key) if HANDLE.fullmatch(key) else None
    right = await chat.passwords.verify(credentials.password_hash if credentials else None, password)
    if credentials is None or not right:
        raise Unauthenticated(_WRONG)

    if chat.passwords.outdated(credentials.password_hash):
        await chat.store.set_password_hash(credentials.account.id, await chat.passwords.hash(password))
    return await open_session(chat, credentials.account)


async def open_session(chat: Chat, account: Account) -> SignedIn:
    """Open a session for an account that was just made or whose password was just proved.

    Raises:
        DatabaseUnavailable: try again.
    """
    session_id = tokens.new_session_id()
    refresh_token, refresh_hash = tokens.new_refresh_token(session_id)
    expires_at = _expiry(chat)

    ended = await chat.store.create_session(
        session_id=session_id,
        account_id=account.id,
        refresh_hash=refresh_hash,
        at=chat.now(),
        expires_at=expires_at,
    )

    for other in ended:
        chat.announcer.end_session(other)
    return _signed_in(chat, Session(session_id, account, expires_at), refresh_token)


async def refresh(chat: Chat, *, refresh_token: str) -> SignedIn:
    """Trade a refresh token for new tokens; it is worth nothing afterwards.

    Raises:
        Unauthenticated: expired, ended, not ours, or used before: then the whole session ends.
        DatabaseUnavailable: try again with the same token.
    """
    old = tokens.parse_refresh_token(refresh_token)
    fresh_token, fresh_hash = tokens.new_refresh_token(old.session_id)

    session = await chat.store.rotate_session(
        old.session_id, old_hash=old.secret_hash, new_hash=fresh_hash, at=chat.now(), expires_at=_expiry(chat)
    )
    if session is None:
        if await chat.store.end_session(old.session_id):
            chat.announcer.end_session(old.session_id)
        raise Unauthenticated("The session is over; sign in again")

    return _signed_in(chat, session, fresh_token)


async def authenticate(chat: Chat, *, access_token: str) -> Session:
    """Say who sends this access token.

    Raises:
        Unauthenticated: not ours, expired, or its session is over.
        DatabaseUnavailable: try again.
    """
    claims = tokens.read_access_token(access_token, secret=chat.settings.secret, now=chat.clock())
    session = await chat.store.session(claims.session_id, at=chat.now())
    if session is None or session.account.id != claims.account_id:
        raise Unauthenticated("The session is over; sign in again")
    return session


async def check(chat: Chat, *, session: Session) -> None:
    """Do nothing while the session stands: for connections that outlive an access token.

    Raises:
        Unauthenticated: it is over.
        DatabaseUnavailable: try again.
    """
    if await chat.store.session(session.id, at=chat.now()) is None:
        raise Unauthenticated("The session is over; sign in again")


async def sign_out(chat: Chat, *, session: Session) -> None:
    """End the session, its tokens and its live connections on every instance; twice changes nothing.

    Raises:
        DatabaseUnavailable: try again.
    """
    await chat.store.end_session(session.id)

    chat.announcer.end_session(session.id)


def _expiry(chat: Chat) -> int:
    return chat.now() + chat.settings.refresh_lifetime * 1000


def _signed_in(chat: Chat, session: Session, refresh_token: str) -> SignedIn:
    access_token = tokens.sign_access_token(
        secret=chat.settings.secret,
        account_id=session.account.id,
        session_id=session.id,
        now=chat.clock(),
        lifetime=chat.settings.access_lifetime,
    )
    return SignedIn(
        session=session,
        access_token=access_token,
        expires_in=chat.settings.access_lifetime,
        refresh_token=refresh_token,
        refresh_expires_in=chat.settings.refresh_lifetime,
    )
