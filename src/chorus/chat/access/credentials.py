"""Where a request carries its tokens: a program in `Authorization: Bearer`, the page in HttpOnly cookies."""

from collections.abc import Mapping

ACCESS_COOKIE = "chorus_access"
"""The access token: a JWT of some minutes, sent with every request."""

REFRESH_COOKIE = "chorus_refresh"
"""The refresh token: sent only to the session's own routes."""

LONGEST_TOKEN = 4096
"""Characters; a longer one is nobody's and is not looked at."""


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the token of an `Authorization: Bearer` header (RFC 6750), or None; header names in lower case."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and 0 < len(token) <= LONGEST_TOKEN else None


def cookie(cookies: Mapping[str, str], name: str) -> str | None:
    """Return the token in that cookie, or None."""
    token = cookies.get(name, "")
    return token if 0 < len(token) <= LONGEST_TOKEN else None
