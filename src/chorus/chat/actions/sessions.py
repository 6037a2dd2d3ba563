"""Signing in and out.

A device holds two tokens. The access token is a JWT of 15 minutes that says account and session. The refresh token is
opaque, stored as its SHA-256, and traded in for the next one; within `GRACE` it gives the same next one again, because
an answer may be lost. One that was traded in before, shown again later, ends its session: then two hold it, and one of
them is a thief (RFC 9700, section 4.14.2). A token that we never issued changes nothing. A browser with several tabs
refreshes in one of them at a time (Web Locks).

That the session is not over is asked of the store each time, so that ending one works at once and not in 15 minutes.
"""

from collections.abc import Collection, Sequence

from chorus.chat.actions import bots, tokens
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.limits import sign_in_attempt
from chorus.chat.domain.accounts import HANDLE, Account
from chorus.chat.domain.errors import NotFound, Unauthenticated
from chorus.chat.domain.policies import Act, authorise, may
from chorus.chat.domain.sessions import Device, Origin, Session, SignedIn
from chorus.chat.storage.contract import Credentials, Standing

GRACE = 60
"""Seconds within which a refresh token that was traded in is answered again."""

_NOWHERE = Origin()

_WRONG = "Handle or password is wrong"
"""One answer for an unknown account and for a wrong password."""


async def sign_in(chat: Chat, *, handle: str, password: str, origin: Origin = _NOWHERE) -> SignedIn:
    """Open a session for the account with this handle, in any case, and password.

    Raises:
        Unauthenticated: no such account, none that signs in by a password (a bot), or another password: the same answer
            after the same time; or the right one, and the account is deactivated.
        TooMany: too many have failed for this account, or from this address; also the right password has to wait.
        Unavailable: too many sign-ins wait for their hash, or the database is away; try again.
    """
    key = handle.strip().removeprefix("@")
    known_form = key if HANDLE.fullmatch(key) else "?"
    with chat.passwords.place():
        async with sign_in_attempt(chat, handle=known_form, address=origin.address):
            credentials = await _proved(chat, key, password)
        return await open_session(chat, credentials.account, origin, proved=credentials.password_hash)


async def open_session(
    chat: Chat, account: Account, origin: Origin = _NOWHERE, *, proved: str | None = None
) -> SignedIn:
    """Open a session for an account that was just made, or whose password, with the hash `proved`, was just proved.

    Raises:
        Unauthenticated: the account is deactivated, or has another password by now.
        DatabaseUnavailable: try again.
    """
    session_id = tokens.new_session_id()
    token = tokens.first_refresh_token(session_id, key=chat.settings.secret)
    expires_at = _expiry(chat)

    ended = await chat.store.create_session(
        session_id=session_id,
        account_id=account.id,
        refresh_hash=token.secret_hash,
        at=chat.now(),
        expires_at=expires_at,
        origin=origin,
        proved=proved,
    )

    for other in ended:
        chat.announcer.end_session(other)
    return _signed_in(chat, Session(session_id, account, expires_at), str(token))


async def refresh(chat: Chat, *, refresh_token: str) -> SignedIn:
    """Trade a refresh token for new tokens. The same token again gives the same next one, for `GRACE` seconds.

    Raises:
        Unauthenticated: expired, ended or not ours; or traded in longer ago: then the whole session ends.
        DatabaseUnavailable: try again with the same token.
    """
    key = chat.settings.secret
    old = tokens.parse_refresh_token(refresh_token)
    fresh = tokens.next_refresh_token(old, key=key)

    session = await chat.store.rotate_session(
        old.session_id,
        old_hash=old.secret_hash,
        new_hash=fresh.secret_hash,
        at=chat.now(),
        expires_at=_expiry(chat),
        again_since=chat.now() - GRACE * 1000,
    )
    if session is None:
        if tokens.was_issued(old, key=key) and await chat.store.end_session(old.session_id):
            chat.announcer.end_session(old.session_id)
        raise Unauthenticated("The session is over; sign in again")

    return _signed_in(chat, session, str(fresh))


async def authenticate(chat: Chat, *, access_token: str, address: str = "") -> Session:
    """Say who sends this access token, or which bot this token, from this address.

    Raises:
        Unauthenticated: not ours, expired, or its session is over.
        TooMany: it has the form of a bot's, and too many of those from the address were nobody's.
        DatabaseUnavailable: try again.
    """
    if access_token.startswith(bots.PREFIX):
        return await bots.authenticate(chat, token=access_token, address=address)
    claims = tokens.read_access_token(access_token, secret=chat.settings.secret, now=chat.clock())
    session = await chat.store.session(claims.session_id, at=chat.now())
    if session is None or session.account.id != claims.account_id:
        raise Unauthenticated("The session is over; sign in again")
    return session


async def check(chat: Chat, *, session: Session) -> Session:
    """The session as it is now, while it stands: for connections that outlive an access token.

    Raises:
        Unauthenticated: it is over.
        DatabaseUnavailable: try again.
    """
    found = await chat.store.session(session.id, at=chat.now())
    if found is None:
        raise Unauthenticated("The session is over; sign in again")
    return found


async def standing(chat: Chat, *, sessions: Collection[Session]) -> Standing:
    """Which of these sessions are not over, and which channels their accounts are in: for many connections at once.

    Raises:
        DatabaseUnavailable: try again.
    """
    ids, accounts = {session.id for session in sessions}, {session.account.id for session in sessions}
    return await chat.store.standing(ids, accounts, at=chat.now())


async def list_devices(chat: Chat, *, session: Session) -> Sequence[Device]:
    """Where this account is signed in, the device used last first.

    Raises:
        Forbidden: it is a bot's.
        DatabaseUnavailable: try again.
    """
    authorise(session.account, Act.OWN_DEVICES)
    return await chat.store.devices(session, at=chat.now())


async def end_device(chat: Chat, *, session: Session, device: str) -> None:
    """End one of one's own sessions, by its id, with its tokens and live connections on every instance.

    Raises:
        NotFound: it is none of one's own, or over already.
        Forbidden: it is a bot's.
        DatabaseUnavailable: try again.
    """
    authorise(session.account, Act.OWN_DEVICES)
    if not await chat.store.end_session(device, account_id=session.account.id):
        raise NotFound("There is no such device, or it is signed out already")

    chat.announcer.end_session(device)


async def sign_out(chat: Chat, *, session: Session) -> None:
    """End the session, its tokens and its live connections on every instance; twice changes nothing.

    Raises:
        Forbidden: it is a bot's token, which those who run the server revoke.
        DatabaseUnavailable: try again.
    """
    authorise(session.account, Act.OWN_DEVICES)
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


async def _proved(chat: Chat, key: str, password: str) -> Credentials:
    """The account whose password this is; hashed anew when the parameters are others now, and it is still the same."""
    credentials = await chat.store.credentials(key) if HANDLE.fullmatch(key) else None
    right = await chat.passwords.verify(credentials.password_hash if credentials else None, password)
    if credentials is None or not right or not may(credentials.account, Act.OWN_DEVICES):
        raise Unauthenticated(_WRONG)

    if not chat.passwords.outdated(credentials.password_hash):
        return credentials
    renewed = await chat.passwords.hash(password)
    before = credentials.password_hash
    if not await chat.store.set_password_hash(credentials.account.id, renewed, before=before):
        return await _proved(chat, key, password)  # it is another by now: renewed by another sign-in, or not this one
    return Credentials(credentials.account, renewed)
