"""Whether two applications can listen beside each other: as the system sees it, but careful with all hosts at once."""

import itertools
import socket

import pytest

from chorus.cluster.spec.address import meet
from parts.ports import free_port

HOSTS = ["127.0.0.1", "localhost", "127.0.0.2", "0.0.0.0", "::ffff:127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "::"]


@pytest.mark.parametrize(("one", "other"), [*itertools.combinations_with_replacement(HOSTS, 2)])
def test_two_hosts_meet_where_the_system_does_not_let_both_listen(one, other):
    if ":" in one + other and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()

    def listen(host: str) -> socket.socket:
        numbers = "127.0.0.1" if host == "localhost" else host
        family = socket.AF_INET6 if ":" in numbers else socket.AF_INET
        return socket.create_server((numbers, port), family=family, dualstack_ipv6=numbers.startswith("::f"))

    def both() -> bool:
        with listen(one):
            try:
                listen(other).close()
            except OSError:
                return False
        return True

    assert meet((one, port), (other, port)) == meet((other, port), (one, port))
    assert meet((one, port), (other, port)) or both()


def test_hosts_that_are_not_the_same_do_not_meet_and_none_does_on_another_port_or_on_any():
    apart = [("127.0.0.1", "127.0.0.2"), ("127.0.0.1", "::1"), ("fe80::1%one", "fe80::1%two")]

    assert not any(meet((one, 80), (other, 80)) for one, other in apart)
    assert not meet(("0.0.0.0", 80), ("127.0.0.1", 81))
    assert not meet(("127.0.0.1", 0), ("127.0.0.1", 0))
