"""Whether a page of another site may open a session here: a browser sends cookies along wherever the page is from.

A request without Origin comes from no browser's page and passes. One with it must come from this host, or from an
origin that the operator allowed.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_ours(origin: str | None, host: str | None, allowed: Collection[str] | None) -> bool:
    """Decide on one request.

    Args:
        origin: the Origin header, if there is one.
        host: the Host header, if there is one.
        allowed: origins like "https://chat.example"; "*" among them allows all. The same host needs no leave.
    """
    if origin is None:
        return True
    if allowed is not None and ("*" in allowed or origin in allowed):
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
