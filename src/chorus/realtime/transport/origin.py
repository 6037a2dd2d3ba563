"""Whether a page of another site may open a session here: a browser sends cookies along wherever the page is from.

A request without Origin comes from no browser's page and passes. One with it must come from this host, or from an
origin that the operator allowed.
"""

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from chorus.realtime.errors import UsageError

Origins = Collection[str] | Callable[[str], bool]
"""Which may connect besides the same host: these, or those of which a function says so."""

Allowed = tuple[str, ...] | Callable[[str], bool] | None
"""The same, checked; None: no others."""

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def check_origins(allowed: Origins | None) -> Allowed:
    """Return what an operator allows, when browsers send it so; one text is one origin.

    Raises:
        UsageError: one of them is sent by no browser, and would allow nobody.
    """
    if allowed is None or callable(allowed):
        return allowed
    origins = (allowed,) if isinstance(allowed, str) else tuple(allowed)
    for origin in origins:
        if origin not in ("*", "null") and not _is_origin(origin):
            raise UsageError(
                f"allowed_origins: found {origin!r}, expected one as browsers send it, like https://chat.example or "
                "http://localhost:5173: lower case, without a path, a slash at its end, or its scheme's own port; or "
                '"*" for all'
            )
    return origins


def is_ours(origin: str | None, host: str | None, allowed: Allowed) -> bool:
    """Decide on one request.

    Args:
        origin: the Origin header, if there is one.
        host: the Host header, if there is one.
        allowed: origins like "https://chat.example"; "*" among them allows all; or who decides. The same host needs no
            leave.
    """
    if origin is None:
        return True
    if callable(allowed):
        if allowed(origin):
            return True
    elif allowed is not None and ("*" in allowed or origin in allowed):
        return True
    return _same_host(origin, host or "")


def _same_host(origin: str, host: str) -> bool:
    """Compare host and port. The scheme is left aside: behind a proxy that ends TLS we do not see it."""
    try:
        theirs = urlsplit(origin)
        ours = urlsplit(f"{theirs.scheme}://{host}")
        default = _DEFAULT_PORTS.get(theirs.scheme)
        return (
            theirs.hostname is not None
            and theirs.hostname == ours.hostname
            and (theirs.port or default) == (ours.port or default)
        )
    except ValueError:  # a port that is no number, brackets that do not close: not ours
        return False


def _is_origin(text: str) -> bool:
    """RFC 6454, section 6.2; an application's own scheme may have an empty host, as file:// has."""
    try:
        parts = urlsplit(text)
        plain = text == f"{parts.scheme}://{parts.netloc}" == text.lower()
        return plain and bool(parts.scheme) and (parts.port is None or parts.port != _DEFAULT_PORTS.get(parts.scheme))
    except ValueError:
        return False
