"""The two tokens of a session: their forms, and nothing of who may have them.

Access: a JWT (RFC 7519, HS256) with iss, aud, exp, iat, sub (the account's id) and sid (the session's).
Refresh: "<session id>.<256 random bits>"; only the SHA-256 of the second part is stored. It needs no slow hash: nobody
guesses 256 bits.
"""

import hashlib
import re
import secrets

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from chorus.chat.domain.errors import Unauthenticated

ISSUER = "chorus"
AUDIENCE = "chorus:access"

_ALGORITHMS = ["HS256"]
_REFRESH = re.compile(r"(?P<session>[\w-]{22})\.(?P<secret>[\w-]{43})", re.ASCII)
_LONGEST = 2048
"""Characters of a token that we look at."""


class AccessClaims(msgspec.Struct, frozen=True):
    """What a good access token says."""

    account_id: int
    session_id: str


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token taken apart."""

    session_id: str
    secret_hash: bytes


def new_session_id() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def new_refresh_token(session_id: str) -> tuple[str, bytes]:
    """A fresh token for the session, and the hash to store."""
    secret = secrets.token_urlsafe(32)
    return f"{session_id}.{secret}", _hash(secret)


def parse_refresh_token(token: str) -> RefreshToken:
    """Take a refresh token apart.

    Raises:
        Unauthenticated: it has not our form.
    """
    form = _REFRESH.fullmatch(token)
    if form is None:
        raise Unauthenticated("The refresh token is not ours")
    return RefreshToken(form["session"], _hash(form["secret"]))


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
    return jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key(secret), algorithms=_ALGORITHMS)


def read_access_token(token: str, *, secret: str, now: float) -> AccessClaims:
    """Check signature, issuer, audience and expiry, and say what the token says.

    Raises:
        Unauthenticated: one of them is wrong.
    """
    if len(token) > _LONGEST:
        raise Unauthenticated("The access token is not ours")
    try:
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=_ALGORITHMS).claims
    except (JoseError, ValueError) as error:
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
    if expiry <= now:
        raise Unauthenticated("The access token has expired")
    return AccessClaims(int(account), session_id)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
