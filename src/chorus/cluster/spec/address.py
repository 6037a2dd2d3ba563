"""Where applications listen, and whether two of them can do so beside each other. Pure.

meet(("127.0.0.1", 80), ("0.0.0.0", 80))      # True: the second one has the port on every host
meet(("127.0.0.1", 80), ("127.0.0.2", 80))    # False
"""

import socket

Address = tuple[str, int]
"""A host in numbers, or "localhost", and a TCP port; with port 0 the system chooses one that is free."""

_MAPPED = b"\0" * 10 + b"\xff\xff"
"""What stands before an address of IPv4 that is written as one of IPv6."""


def meet(one: Address, other: Address) -> bool:
    """Whether a socket on the one keeps another one from listening on the other: 0.0.0.0 and :: meet every host."""
    if one[1] != other[1] or not one[1]:
        return False
    hosts = {_packed(one[0]), _packed(other[0])}
    return len(hosts) == 1 or not all(any(host) for host in hosts)


def _packed(host: str) -> bytes:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, "127.0.0.1" if host == "localhost" else host).removeprefix(_MAPPED)
        except OSError:  # of the other family; or with a zone, as fe80::1%eth0
            continue
    return host.encode()
