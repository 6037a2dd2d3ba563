"""Where a connection comes from, when proxies stand before us.

    proxies = Proxies(["10.0.0.0/24"])
    proxies.client_of("10.0.0.7:4711", forwarded="203.0.113.9")      # "203.0.113.9": the proxy is believed
    proxies.client_of("192.0.2.1:4711", forwarded="203.0.113.9")     # "192.0.2.1": nobody's word but the socket's

uvicorn judges HTTP requests by the same rule; WebSockets do not come by there. Judged a second time, what it found
stays what it is.
"""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

_LONGEST = 100
"""Characters of an address: what stands in the field is not always one."""


class Proxies:
    """Those whose `X-Forwarded-For` is believed."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        """Args: networks: such as "10.0.0.0/24" or "::1"; "*": everybody is believed."""
        self._everybody = "*" in networks
        self._networks = tuple(ip_network(each) for each in networks if each != "*")

    def client_of(self, remote: str, *, forwarded: str) -> str:
        """The client's address.

        Args:
            remote: the other end of the connection, "127.0.0.1:4711"; "" on a Unix socket.
            forwarded: the field that came along, "client, proxy, proxy"; "": none.
        """
        peer = remote.rpartition(":")[0]
        named = [_without_port(each.strip())[:_LONGEST] for each in forwarded.split(",") if each.strip()]
        if not named or not self._believes(peer):
            return peer
        if self._everybody:
            return named[0]
        return next((each for each in reversed(named) if not self._believes(each)), named[0])

    def _believes(self, host: str) -> bool:
        if self._everybody:
            return True
        try:
            address = ip_address(host)
        except ValueError:  # a name, or nonsense: nobody we know
            return False
        return any(address in network for network in self._networks)


def _without_port(text: str) -> str:
    """Of "192.0.2.1:80" and "[2001:db8::1]:80" the address; some proxies write so."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
