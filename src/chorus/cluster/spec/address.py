"""Where applications listen, and whether two of them can do so beside each other. Pure.

meet(("127.0.0.1", 80), ("0.0.0.0", 80))      # True: the second one has the port on every host
meet(("127.0.0.1", 80), ("127.0.0.2", 80))    # False
"""

import ipaddress

Address = tuple[str, int]
"""A host in numbers, or "localhost", and a TCP port; with port 0 the system chooses one that is free."""


def meet(one: Address, other: Address) -> bool:
    """Whether a socket on the one keeps another one from listening on the other: 0.0.0.0 and :: meet every host."""
    if one[1] != other[1] or not one[1]:
        return False
    hosts = {_normal(one[0]), _normal(other[0])}
    return len(hosts) == 1 or bool(hosts & {"0.0.0.0", "::"})


def _normal(host: str) -> str:
    """The one way to write it: localhost, and IPv4 in IPv6, as IPv4."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(getattr(address, "ipv4_mapped", None) or address)
