"""Which addresses may be called. Pure.

    target = target_of("https://ci.example/hook")
    may_call("10.0.0.5", target, networks=())           # False: not of the public internet, and not listed

Whoever makes a webhook chooses where this server sends something, and the server stands where its maker may not: beside
databases, and services of the cloud. So only the public internet is called, and that by https; what else may be called
is the operator's to list. What a name stands for is looked at when it is called, and the connection goes to the address
that was looked at (RFC 6890 has the address blocks; OWASP's cheat sheet on server-side request forgery the reasons).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import msgspec

from chorus.chat.domain.errors import Invalid

LONGEST_URL = 2000
"""Characters."""

_PORTS = {"http": 80, "https": 443}
_PUBLIC = IPv6Network("2000::/3")
"""All of IPv6 that was given to the public internet so far (RFC 4291). Outside of it `is_global` takes for public what
networks have inside still (site-local), what leads through a gateway to an address of IPv4 (NAT64 and its kin), and
what nobody has.
"""

_CARRIERS = tuple(ip_network(block) for block in ("2002::/16", "2001::/32", "192.88.99.0/24"))
"""Within it, and of IPv4, what leads to an address of IPv4 that stands in one of IPv6: 6to4, Teredo, 6to4's relays."""

_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")
"""What stands before an address of IPv4 in any network of IPv6 (RFC 5214, section 6.1)."""


class Target(msgspec.Struct, frozen=True):
    """Where a URL leads."""

    secure: bool
    host: str
    port: int
    path: str
    """With the query."""

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Take a URL apart.

    Raises:
        Invalid: it is none that can be called.
    """
    wrong = Invalid("url: expected one like https://example.org/path, without a password, at most 2,000 characters")
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port that is no number, a bracket that does not close
        raise wrong from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or port == 0:
        raise wrong
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", parts.hostname, port or _PORTS[parts.scheme], path)


def networks_of(texts: Sequence[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks as an operator lists them: "10.0.0.0/8", or one address.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ip_network(text) for text in texts)


def may_call(address: str, target: Target, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether the target may be called at this address of its host: a listed one, or a public one by https."""
    ip = _plain(ip_address(address.partition("%")[0]))
    if any(ip in network for network in networks if network.version == ip.version):
        return True
    if isinstance(ip, IPv6Address) and (ip not in _PUBLIC or ip.packed[8:12] in _ISATAP):
        return False
    if any(ip in block for block in _CARRIERS):
        return False
    return target.secure and ip.is_global and not ip.is_multicast


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that is written as one of IPv6, as itself."""
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip
