"""Does a request come from our own page? What stands between a signed-in browser and other sites' scripts.

A browser adds our cookies to what another site sends us, so a cookie alone proves nothing about who asked. It also says
in headers that no script can write where the request was made: `Origin` (RFC 6454), `Sec-Fetch-Site` (Fetch Metadata).

    refusal = forgery(method, headers, has_cookies=True, allowed=frozenset())
    if refusal: ...                                     # a sentence that says why

SameSite cookies are the second lock; this is the first, and it also covers other ports and subdomains.
"""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from chorus.chat.access.credentials import bearer

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def forgery(method: str, headers: Mapping[str, str], *, has_cookies: bool, allowed: Collection[str] = ()) -> str | None:
    """Judge a request; return why it is refused, or None when it may go on.

    Args:
        method: in upper case.
        headers: names in lower case.
        has_cookies: whether the request carries a cookie of ours.
        allowed: origins that are ours besides the `Host` asked for, as "https://chat.example.com".
    """
    if method in SAFE_METHODS or bearer(headers) is not None:
        return None  # safe methods change nothing; no browser adds a bearer token by itself, and it wins over cookies
    if headers.get("sec-fetch-site") == "same-origin":
        return None
    origin = headers.get("origin")
    if origin is not None:
        return None if is_ours(origin, headers.get("host", ""), allowed) else f"the origin {origin[:200]!r} is not ours"
    if "sec-fetch-site" in headers or has_cookies:
        return "a request with cookies must say, by its Origin header, that it comes from our own page"
    return None  # a program without cookies: nothing of a signed-in browser to borrow


def is_ours(origin: str, host: str, allowed: Collection[str] = ()) -> bool:
    """Say whether `origin` names the server asked for: the same host and port as the `Host` header, or one allowed.

    The scheme is not compared: behind a proxy that speaks TLS, we are asked by plain HTTP.
    """
    if origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
        asked = urlsplit(f"//{host}")
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.hostname != asked.hostname:
            return False
        usual = _DEFAULT_PORTS[parts.scheme]
        return (parts.port or usual) == (asked.port or usual)
    except ValueError:  # a port that is no number, a bracket that does not close: no origin of ours
        return False
