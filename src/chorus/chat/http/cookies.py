"""The page's tokens as cookies: out of reach of scripts, and never sent by another site's requests."""

from litestar.datastructures import Cookie

from chorus.chat.access.credentials import ACCESS_COOKIE, REFRESH_COOKIE
from chorus.chat.access.paths import API
from chorus.chat.domain.sessions import SignedIn

_REFRESH_PATH = f"{API}/session"
"""The refresh token travels to these routes only."""


def session_cookies(signed_in: SignedIn, *, secure: bool) -> list[Cookie]:
    """Make the two cookies of a session; `secure` when the request came over TLS."""
    return [
        _cookie(ACCESS_COOKIE, signed_in.access_token, signed_in.expires_in, secure=secure),
        _cookie(REFRESH_COOKIE, signed_in.refresh_token, signed_in.refresh_expires_in, secure=secure),
    ]


def ended_cookies(*, secure: bool) -> list[Cookie]:
    """Make cookies that take the two away."""
    return [_cookie(ACCESS_COOKIE, "", 0, secure=secure), _cookie(REFRESH_COOKIE, "", 0, secure=secure)]


def _cookie(name: str, value: str, max_age: int, *, secure: bool) -> Cookie:
    refresh = name == REFRESH_COOKIE
    return Cookie(
        name,
        value=value,
        max_age=max_age,
        path=_REFRESH_PATH if refresh else "/",
        httponly=True,
        samesite="strict" if refresh else "lax",
        secure=secure,
    )
