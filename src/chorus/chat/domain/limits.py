"""How often something may be done, as the generic cell rate algorithm counts it (ITU-T I.371). Pure.

    due, verdict = decide(Limit("sign-in", burst=10, interval=30.0), due=0.0, now=100.0)

One number for each key says all: when everything taken so far will have come back. So many may be taken at once
(`burst`), and one more each `interval`.
"""

import math
from ipaddress import IPv4Address, ip_address, ip_network

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """What is counted, and how much of it there may be."""

    name: str
    burst: int
    """So many at once."""

    interval: float
    """Seconds after which one more may come."""


class Verdict(msgspec.Struct, frozen=True):
    """Whether one may be taken now."""

    allowed: bool
    limit: int
    """The burst."""

    remaining: int
    """So many more, now."""

    retry_after: float
    """Seconds until the next is allowed; 0 when this one is."""

    reset_after: float
    """Seconds until all of the burst is there again."""


FAILED_BY_ACCOUNT = Limit("sign-in:account", burst=10, interval=30.0)
"""Wrong passwords for one handle, whoever tries."""

FAILED_BY_ADDRESS = Limit("sign-in:address", burst=30, interval=10.0)
"""Wrong passwords from one address, whomever they are for."""

FAILED_TOKENS = Limit("token:address", burst=200, interval=1.0)
"""Tokens of bots from one address that are nobody's. All bots of a server may come back from one at once."""

EXPORTS = Limit("export", burst=5, interval=600.0)
"""Exports that an account begins."""

CHANNELS = Limit("channels", burst=50, interval=60.0)
"""Channels that an account makes."""

INCOMING = Limit("webhook:incoming", burst=60, interval=1.0)
"""What is posted to one incoming webhook."""


def requests(per_minute: int, *, signed_in: bool) -> Limit:
    """Requests of an account, or, where nobody is signed in, of an address: a quarter of a minute's at once."""
    name = "requests:account" if signed_in else "requests:address"
    return Limit(name, max(1, per_minute // 4), 60.0 / per_minute)


def events(per_minute: int) -> Limit:
    """What an account asks over its live connections; as many as requests, and counted beside them."""
    return Limit("events:account", max(1, per_minute // 4), 60.0 / per_minute)


def neighbourhood(address: str) -> str:
    """What is counted for a client at this address: it alone, or all of its IPv6 network.

    Whoever has one address of an IPv6 network has the other 2**64 as well (RFC 6177: sites get a /64 or more).
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:  # a Unix socket's, or nothing at all
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def decide(limit: Limit, *, due: float, now: float, count: int = 1) -> tuple[float, Verdict]:
    """Take `count` at `now`, if that is allowed; gives the new `due` and the verdict. Seconds, of any one clock."""
    after = max(due, now) + limit.interval * count
    wait = after - limit.burst * limit.interval - now
    if wait > 1e-9:  # less is what the sum of floats is off by
        return due, verdict(limit, wait=wait, ahead=max(0.0, due - now))
    return after, verdict(limit, wait=0.0, ahead=after - now)


def verdict(limit: Limit, *, wait: float, ahead: float) -> Verdict:
    """What `wait`, until the next one is allowed, and `ahead`, until everything came back, say in seconds."""
    left = math.floor(limit.burst - ahead / limit.interval + 1e-9)
    return Verdict(wait <= 0.0, limit.burst, max(0, left), max(0.0, wait), ahead)
