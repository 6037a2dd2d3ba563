"""The two tokens of a session, and those of invites: their forms, and nothing of who may have them.

Access: a JWT (RFC 7519, HS256) with iss, aud, exp, iat, sub (the account's id) and sid (the session's).
Refresh: "<session id>.<secret>"; only the SHA-256 of the secret is stored. It needs no slow hash: half of the secret is
128 bits that nobody guesses. The other half is our seal on them, so that a secret of ours is known without a list of
those that were. The first secret of a session is random; each next one follows from the one before and from our key,
so that asking twice with one token gives one and the same answer.
Invite: "<id>.<seal>"; the seal is made with our key, so a link can be shown again, and a stolen database makes none.
"""

import base64
import hashlib
import hmac
import re
import secrets
from functools import lru_cache

import msgspec

from chorus.chat.access import jwt
from chorus.chat.access.jwt import NotSigned
from chorus.chat.domain.errors import Unauthenticated

ISSUER = "chorus"
AUDIENCE = "chorus:access"

_REFRESH = re.compile(r"(?P<session>[\w-]{22})\.(?P<secret>[\w-]{43})", re.ASCII)
_HALF = 16
"""Bytes of a refresh secret that are random, and bytes of its seal."""

_LONGEST = 2048
"""Characters of a token that we look at."""

_REMEMBERED = 8192
"""Access tokens whose claims are remembered: every request brings one, for a quarter of an hour the same."""


class AccessClaims(msgspec.Struct, frozen=True):
    """What a good access token says."""

    account_id: int
    session_id: str


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token, of ours or not."""

    session_id: str
    secret: str

    def __str__(self) -> str:
        """As the device holds it."""
        return f"{self.session_id}.{self.secret}"

    @property
    def secret_hash(self) -> bytes:
        """As the store holds it."""
        return hashlib.sha256(self.secret.encode()).digest()


def new_session_id() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def first_refresh_token(session_id: str, *, key: str) -> RefreshToken:
    """The token that a session begins with."""
    return _sealed(session_id, secrets.token_bytes(_HALF), key)


def next_refresh_token(token: RefreshToken, *, key: str) -> RefreshToken:
    """The one token that follows this one."""
    bits = _bits(token)[:_HALF]
    return _sealed(token.session_id, _derived(b"next", token.session_id, bits, key), key)


def was_issued(token: RefreshToken, *, key: str) -> bool:
    """Whether the token was made here for its session, at whatever time, with this key."""
    bits = _bits(token)
    return hmac.compare_digest(bits[_HALF:], _derived(b"seal", token.session_id, bits[:_HALF], key))


def parse_refresh_token(token: str) -> RefreshToken:
    """Take a refresh token apart.

    Raises:
        Unauthenticated: it has not our form.
    """
    form = _REFRESH.fullmatch(token)
    if form is None:
        raise Unauthenticated("The refresh token is not ours")
    return RefreshToken(form["session"], form["secret"])


def invite_token(invite_id: str, *, key: str) -> str:
    """The token of an invite's link."""
    return f"{invite_id}.{_invite_seal(invite_id, key)}"


def read_invite_token(token: str, *, key: str) -> str | None:
    """The id of the invite whose token this is; None when it is none of ours."""
    invite_id, _, seal = token.partition(".")
    ours = seal.isascii() and hmac.compare_digest(seal, _invite_seal(invite_id, key))
    return invite_id if ours else None


def sign_access_token(*, secret: str, account_id: int, session_id: str, now: float, lifetime: int) -> str:
    """Make an access token that is good for `lifetime` seconds from `now` (wall seconds)."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(account_id),
        "sid": session_id,
        "iat": int(now),
        "exp": int(now) + lifetime,
    }
    return jwt.encode(claims, secret=secret, kind="at+jwt")


def read_access_token(token: str, *, secret: str, now: float) -> AccessClaims:
    """Check signature, issuer, audience and expiry, and say what the token says.

    Raises:
        Unauthenticated: one of them is wrong.
    """
    claims, expiry = _proved_claims(token, secret)
    if expiry <= now:
        raise Unauthenticated("The access token has expired")
    return claims


@lru_cache(_REMEMBERED)
def _proved_claims(token: str, secret: str) -> tuple[AccessClaims, int]:
    """What a token of ours says, and when it expires (wall seconds). What is not ours is not remembered."""
    if len(token) > _LONGEST:
        raise Unauthenticated("The access token is not ours")
    try:
        claims = jwt.decode(token, secret=secret)
    except NotSigned as error:
        raise Unauthenticated("The access token is not ours") from error

    match claims:
        case {
            "iss": str(issuer),
            "aud": str(audience),
            "sub": str(account),
            "sid": str(session_id),
            "exp": int(expiry),
        }:
            pass
        case _:
            raise Unauthenticated("The access token is not ours")
    if issuer != ISSUER or audience != AUDIENCE or not account.isdecimal():
        raise Unauthenticated("The access token is not ours")
    return AccessClaims(int(account), session_id), expiry


def _sealed(session_id: str, bits: bytes, key: str) -> RefreshToken:
    seal = _derived(b"seal", session_id, bits, key)
    return RefreshToken(session_id, base64.urlsafe_b64encode(bits + seal).rstrip(b"=").decode())


def _bits(token: RefreshToken) -> bytes:
    return base64.urlsafe_b64decode(token.secret + "=")


def _invite_seal(invite_id: str, key: str) -> str:
    seal = _derived(b"invite", invite_id, b"", key)
    return base64.urlsafe_b64encode(seal).rstrip(b"=").decode()


def _derived(purpose: bytes, session_id: str, bits: bytes, key: str) -> bytes:
    message = b"chorus refresh " + purpose + b" " + session_id.encode(errors="replace") + b" " + bits
    return hmac.digest(key.encode(errors="surrogateescape"), message, "sha256")[:_HALF]
